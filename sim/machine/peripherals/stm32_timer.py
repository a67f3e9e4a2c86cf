"""STM32 basic and general-purpose timers: an up-counter behind a prescaler, with update events.

Source of registers and bits: ST RM0432, chapter "General-purpose timers"; the same in all families.
Capture, compare and pulse outputs are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable

_CR1, _DIER, _SR, _EGR, _CNT, _PSC, _ARR = 0x00, 0x0C, 0x10, 0x14, 0x24, 0x28, 0x2C
_CR1_CEN, _CR1_OPM = 1 << 0, 1 << 3
_UPDATE = 1 << 0


class Stm32Timer:
    """One timer.

    Parameters
    ----------
    interrupt
        Sets the level of the timer's interrupt line.
    width_bits
        16, or 32 for TIM2 and TIM5.
    clock_ratio
        Returns core cycles per cycle of the timer's own clock.
    """

    size_bytes = 0x400

    def __init__(
        self,
        name: str,
        base: int,
        interrupt: Callable[[bool], None],
        *,
        width_bits: int = 16,
        clock_ratio: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._limit = (1 << width_bits) - 1
        self._clock_ratio = clock_ratio
        self._registers: dict[int, int] = {_ARR: self._limit}
        self._prescaler = 0  # the one in use: PSC takes effect at the next update event
        self._origin_cycles = 0  # when the counter stood at 0
        self._held_count = 0
        self._updates_seen = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _CNT:
            return self._count(now_cycles)
        if offset == _SR:
            self._look_for_updates(now_cycles)
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        self._look_for_updates(now_cycles)
        merged = self._registers.get(offset, 0) & ~mask | value
        if offset == _EGR:
            if value & _UPDATE:
                self._restart(0, now_cycles)
                self._registers[_SR] = self._registers.get(_SR, 0) | _UPDATE
        elif offset == _CNT:
            self._restart(value & self._limit, now_cycles)
        elif offset == _SR:
            self._registers[_SR] = self._registers.get(_SR, 0) & (value | ~mask)
        elif offset in (_CR1, _ARR):
            count = self._count(now_cycles)
            self._registers[offset] = merged
            self._continue_from(count, now_cycles)
        else:
            self._registers[offset] = merged
        self._update_interrupt()

    def next_event_cycles(self) -> int | None:
        """Return when the next update interrupt is due."""
        if not self._is_running or not self._registers.get(_DIER, 0) & _UPDATE:
            return None
        return self._origin_cycles + round((self._updates_seen + 1) * self._period_cycles())

    def run_events(self, now_cycles: int) -> None:
        """Note updates that have happened."""
        self._look_for_updates(now_cycles)
        self._update_interrupt()

    @property
    def _is_running(self) -> bool:
        return bool(self._registers.get(_CR1, 0) & _CR1_CEN)

    def _tick_cycles(self) -> float:
        return (self._prescaler + 1) * self._clock_ratio()

    def _period_cycles(self) -> float:
        return (self._registers[_ARR] + 1) * self._tick_cycles()

    def _ticks(self, now_cycles: int) -> int:
        return int((now_cycles - self._origin_cycles) / self._tick_cycles())

    def _count(self, now_cycles: int) -> int:
        if not self._is_running:
            return self._held_count
        return self._ticks(now_cycles) % (self._registers[_ARR] + 1)

    def _look_for_updates(self, now_cycles: int) -> None:
        if not self._is_running:
            return
        updates = self._ticks(now_cycles) // (self._registers[_ARR] + 1)
        if updates > self._updates_seen:
            self._updates_seen = updates
            self._registers[_SR] = self._registers.get(_SR, 0) | _UPDATE
            if self._registers.get(_CR1, 0) & _CR1_OPM:
                self._registers[_CR1] &= ~_CR1_CEN
                self._held_count = 0

    def _restart(self, count: int, now_cycles: int) -> None:
        self._prescaler = self._registers.get(_PSC, 0)
        self._continue_from(count, now_cycles)

    def _continue_from(self, count: int, now_cycles: int) -> None:
        self._held_count = count
        self._origin_cycles = now_cycles - round(count * self._tick_cycles())
        self._updates_seen = 0

    def _update_interrupt(self) -> None:
        self._interrupt(bool(self._registers.get(_DIER, 0) & self._registers.get(_SR, 0) & _UPDATE))
