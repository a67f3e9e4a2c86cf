"""STM32 window watchdog. Source: ST RM0432, chapter "System window watchdog"; the same in all families."""

from __future__ import annotations

from collections.abc import Callable

_CR, _CFR, _SR = 0x00, 0x04, 0x08
_ACTIVE, _COUNT_MASK, _LAST_COUNT = 1 << 7, 0x7F, 0x40
_EARLY_INTERRUPT, _EARLY_FLAG = 1 << 9, 1 << 0
_CLOCKS_PER_STEP = 4096


class Stm32Wwdg:
    """The watchdog: counts down, and resets below 0x40 or when it is reloaded above its window.

    Parameters
    ----------
    interrupt
        Sets the level of the early wake-up interrupt.
    prescaler_bit
        Lowest bit of WDGTB in CFR: 7, where it has two bits, or 11, where it has three.
    clock_ratio
        Returns core cycles per cycle of its bus clock.
    bite
        Resets the machine.
    """

    size_bytes = 0x400

    def __init__(
        self,
        name: str,
        base: int,
        interrupt: Callable[[bool], None],
        *,
        prescaler_bit: int,
        clock_ratio: Callable[[], float],
        bite: Callable[[], None],
    ) -> None:
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._prescaler_bit = prescaler_bit
        self._prescaler_mask = 3 if prescaler_bit == 7 else 7
        self._clock_ratio = clock_ratio
        self._bite = bite
        self._reload = _COUNT_MASK
        self._configuration = _COUNT_MASK
        self._reloaded_cycles: int | None = None  # None while it has not been started
        self._is_early = False
        self._has_warned = False  # since the last reload

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _CR:
            return self._count(now_cycles) | (0 if self._reloaded_cycles is None else _ACTIVE)
        if offset == _CFR:
            return self._configuration
        return int(self._is_early) if offset == _SR else 0

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _CR and mask & 0xFF:
            self._write_control(value, now_cycles)
        elif offset == _CFR:
            self._configuration = self._configuration & ~mask | value
        elif offset == _SR:
            self._is_early = self._is_early and bool(value & _EARLY_FLAG)
        self._update_interrupt()

    def next_event_cycles(self) -> int | None:
        """Return when the counter reaches 0x40, or falls below it."""
        if self._reloaded_cycles is None:
            return None
        left = max(0, self._reload - _LAST_COUNT) + (1 if self._has_warned else 0)
        return self._reloaded_cycles + round(left * self._step_cycles())

    def run_events(self, now_cycles: int) -> None:
        """Warn at 0x40, reset the machine one step later."""
        event = self.next_event_cycles()
        if event is None or now_cycles < event:
            return
        if self._has_warned:
            self._reset()
        else:
            self._has_warned = self._is_early = True
            self._update_interrupt()

    def _write_control(self, value: int, now_cycles: int) -> None:
        if self._reloaded_cycles is None and not value & _ACTIVE:
            self._reload = value & _COUNT_MASK
            return
        is_early = self._reloaded_cycles is not None and self._count(now_cycles) > self._window
        self._reload = value & _COUNT_MASK
        self._reloaded_cycles = now_cycles
        self._has_warned = False
        if is_early or self._reload < _LAST_COUNT:
            self._reset()

    def _reset(self) -> None:
        self._reloaded_cycles = None
        self._bite()

    @property
    def _window(self) -> int:
        return self._configuration & _COUNT_MASK

    def _count(self, now_cycles: int) -> int:
        if self._reloaded_cycles is None:
            return self._reload
        return max(0, self._reload - int((now_cycles - self._reloaded_cycles) / self._step_cycles()))

    def _step_cycles(self) -> float:
        prescaler = self._configuration >> self._prescaler_bit & self._prescaler_mask
        return (_CLOCKS_PER_STEP << prescaler) * self._clock_ratio()

    def _update_interrupt(self) -> None:
        self._interrupt(self._is_early and bool(self._configuration & _EARLY_INTERRUPT))
