"""Serves one debugger over TCP on the loopback interface."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections import deque

from sim.debug.packet import Event, Mark, Packet, PacketReader, encode
from sim.debug.request import DebugRequest
from sim.debug.stub import Stub
from sim.debug.target import DebugTarget, Resume, StopCause
from sim.errors import UsageError

_RECEIVE_BYTES = 1 << 16
_HOST = "127.0.0.1"


class GdbServer:
    """A debugger's way to a machine; see :class:`sim.debug.target.Debugger` for what its methods promise.

    The machine waits for the debugger before its first instruction. When the debugger detaches or vanishes,
    the machine goes on without it, and nobody is waited for again.

    Raises
    ------
    UsageError
        The port cannot be opened.
    """

    def __init__(self, request: DebugRequest) -> None:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((_HOST, request.port))
        except OSError as error:
            self._listener.close()
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
            raise UsageError(f"port {request.port} {reason}", "choose another port for --gdb") from error
        self._listener.listen(1)
        self._connection: socket.socket | None = None
        self._reader = PacketReader()
        self._events: deque[Event] = deque()
        self._stub = Stub()
        self._last_sent = b""
        self._awaits_stop = False
        self._resetting = False
        self._held_seconds = 0.0
        request.announce(request.invitation)

    @property
    def held_seconds(self) -> float:
        """How long the machine has stood still for the debugger, on the host."""
        return self._held_seconds

    def stopped(self, target: DebugTarget, cause: StopCause) -> Resume:
        """Serve the debugger until it lets the machine go on."""
        started = time.monotonic()
        try:
            return self._serve(target, cause)
        except OSError:  # the debugger has vanished
            self._lose(target)
            return Resume.CONTINUE
        finally:
            self._held_seconds += time.monotonic() - started

    def wants_to_stop(self) -> bool:
        """Whether the debugger has asked for a stop, or nobody has connected yet."""
        if self._stub.is_detached:
            return False
        if self._connection is None:
            return True
        with contextlib.suppress(OSError):
            while not self._events and select.select([self._connection], [], [], 0)[0]:
                self._receive(self._connection)
            return bool(self._events)
        return True  # the connection has ended

    def finished(self, exit_code: int) -> None:
        """Tell the debugger that the program has ended, and close the port."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                if self._awaits_stop:
                    self._send(b"W%02x" % exit_code)
            self._connection.close()
        self._listener.close()

    def _serve(self, target: DebugTarget, cause: StopCause) -> Resume:
        if self._stub.is_detached:
            return Resume.CONTINUE
        if self._connection is None:
            self._connection, _ = self._listener.accept()
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._listener.close()
        reply = self._stub.stop_reply(cause)  # also what the debugger gets when it asks
        if self._resetting:  # the debugger waits for the end of its command, not for a stop
            self._resetting = False
            self._send(b"OK")
        elif self._awaits_stop:
            self._awaits_stop = False
            self._send(reply)
        while True:
            while self._events:
                how = self._take(target, self._events.popleft())
                if how is not None:
                    return how
            self._receive(self._connection)

    def _receive(self, connection: socket.socket) -> None:
        """Take what the debugger sends, but for acknowledgements: this connection loses nothing."""
        data = connection.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError
        self._events.extend(event for event in self._reader.feed(data) if event is not Mark.ACKNOWLEDGED)

    def _take(self, target: DebugTarget, event: Event) -> Resume | None:
        assert self._connection is not None
        if event is Mark.REPEAT:
            self._connection.sendall(self._last_sent)
        elif event is Mark.DAMAGED:
            if self._stub.acknowledges:
                self._connection.sendall(b"-")
        elif isinstance(event, Packet):
            if self._stub.acknowledges:
                self._connection.sendall(b"+")
            return self._answer(target, event.data)
        return None

    def _answer(self, target: DebugTarget, packet: bytes) -> Resume | None:
        answer = self._stub.answer(target, packet)
        if isinstance(answer, bytes):
            self._send(answer)
            return Resume.CONTINUE if self._stub.is_detached else None
        self._resetting = answer is Resume.RESET
        self._awaits_stop = answer in (Resume.CONTINUE, Resume.STEP)
        if answer is Resume.KILL and packet.startswith(b"v"):
            self._send(b"OK")
        return answer

    def _send(self, data: bytes) -> None:
        assert self._connection is not None
        self._last_sent = encode(data)
        self._connection.sendall(self._last_sent)

    def _lose(self, target: DebugTarget) -> None:
        self._stub.release(target)
        if self._connection is not None:
            self._connection.close()
