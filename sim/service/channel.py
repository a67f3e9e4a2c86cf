"""The front process's end of the socket to a worker."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Self

from sim.service.frames import Frame, FrameKind, FrameParser

SILENCE_LIMIT_SECONDS = 60.0
"""A worker that shows no sign of life for so long hangs."""

_ANSWERS = frozenset({FrameKind.READY, FrameKind.RESULT, FrameKind.ERROR})

OnFrame = Callable[[Frame], None]


class WorkerChannel(asyncio.Protocol):
    """Asks a worker one question at a time.

    A protocol rather than a stream: frames are handled where they arrive, without waking a task for each.
    """

    def __init__(self) -> None:
        self.is_open = True
        self._parser = FrameParser()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Frame] | None = None
        self._on_frame: OnFrame = _ignore
        self._heard_at = 0.0
        self._watch: asyncio.TimerHandle | None = None

    @classmethod
    async def connect(cls, connection: socket.socket) -> Self:
        """Return a channel over a connected socket."""
        _, channel = await asyncio.get_running_loop().create_unix_connection(cls, sock=connection)
        return channel

    def ask(self, question: Frame | None, on_frame: OnFrame | None = None) -> asyncio.Future[Frame]:
        """Send a frame, if any, and return the future of the one that answers.

        Parameters
        ----------
        on_frame
            Told the frames that come before the answer.

        The future fails with ConnectionError when the worker is gone, and with TimeoutError when it gives no
        sign of life.
        """
        loop = asyncio.get_running_loop()
        self._on_frame = on_frame or _ignore
        self._answer = answer = loop.create_future()
        if not self.is_open:
            answer.set_exception(ConnectionResetError("the worker is gone"))
            return answer
        self._heard_at = time.monotonic()
        if self._watch is None:
            self._watch = loop.call_later(SILENCE_LIMIT_SECONDS, self._look_for_life)
        if question is not None:
            self.send(question)
        return answer

    def send(self, frame: Frame) -> None:
        """Send a frame that is no question of its own."""
        if self._transport is not None:
            self._transport.write(frame.pack())

    def close(self) -> None:
        """Close the socket."""
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand on the frames that have arrived."""
        self._heard_at = time.monotonic()
        try:
            for frame in self._parser.feed(data):
                if frame.kind in _ANSWERS:
                    self._settle(frame)
                else:
                    self._on_frame(frame)
        except ValueError:
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Fail the question under way."""
        self.is_open = False
        self._settle(ConnectionResetError("the worker is gone"))

    def _look_for_life(self) -> None:
        """Give a silent worker up; look again later while a question is under way."""
        self._watch = None
        if self._answer is None:
            return
        silence_seconds = time.monotonic() - self._heard_at
        if silence_seconds < SILENCE_LIMIT_SECONDS:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(SILENCE_LIMIT_SECONDS - silence_seconds, self._look_for_life)
            return
        self._settle(TimeoutError(f"no sign of life for {SILENCE_LIMIT_SECONDS:.0f} s"))

    def _settle(self, outcome: Frame | Exception) -> None:
        """End the question under way, unless nobody waits for it any more."""
        self._on_frame = _ignore
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(outcome, Frame):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)


def _ignore(_frame: Frame) -> None:
    pass
