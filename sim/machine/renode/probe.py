"""What counts in Renode and stops the core: the block probe, or where Renode refuses it, hooks."""

from __future__ import annotations

from typing import Protocol

from sim.machine.profile import BlockTable, MarkerHit
from sim.machine.protocol import Accounting
from sim.platform.description import Uart


class Probe(Protocol):
    """Controls the core of a Renode process, and knows what it has executed."""

    @property
    def accounting(self) -> Accounting:
        """What it accounts for."""

    @property
    def table(self) -> BlockTable:
        """The blocks seen so far; none where only instructions are counted."""

    def start(self, instructions: int) -> None:
        """Let the core run, for so many instructions or a little more."""

    def wait(self, milliseconds: int) -> tuple[str | int, int]:
        """Wait for the core to stop.

        Returns
        -------
        The index of the marker where it stopped, ``"limit"``, ``"request"``, ``"running"``, or ``"line"``
        where it waits for :meth:`answer`; and the instructions executed so far.
        """

    def answer(self, *, stop: bool) -> None:
        """Let the core go on behind a line that firmware has sent, or stop it there."""

    def listen(self, uart: Uart, index: int) -> None:
        """Collect what firmware sends on a serial port."""

    def take_sent(self) -> list[tuple[int, int]]:
        """Return the port's index and the value of each byte that firmware has sent since the last call."""

    def feed(self, uart: str, data: bytes) -> None:
        """Let a serial port receive bytes."""

    def halt(self) -> None:
        """Stop the core where it is."""

    def redirect(self, *, at_logged_marker: bool) -> None:
        """Forget where the core was: its program counter has been set, perhaps to a marker already logged."""

    def collect(self) -> tuple[MarkerHit, list[MarkerHit]]:
        """Return all counters as they stand, and the marker hits since the last call."""

    def save(self) -> None:
        """Keep what the next run of the same image can use."""
