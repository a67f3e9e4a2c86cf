"""Peripherals of nRF52 whose tasks are over at once.

Sources: nrf52840.svd of Nordic's MDK (registers, reset values), nRF52840 Product Specification v1.11,
chapters of these names. Nothing is connected to any of them: no flash memory answers on QSPI, no edge comes
to GPIOTE, and the temperature never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim.machine.peripherals.nrf import NrfPeripheral
from sim.platform.names import PeripheralFamily as Family

_QUARTER_DEGREES = 4 * 25
_QSPI_READY = 1 << 3


@dataclass(frozen=True, slots=True)
class TaskLayout:
    """What firmware sees of a peripheral.

    Attributes
    ----------
    events
        Offset of the event that each task sets, by its own offset.
    starting_writes
        Offset of the event that writing to a register sets, by its offset.
    reset_values
        Content of registers after reset, by offset.
    """

    events: Mapping[int, int]
    starting_writes: Mapping[int, int] = field(default_factory=dict)
    reset_values: Mapping[int, int] = field(default_factory=dict)


LAYOUTS: Mapping[Family, TaskLayout] = {
    # TRIGGER[n] sets TRIGGERED[n].
    Family.NRF_EGU: TaskLayout({4 * number: 0x100 + 4 * number for number in range(16)}),
    # START sets DATARDY; TEMP is in quarters of a degree.
    Family.NRF_TEMP: TaskLayout({0x00: 0x100}, reset_values={0x508: _QUARTER_DEGREES}),
    # No task of GPIOTE sets an event.
    Family.NRF_GPIOTE: TaskLayout({}),
    # ACTIVATE, READSTART, WRITESTART and ERASESTART set READY, and so does a custom instruction (CINSTRCONF).
    Family.NRF_QSPI: TaskLayout(
        dict.fromkeys((0x00, 0x04, 0x08, 0x0C), 0x100), {0x634: 0x100}, {0x604: _QSPI_READY}
    ),
    # STOP sets STOPPED, SEQSTART[n] SEQSTARTED[n]: pulses are not simulated, sequences do not end.
    Family.NRF_PWM: TaskLayout({0x04: 0x104, 0x08: 0x108, 0x0C: 0x10C}),
}
"""What stands behind each family that needs no code of its own."""


class NrfInstant(NrfPeripheral):
    """A peripheral whose tasks do nothing but set an event.

    Parameters
    ----------
    interrupt
        Sets the level of its interrupt line.
    layout
        Its tasks and events.
    """

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None], layout: TaskLayout) -> None:
        super().__init__(name, base, interrupt)
        self._layout = layout
        self.registers |= layout.reset_values

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task in self._layout.events:
            self.set_event(self._layout.events[task], now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register of the peripheral's own."""
        super().write_register(offset, value, now_cycles)
        if offset in self._layout.starting_writes:
            self.set_event(self._layout.starting_writes[offset], now_cycles)


class NrfRng(NrfPeripheral):
    """RNG: from START to STOP always another value, the same ones in every run (Marsaglia's xorshift32)."""

    _START, _STOP, _VALRDY, _VALUE, _VALRDY_STOP = 0x00, 0x04, 0x100, 0x508, 0

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None]) -> None:
        super().__init__(name, base, interrupt)
        self._state = 0x2545_F491
        self._is_running = False

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task in (self._START, self._STOP):
            self._is_running = task == self._START
            self._generate(now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; the next value is ready when the event of the last one is cleared."""
        super().write(offset, value, mask, now_cycles)
        if offset == self._VALRDY:
            self._generate(now_cycles)

    def _generate(self, now_cycles: int) -> None:
        if not self._is_running:
            return
        state = self._state
        state ^= state << 13 & 0xFFFF_FFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFF_FFFF
        self._state = state
        self.registers[self._VALUE] = state & 0xFF
        self._is_running = not self.has_shortcut(self._VALRDY_STOP)
        self.set_event(self._VALRDY, now_cycles)
