"""Firmware on a server that a program without an event loop talks with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS, SerialTalk
from sim.boot.terminal import CHANNELS, Received
from sim.boot.waits import Wait
from sim.client.closing import Closing
from sim.client.interaction import AsyncFirmwareBoard
from sim.errors import CheckFailedError, SimError
from sim.v1 import simulator_pb2 as pb

_Run = Callable[[Coroutine[Any, Any, Any]], Any]


class FirmwareBoard(SerialTalk, Closing):
    """A board on a server that stands still between calls; see :class:`~sim.client.AsyncFirmwareBoard`.

    Parameters
    ----------
    run
        Runs a coroutine on the loop of the client.
    """

    def __init__(self, run: _Run, board: AsyncFirmwareBoard) -> None:
        self._run = run
        self._board = board

    @property
    def uptime_seconds(self) -> float:
        """Virtual time since reset, when the last call ended."""
        return self._board.uptime_seconds

    @property
    def cycles(self) -> int:
        """Core cycles since reset, when the last call ended."""
        return self._board.cycles

    @property
    def core_hz(self) -> float | None:
        """The core clock as the firmware had set it when the last call ended; None before the first."""
        return self._board.core_hz

    @property
    def sent(self) -> Mapping[str, bytearray]:
        """Everything that the firmware has sent, by serial port or channel."""
        return self._board.sent

    @property
    def terminals(self) -> Mapping[str, ServerTerminal]:
        """What listens to the ports and channels that have sent something."""
        return {name: self.terminal(name) for name in self.sent}

    def terminal(self, uart: str | None = None) -> ServerTerminal:
        """Return what listens to a serial port or channel; see :meth:`sim.boot.FirmwareBoard.terminal`."""
        return ServerTerminal(self._run, self._board, uart)

    def run_for(self, seconds: float) -> None:
        """Run for a virtual time."""
        self._run(self._board.run_for(seconds))

    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received, as the base class says."""
        received: Received = self._run(self._board.wait_for(wait, timeout_seconds, uart))
        return received

    def expect_nothing(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> None:
        """Run for a virtual time in which something must not be received.

        Raises
        ------
        CheckFailedError
            It has been received.
        """
        try:
            found = self.wait_for(wait, timeout_seconds, uart)
        except CheckFailedError:
            return
        name = self.terminal(uart).name
        raise CheckFailedError(f"{name} sent {wait}, which it should not: {found.text!r}")

    def is_idle(self, seconds: float, *, uart: str | None = None) -> bool:
        """Run for a virtual time, or until firmware sends anything: then return False."""
        return bool(self._run(self._board.is_idle(seconds, uart=uart)))

    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port; while the board runs, they arrive at its baud rate."""
        self._run(self._board.write(data, uart=uart))

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read flash or RAM."""
        return bytes(self._run(self._board.read_memory(address, size_bytes)))

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM or flash."""
        self._run(self._board.write_memory(address, data))

    def address_of(self, function: str) -> int:
        """Return the address of a function by its linker name."""
        return int(self._run(self._board.address_of(function)))

    def reset(self) -> None:
        """Switch off and on: RAM, peripherals, terminals and virtual time begin anew."""
        self._run(self._board.reset())

    def close(self) -> None:
        """Let the board go."""
        self._run(self._board.close())


class ServerTerminal:
    """What listens to a port of a board on a server."""

    def __init__(self, run: _Run, board: AsyncFirmwareBoard, uart: str | None) -> None:
        self._run = run
        self._board = board
        self._uart = uart

    @property
    def name(self) -> str:
        """Name of the port; without one, the first that has sent something."""
        if self._uart is not None:
            return self._uart
        return next((name for name in self._board.sent if name not in CHANNELS), "the console")

    @property
    def sent(self) -> bytearray:
        """Every byte that firmware has sent there."""
        return self._board.sent.get(self.name, bytearray())

    def report(self) -> str:
        """Return everything since reset line by line, with virtual times unless the board is gone."""
        try:
            return self._use(pb.TERMINAL_ACTION_REPORT)
        except SimError:
            return self.sent.decode("utf-8", "replace")

    def skip(self) -> None:
        """Count everything as read."""
        self._use(pb.TERMINAL_ACTION_SKIP)

    def end_lines_at_carriage_returns(self) -> None:
        """Let lines end there from now on, instead of at line feeds."""
        self._use(pb.TERMINAL_ACTION_END_LINES_AT_CARRIAGE_RETURNS)

    def _use(self, action: pb.TerminalAction) -> str:
        return str(self._run(self._board.use_terminal(action, self._uart)))
