"""What the rest of the package needs of a board's peripherals, whatever family they are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.machine.peripherals.bus import Peripheral


class SerialPort(Peripheral, Protocol):
    """A serial port.

    Attributes
    ----------
    sent
        Every byte that firmware has sent.
    on_sent
        Called after each byte that firmware sends, if set.
    """

    sent: bytearray
    on_sent: Callable[[], None] | None

    @property
    def sending_until_cycles(self) -> int:
        """When the last byte so far has left, or will have."""

    def feed(self, data: bytes, now_cycles: int) -> None:
        """Send bytes to the port; they arrive one character time apart, and never overrun."""


class ClockTree(Protocol):
    """What clocks the core.

    Attributes
    ----------
    on_change
        Called with the cycle count after each change of the core clock, if set.
    """

    on_change: Callable[[int], None] | None

    def core_hz(self) -> float:
        """Return the core clock; 0 while it stands still."""


class FlashInterface(Protocol):
    """What makes accesses to flash wait."""

    @property
    def wait_states(self) -> int:
        """Wait states that firmware has set."""
