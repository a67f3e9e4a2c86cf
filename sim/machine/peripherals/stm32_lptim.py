"""STM32 low-power timers. Source: ST RM0432, chapter "Low-power timer"; ST RM0456 for STM32U5.

Counts cycles of its clock up to ARR. Encoders, external counting, capture and repetition are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.up_counter import UpCounter

_ISR, _ICR, _IER, _CFGR, _CR, _CMP, _ARR, _CNT = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C
_RCR, _CCR2 = 0x28, 0x34
_CR_ENABLE, _CR_SINGLE, _CR_CONTINUOUS, _CR_RESET_COUNT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MATCH, _RELOAD = 1 << 0, 1 << 1
_WRITTEN = {_CMP: 1 << 3, _ARR: 1 << 4, _RCR: 1 << 8, _CCR2: 1 << 19, _IER: 1 << 24}
"""Flags that say that a write has arrived: CMPOK, ARROK and those that STM32U5 adds."""


class Stm32Lptim:
    """One low-power timer.

    Parameters
    ----------
    interrupt
        Sets the level of the timer's interrupt line.
    clock_ratio
        Returns core cycles per cycle of the timer's own clock.
    """

    size_bytes = 0x400

    def __init__(
        self, name: str, base: int, interrupt: Callable[[bool], None], *, clock_ratio: Callable[[], float]
    ) -> None:
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._registers: dict[int, int] = {_ARR: 1}
        self._flags = 0
        self._is_single = False
        self._counter = UpCounter(
            lambda: (1 << (self._registers.get(_CFGR, 0) >> 9 & 7)) * clock_ratio(), top=1
        )

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _CNT:
            return self._counter.count(now_cycles)
        if offset == _ISR:
            self._note_events(now_cycles)
            return self._flags
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; a write has arrived at once."""
        self._note_events(now_cycles)
        merged = self._registers.get(offset, 0) & ~mask | value
        if offset == _ICR:
            self._flags &= ~value
        elif offset == _CR:
            self._control(merged, now_cycles)
        elif offset != _ISR:
            self._registers[offset] = merged
            self._flags |= _WRITTEN.get(offset, 0)
            if offset == _ARR:
                count = self._counter.count(now_cycles)
                self._counter.top = merged & 0xFFFF
                self._counter.continue_from(count, now_cycles)
        self._update_interrupt()

    def next_event_cycles(self) -> int | None:
        """Return when the next match that interrupts is due."""
        wanted = self._registers.get(_IER, 0)
        if not wanted or not self._counter.is_running:
            return None
        events = [self._counter.next_cycles(value) for flag, value in self._matches() if wanted & flag]
        return min((event for event in events if event is not None), default=None)

    def run_events(self, now_cycles: int) -> None:
        """Note matches that have happened."""
        self._note_events(now_cycles)
        self._update_interrupt()

    def _matches(self) -> tuple[tuple[int, int], ...]:
        return (_MATCH, self._registers.get(_CMP, 0)), (_RELOAD, self._counter.top)

    def _control(self, value: int, now_cycles: int) -> None:
        self._registers[_CR] = value & ~(_CR_SINGLE | _CR_CONTINUOUS | _CR_RESET_COUNT)
        if not value & _CR_ENABLE:
            self._stop(now_cycles)
            return
        if value & _CR_RESET_COUNT:
            self._counter.continue_from(0, now_cycles)
        if value & (_CR_SINGLE | _CR_CONTINUOUS) and not self._counter.is_running:
            self._is_single = bool(value & _CR_SINGLE)
            self._counter.continue_from(0, now_cycles)
            self._counter.is_running = True

    def _note_events(self, now_cycles: int) -> None:
        passed = sum(flag for flag, value in self._matches() if self._counter.has_passed(value, now_cycles))
        self._counter.look(now_cycles)
        self._flags |= passed
        if passed & _RELOAD and self._is_single:
            self._stop(now_cycles)

    def _stop(self, now_cycles: int) -> None:
        self._counter.is_running = False
        self._counter.continue_from(0, now_cycles)

    def _update_interrupt(self) -> None:
        self._interrupt(bool(self._registers.get(_IER, 0) & self._flags))
