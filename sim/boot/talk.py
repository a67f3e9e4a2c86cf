"""Talking over serial ports, for everything that can wait and write: boards here, on a server, in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod

from sim.boot.terminal import Received
from sim.boot.waits import AnyLineWait, BytesWait, LineWait, Wait

DEFAULT_TIMEOUT_SECONDS = 8.0


class SerialTalk(ABC):
    """Shorthands for what is waited for and written most. Time-outs are virtual."""

    @abstractmethod
    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received on a serial port, unless it is there already.

        The board stops right after the byte that completes it.

        Raises
        ------
        CheckFailedError
            It did not come in time, with virtual time then passed nonetheless; or a line came that a
            :class:`~sim.boot.waits.GuardedWait` forbids.
        SimulationError
            The firmware faults or ends itself, or the host takes too long.
        """

    @abstractmethod
    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port; while the board runs, they arrive at its baud rate."""

    def wait_for_line(
        self,
        pattern: str,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        regex: bool = False,
        uart: str | None = None,
    ) -> Received:
        """Run until a line has come that contains a text; see :meth:`wait_for`.

        Lines before it count as read, so they are not found by later waits.

        Parameters
        ----------
        regex
            Whether `pattern` is a regular expression, which may match anywhere in the line.
        """
        __tracebackhide__ = True
        return self.wait_for(LineWait(pattern, regex), timeout_seconds, uart)

    def wait_for_next_line(
        self, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, *, uart: str | None = None
    ) -> Received:
        """Run until there is an unread line; see :meth:`wait_for`."""
        __tracebackhide__ = True
        return self.wait_for(AnyLineWait(), timeout_seconds, uart)

    def wait_for_prompt(
        self,
        pattern: str,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        regex: bool = False,
        uart: str | None = None,
    ) -> Received:
        """Run until a text has come in a line that may still lack its end; see :meth:`wait_for`."""
        __tracebackhide__ = True
        return self.wait_for(LineWait(pattern, regex, unfinished=True), timeout_seconds, uart)

    def wait_for_bytes(
        self,
        pattern: bytes,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        regex: bool = False,
        uart: str | None = None,
    ) -> Received:
        """Run until bytes have come; see :meth:`wait_for`."""
        __tracebackhide__ = True
        return self.wait_for(BytesWait(pattern, regex), timeout_seconds, uart)

    def write_line(self, text: str, *, end: str = "\r", uart: str | None = None) -> None:
        """Send a line, which ends as a terminal's Return key does unless told otherwise."""
        self.write((text + end).encode(), uart=uart)
