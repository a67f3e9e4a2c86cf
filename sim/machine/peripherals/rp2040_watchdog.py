"""Watchdog of RP2040, which also makes the ticks of the timer. Source: RP2040 datasheet, section 4.7."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.registers import RegisterBank

_CTRL, _LOAD, _TICK = 0x00, 0x04, 0x2C
_COUNT_MASK = 0xFF_FFFF
_ENABLE, _TRIGGER = 1 << 30, 1 << 31
_TICK_ENABLE, _TICK_RUNNING = 1 << 9, 1 << 10
_STEPS_PER_TICK = 2  # erratum RP2040-E1


class Rp2040Watchdog(RegisterBank):
    """The watchdog, and its tick generator.

    Parameters
    ----------
    tick_cycles
        Returns core cycles per tick; 0 while there are none.
    bite
        Resets the machine.
    """

    def __init__(
        self, name: str, base: int, tick_cycles: Callable[[], float], bite: Callable[[], None]
    ) -> None:
        super().__init__(name, base, 0x1000, {_TICK: _TICK_ENABLE})
        self._tick_cycles = tick_cycles
        self._bite = bite
        self._count = 0  # at the origin
        self._origin_cycles = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        value = super().read(offset, now_cycles)
        if offset == _CTRL:
            return value & ~_COUNT_MASK | self._count_at(now_cycles)
        return value | _TICK_RUNNING if offset == _TICK and value & _TICK_ENABLE else value

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        count = self._count_at(now_cycles)
        super().write(offset, value, mask, now_cycles)
        if offset == _LOAD:
            count = value & _COUNT_MASK
        elif offset == _CTRL and value & _TRIGGER:
            self.values[_CTRL] &= ~_TRIGGER
            self._bite()
        self._count, self._origin_cycles = count, now_cycles

    def next_event_cycles(self) -> int | None:
        """Return when the counter reaches zero."""
        if not self._is_counting:
            return None
        return self._origin_cycles - int(-self._count * self._tick_cycles() / _STEPS_PER_TICK // 1)

    def run_events(self, now_cycles: int) -> None:
        """Reset the machine when the counter has reached zero."""
        if self._is_counting and not self._count_at(now_cycles):
            self.values[_CTRL] &= ~_ENABLE
            self._bite()

    @property
    def tick_divider(self) -> int:
        """Cycles of clk_ref per tick; 0 while there are none."""
        tick = self.values[_TICK]
        return tick & 0x1FF if tick & _TICK_ENABLE else 0

    @property
    def _is_counting(self) -> bool:
        return bool(self.values.get(_CTRL, 0) & _ENABLE and self._tick_cycles())

    def _count_at(self, now_cycles: int) -> int:
        if not self._is_counting:
            return self._count
        steps = int((now_cycles - self._origin_cycles) * _STEPS_PER_TICK / self._tick_cycles() + 1e-6)
        return max(0, self._count - steps)
