"""Boards whose clock firmware cannot change, and whose memory never waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class FixedClock:
    """A clock of the board itself."""

    hz: float
    on_change: Callable[[int], None] | None = None

    def core_hz(self) -> float:
        """Return the clock."""
        return self.hz


class NoFlash:
    """Memory instead of flash."""

    wait_states = 0
