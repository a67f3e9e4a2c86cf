"""A counter that goes from zero to a top value over and over, as all timers have it."""

from __future__ import annotations

import math
from collections.abc import Callable

_ROUNDING_TICKS = 1e-6  # a cycle computed from a tick belongs to that tick


class UpCounter:
    """Counts while it runs; says which values it has passed, and when it reaches one.

    Parameters
    ----------
    tick_cycles
        Returns core cycles per step.
    top
        Last value before zero.

    Attributes
    ----------
    is_running
        Whether it counts; set after `continue_from`.
    """

    def __init__(self, tick_cycles: Callable[[], float], top: int) -> None:
        self.top = top
        self.is_running = False
        self._tick_cycles = tick_cycles
        self._tick = tick_cycles()
        self._origin_cycles = 0.0  # when the counter stood at 0
        self._held = 0
        self._seen_ticks = 0

    def count(self, now_cycles: int) -> int:
        """Return the value."""
        return self._ticks(now_cycles) % (self.top + 1) if self.is_running else self._held

    def continue_from(self, count: int, now_cycles: int) -> None:
        """Set the value; only what comes after it counts as passed."""
        self._held = count
        self._tick = self._tick_cycles()
        self._origin_cycles = now_cycles - count * self._tick
        self._seen_ticks = count

    def has_passed(self, value: int, now_cycles: int) -> bool:
        """Whether the counter has come to a value since the last look."""
        return self.is_running and value <= self.top and self._next_ticks(value) <= self._ticks(now_cycles)

    def look(self, now_cycles: int) -> None:
        """Forget what has been passed so far."""
        if self.is_running:
            self._seen_ticks = max(self._seen_ticks, self._ticks(now_cycles))

    def next_cycles(self, value: int) -> int | None:
        """Return when the counter comes to a value next; None if it never does."""
        if not self.is_running or value > self.top:
            return None
        return math.ceil(self._origin_cycles + self._next_ticks(value) * self._tick - _ROUNDING_TICKS)

    def _next_ticks(self, value: int) -> int:
        following = self._seen_ticks + 1
        return following + (value - following) % (self.top + 1)

    def _ticks(self, now_cycles: int) -> int:
        if (tick := self._tick_cycles()) != self._tick:  # another clock: go on from here at the new pace
            elapsed = (now_cycles - self._origin_cycles) / self._tick
            self._tick, self._origin_cycles = tick, now_cycles - elapsed * tick
        return int((now_cycles - self._origin_cycles) / self._tick + _ROUNDING_TICKS)
