"""STM32 independent watchdog. Source: ST RM0432, chapter "Independent watchdog"; the same in all families."""

from __future__ import annotations

from collections.abc import Callable

_KR, _PR, _RLR, _WINR = 0x00, 0x04, 0x08, 0x10
_START, _RELOAD, _UNLOCK = 0xCCCC, 0xAAAA, 0x5555
_MAX_COUNT = 0xFFF
_LARGEST_PRESCALER_CODE = 6


class Stm32Iwdg:
    """The watchdog, on the low-speed internal oscillator; updates of its registers take effect at once.

    Parameters
    ----------
    clock_ratio
        Returns core cycles per cycle of the oscillator.
    bite
        Resets the machine.
    """

    size_bytes = 0x400

    def __init__(
        self, name: str, base: int, *, clock_ratio: Callable[[], float], bite: Callable[[], None]
    ) -> None:
        self.name = name
        self.base = base
        self._clock_ratio = clock_ratio
        self._bite = bite
        self._registers = {_PR: 0, _RLR: _MAX_COUNT, _WINR: _MAX_COUNT}
        self._is_unlocked = False
        self._reloaded_cycles: int | None = None  # None while it has not been started

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; no update is ever under way."""
        del now_cycles
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _KR:
            self._write_key(value & 0xFFFF, now_cycles)
        elif offset in self._registers and self._is_unlocked:
            self._registers[offset] = self._registers[offset] & ~mask | value & _MAX_COUNT
            if offset == _WINR and self._reloaded_cycles is not None:
                self._reloaded_cycles = now_cycles  # writing the window reloads the counter

    def next_event_cycles(self) -> int | None:
        """Return when the counter reaches zero."""
        if self._reloaded_cycles is None:
            return None
        return self._reloaded_cycles + round((self._registers[_RLR] + 1) * self._tick_cycles())

    def run_events(self, now_cycles: int) -> None:
        """Reset the machine when the counter has reached zero."""
        event = self.next_event_cycles()
        if event is not None and now_cycles >= event:
            self._reloaded_cycles = None
            self._bite()

    def _write_key(self, key: int, now_cycles: int) -> None:
        self._is_unlocked = key == _UNLOCK
        if key == _START and self._reloaded_cycles is None:
            self._reloaded_cycles = now_cycles
        elif key == _RELOAD and self._reloaded_cycles is not None:
            count = self._registers[_RLR] - int((now_cycles - self._reloaded_cycles) / self._tick_cycles())
            if count > self._registers[_WINR]:
                self._reloaded_cycles = None
                self._bite()  # too early
            else:
                self._reloaded_cycles = now_cycles

    def _tick_cycles(self) -> float:
        return (4 << min(self._registers[_PR] & 7, _LARGEST_PRESCALER_CODE)) * self._clock_ratio()
