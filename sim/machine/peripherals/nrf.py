"""What Nordic's peripherals share: tasks that are triggered, events that are set, interrupts on events.

Source: Nordic nRF52840 Product Specification v1.11, chapter "Peripheral interface".
"""

from __future__ import annotations

from collections.abc import Callable

OnEvent = Callable[[int, int], None]

_EVENTS, _EVENTS_END = 0x100, 0x180
_SHORTS, INTEN, INTENSET, INTENCLR = 0x200, 0x300, 0x304, 0x308


class NrfPeripheral:
    """A peripheral with tasks and events.

    Parameters
    ----------
    interrupt
        Sets the level of its interrupt line.

    Attributes
    ----------
    on_event
        Called with the address of each event that is set, and with the cycle count, if set.
    """

    size_bytes = 0x1000

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None]) -> None:
        self.name = name
        self.base = base
        self.registers: dict[int, int] = {}
        self._interrupt = interrupt
        self._events = 0  # bit n is the event at 0x100 + 4 n, as in INTEN
        self._enabled = 0
        self.on_event: OnEvent | None = None

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if _EVENTS <= offset < _EVENTS_END:
            return self._events >> (offset - _EVENTS) // 4 & 1
        if offset in (INTEN, INTENSET, INTENCLR):
            return self._enabled
        return self.read_register(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; a one triggers a task, a zero clears an event."""
        if offset < _EVENTS:
            if value & 1:
                self.trigger(offset, now_cycles)
        elif offset < _EVENTS_END:
            if not value & 1:
                self._events &= ~(1 << (offset - _EVENTS) // 4)
        elif offset == INTENSET:
            self._enabled |= value
        elif offset == INTENCLR:
            self._enabled &= ~value
        elif offset == INTEN:
            self._enabled = self._enabled & ~mask | value
        else:
            self.write_register(offset, self.registers.get(offset, 0) & ~mask | value, now_cycles)
        self._update_interrupt()

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task, by its offset."""

    def read_register(self, offset: int, now_cycles: int) -> int:
        """Return a register of the peripheral's own."""
        del now_cycles
        return self.registers.get(offset, 0)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register of the peripheral's own."""
        del now_cycles
        self.registers[offset] = value

    def next_event_cycles(self) -> int | None:
        """Return when the peripheral changes by itself next."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do what is due."""

    def set_event(self, offset: int, now_cycles: int) -> None:
        """Set an event, by its offset."""
        self._events |= 1 << (offset - _EVENTS) // 4
        self._update_interrupt()
        if self.on_event is not None:
            self.on_event(self.base + offset, now_cycles)

    def has_event(self, offset: int) -> bool:
        """Whether an event is set."""
        return bool(self._events >> (offset - _EVENTS) // 4 & 1)

    def is_interrupting(self, offset: int) -> bool:
        """Whether an event raises the interrupt."""
        return bool(self._enabled >> (offset - _EVENTS) // 4 & 1)

    def has_shortcut(self, bit: int) -> bool:
        """Whether an event triggers a task by itself."""
        return bool(self.registers.get(_SHORTS, 0) >> bit & 1)

    def _update_interrupt(self) -> None:
        self._interrupt(bool(self._events & self._enabled))
