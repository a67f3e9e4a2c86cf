"""What the rest of the package needs of a board's peripherals, whatever family they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sim.machine.peripherals.bus import Bus, Peripheral
from sim.machine.peripherals.registers import RegisterBank
from sim.platform.names import ControlRegister
from sim.timing.memory import MemorySettings


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


class PinPort(Peripheral, Protocol):
    """A port of general-purpose pins.

    Attributes
    ----------
    on_fall
        Called with the name of the port and a mask of the pins whose output has just gone low.
    """

    on_fall: Callable[[str, int], None] | None


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


@dataclass(frozen=True, slots=True)
class BoardPeripherals:
    """The peripherals of one simulated board.

    Attributes
    ----------
    uarts
        Serial ports by name.
    clocks
        The clock tree.
    flash
        The flash interface.
    ports
        The ports of general-purpose pins.
    cache_control
        The controllers whose first register switches caches and prefetching on.
    """

    bus: Bus
    uarts: Mapping[str, SerialPort]
    clocks: ClockTree
    flash: FlashInterface
    ports: tuple[PinPort, ...]
    cache_control: Mapping[ControlRegister, RegisterBank] = field(default_factory=dict)

    def memory_settings(self) -> MemorySettings:
        """Return what firmware has set up by now."""
        registers = {register: bank.values.get(0, 0) for register, bank in self.cache_control.items()}
        return MemorySettings(self.flash.wait_states, registers)
