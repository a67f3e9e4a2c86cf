"""Virtual time of a board whose firmware sets the core clock itself."""

from __future__ import annotations

import math
from fractions import Fraction

_RESOLUTION = 10**9  # decimal durations, such as 0.1, are meant to the nanosecond
_LARGEST_DIVIDER = 1000  # of clock trees: a third of 8 MHz is one


class VirtualClock:
    """Converts cycles since reset to seconds since reset and back, exactly.

    Parameters
    ----------
    core_hz
        Core clock after reset.
    """

    def __init__(self, core_hz: float) -> None:
        self._hz = _exact_hz(core_hz)
        self._changed_cycles = 0
        self._changed_seconds = Fraction(0)

    @property
    def core_hz(self) -> float:
        """The core clock now."""
        return float(self._hz)

    def change(self, now_cycles: int, core_hz: float) -> bool:
        """Note the core clock from now on, unless it stands still; return whether it is another one."""
        if not core_hz or _exact_hz(core_hz) == self._hz:
            return False
        self._changed_seconds = self.seconds_at(now_cycles)
        self._changed_cycles = now_cycles
        self._hz = _exact_hz(core_hz)
        return True

    def seconds_at(self, cycles: int) -> Fraction:
        """Return when a cycle count of the present clock was or will be reached."""
        return self._changed_seconds + (cycles - self._changed_cycles) / self._hz

    def cycles_at(self, seconds: Fraction) -> int:
        """Return the first cycle count that is not before a time, if the clock stays as it is."""
        return self._changed_cycles + math.ceil((seconds - self._changed_seconds) * self._hz)


def exact_seconds(seconds: float) -> Fraction:
    """Return a duration to the nanosecond: 0.1 is a tenth."""
    return Fraction(seconds).limit_denominator(_RESOLUTION)


def _exact_hz(core_hz: float) -> Fraction:
    return Fraction(core_hz).limit_denominator(_LARGEST_DIVIDER)
