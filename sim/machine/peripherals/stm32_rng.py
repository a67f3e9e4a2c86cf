"""STM32 random number generator. Source: ST RM0432, chapter "True random number generator"."""

from __future__ import annotations

_CR, _SR, _DR = 0x00, 0x04, 0x08
_ENABLE, _DATA_READY = 1 << 2, 1 << 0
_SEED = 0x2545_F491
_WORD_MASK = 0xFFFF_FFFF


class Stm32Rng:
    """A generator that is always ready and gives the same numbers in every run (Marsaglia's xorshift32)."""

    size_bytes = 0x400

    def __init__(self, name: str, base: int) -> None:
        self.name = name
        self.base = base
        self._control = 0
        self._state = _SEED

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        if not self._control & _ENABLE or offset == _CR:
            return self._control if offset == _CR else 0
        if offset == _SR:
            return _DATA_READY
        return self._next() if offset == _DR else 0

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        del now_cycles
        if offset == _CR:
            self._control = self._control & ~mask | value

    def next_event_cycles(self) -> int | None:
        """Return None: it is always ready."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: it is always ready."""

    def _next(self) -> int:
        state = self._state
        state ^= state << 13 & _WORD_MASK
        state ^= state >> 17
        state ^= state << 5 & _WORD_MASK
        self._state = state
        return state
