"""Firmware on a server as suites talk with it: what the service cannot do is refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.boot.board import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.boot.waits import AnyLineWait, BytesWait, LineWait, Wait
from sim.errors import CheckFailedError, UsageError

if TYPE_CHECKING:
    from sim.client import FirmwareBoard as ClientBoard


class ServerTerminal:
    """What a board on a server has sent on one port."""

    def __init__(self, board: ClientBoard, uart: str) -> None:
        self._board = board
        self.name = uart

    def report(self) -> str:
        """Return everything since reset line by line; the service gives no times of lines."""
        return self._board.sent.get(self.name, bytearray()).decode("utf-8", "replace")

    def skip(self) -> None:
        """Count everything as read, which is possible while nothing has been sent."""
        if self._board.sent.get(self.name):
            raise _refusal("skipping what a port has sent")

    def end_lines_at_carriage_returns(self) -> None:
        """Refuse it."""
        raise _refusal("a port whose lines end at carriage returns")


class ServerBoard:
    """A board on a server, with the methods of :class:`sim.boot.FirmwareBoard`."""

    def __init__(self, board: ClientBoard, console: str) -> None:
        self._board = board
        self._console = console

    @property
    def uptime_seconds(self) -> float:
        """Virtual time since reset, when the last call ended."""
        return self._board.uptime_seconds

    def terminal(self, uart: str | None = None) -> ServerTerminal:
        """Return what listens to a serial port; the console by default."""
        return ServerTerminal(self._board, uart or self._console)

    def run_for(self, seconds: float) -> None:
        """Run for a virtual time."""
        self._board.run_for(seconds)

    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received on a serial port, unless it is there already."""
        if isinstance(wait, AnyLineWait):
            return self._board.wait_for_line("", timeout_seconds, uart=uart)
        if isinstance(wait, LineWait) and not wait.next_only:
            look = self._board.wait_for_prompt if wait.unfinished else self._board.wait_for_line
            return look(wait.pattern, timeout_seconds, regex=wait.regex, uart=uart)
        if isinstance(wait, BytesWait) and not wait.regex and not wait.at_start:
            return self._board.wait_for_bytes(wait.pattern, timeout_seconds, uart=uart)
        raise _refusal(f"waiting for {wait}")

    def expect_nothing(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> None:
        """Run for a virtual time in which something must not be received."""
        try:
            found = self.wait_for(wait, timeout_seconds, uart)
        except CheckFailedError:
            return
        raise CheckFailedError(f"{uart or self._console} sent {wait}, which it should not: {found.text!r}")

    def is_idle(self, seconds: float, *, uart: str | None = None) -> bool:
        """Run for a virtual time and return whether firmware sent nothing meanwhile."""
        name = uart or self._console
        before = len(self._board.sent.get(name, b""))
        self._board.run_for(seconds)
        return len(self._board.sent.get(name, b"")) == before

    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port."""
        self._board.write(data, uart=uart)

    def write_line(self, text: str, *, end: str = "\r", uart: str | None = None) -> None:
        """Send a line."""
        self._board.write_line(text, end=end, uart=uart)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Refuse it."""
        raise _refusal(f"reading {size_bytes} bytes of memory at {address:#010x}")

    def write_memory(self, address: int, data: bytes) -> None:
        """Refuse it."""
        raise _refusal(f"writing {len(data)} bytes of memory at {address:#010x}")

    def address_of(self, function: str) -> int:
        """Refuse it."""
        raise _refusal(f"looking up the function {function!r}")

    def close(self) -> None:
        """Let the board go."""
        self._board.close()


def _refusal(what: str) -> UsageError:
    return UsageError(
        f"{what} is not possible on a server", "leave the server out: the board is in this process then"
    )
