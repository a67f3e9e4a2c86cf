"""STM32 basic and general-purpose timers: an up-counter behind a prescaler, update and compare events.

Source of registers and bits: ST RM0432, chapter "General-purpose timers"; the same in all families.
Capture, down-counting, pulse outputs and timers that trigger each other are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.up_counter import UpCounter

_CR1, _DIER, _SR, _EGR, _CCMR1, _CNT, _PSC, _ARR = 0x00, 0x0C, 0x10, 0x14, 0x18, 0x24, 0x28, 0x2C
_COMPARE = {1 << channel: 0x30 + 4 * channel for channel in range(1, 5)}  # CCxIF and its CCRx
_CR1_CEN, _CR1_OPM = 1 << 0, 1 << 3
_UPDATE = 1 << 0
_COMPARES = sum(_COMPARE)


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
    compare_interrupt
        Sets the level of the line for compare events, where they have one of their own.
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
        compare_interrupt: Callable[[bool], None] | None = None,
    ) -> None:
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._compare_interrupt = compare_interrupt
        self._limit = (1 << width_bits) - 1
        self._registers: dict[int, int] = {_ARR: self._limit}
        self._prescaler = 0  # the one in use: PSC takes effect at the next update event
        self._counter = UpCounter(lambda: (self._prescaler + 1) * clock_ratio(), self._limit)

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _CNT:
            return self._counter.count(now_cycles)
        if offset == _SR:
            self._note_events(now_cycles)
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        self._note_events(now_cycles)
        merged = self._registers.get(offset, 0) & ~mask | value
        if offset == _EGR:
            if value & _UPDATE:
                self._restart(0, now_cycles)
            self._set_flags(value & (_UPDATE | _COMPARES))
        elif offset == _CNT:
            self._restart(value & self._limit, now_cycles)
        elif offset == _SR:
            self._registers[_SR] = self._registers.get(_SR, 0) & (value | ~mask)
        elif offset in (_CR1, _ARR):
            count = self._counter.count(now_cycles)
            self._registers[offset] = merged
            self._counter.top = self._registers[_ARR] & self._limit
            self._continue_from(count, now_cycles)
        else:
            self._registers[offset] = merged
            if offset in _COMPARE.values() and merged == self._counter.count(now_cycles):
                self._set_flags(sum(flag for flag, place in self._compares() if place == offset))
        self._update_interrupts()

    def next_event_cycles(self) -> int | None:
        """Return when the next event that interrupts is due."""
        wanted = self._registers.get(_DIER, 0)
        if not wanted or not self._counter.is_running:
            return None
        events = [self._counter.next_cycles(0)] if wanted & _UPDATE else []
        events += [
            self._counter.next_cycles(self._registers[place])
            for flag, place in self._compares()
            if wanted & flag
        ]
        return min((event for event in events if event is not None), default=None)

    def run_events(self, now_cycles: int) -> None:
        """Note events that have happened."""
        self._note_events(now_cycles)
        self._update_interrupts()

    def _compares(self) -> list[tuple[int, int]]:
        """Return flag and register of the channels that have been given a value and do not capture."""
        found = []
        for index, (flag, place) in enumerate(_COMPARE.items()):
            selection = self._registers.get(_CCMR1 + index // 2 * 4, 0) >> index % 2 * 8 & 3
            if place in self._registers and not selection:
                found.append((flag, place))
        return found

    def _note_events(self, now_cycles: int) -> None:
        counter = self._counter
        for flag, place in self._compares():
            if counter.has_passed(self._registers[place], now_cycles):
                self._set_flags(flag)
        updated = counter.has_passed(0, now_cycles)
        counter.look(now_cycles)
        if updated:
            self._set_flags(_UPDATE)
            if self._registers.get(_CR1, 0) & _CR1_OPM:
                self._registers[_CR1] &= ~_CR1_CEN
                self._continue_from(0, now_cycles)

    def _set_flags(self, flags: int) -> None:
        self._registers[_SR] = self._registers.get(_SR, 0) | flags

    def _restart(self, count: int, now_cycles: int) -> None:
        self._prescaler = self._registers.get(_PSC, 0)
        self._continue_from(count, now_cycles)

    def _continue_from(self, count: int, now_cycles: int) -> None:
        self._counter.continue_from(count, now_cycles)
        self._counter.is_running = bool(self._registers.get(_CR1, 0) & _CR1_CEN)

    def _update_interrupts(self) -> None:
        raised = self._registers.get(_DIER, 0) & self._registers.get(_SR, 0)
        if self._compare_interrupt is None:
            self._interrupt(bool(raised & (_UPDATE | _COMPARES)))
        else:
            self._interrupt(bool(raised & _UPDATE))
            self._compare_interrupt(bool(raised & _COMPARES))
