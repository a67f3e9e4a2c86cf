"""YIELD and WFE, at which Unicorn returns as if they were undefined: behind them, with the block complete.

WFE sleeps unless an event has come before (Armv7-M ARM, B1.5.18): an exception that was entered or left, or a
SEV. Unicorn does not show SEV; it is found where it stands in the same basic block, as in the sequence SEV,
WFE, WFE that firmware clears the event with.
"""

from __future__ import annotations

from enum import Enum


class Hint(Enum):
    """A hint, by its encodings T1 and T2 (Armv7-M ARM, A7.7.261 and A7.7.263)."""

    YIELD = (b"\x10\xbf", b"\xaf\xf3\x01\x80")
    WFE = (b"\x20\xbf", b"\xaf\xf3\x02\x80")
    SEV = (b"\x40\xbf", b"\xaf\xf3\x04\x80")


def hint_at_end(code: bytes) -> Hint | None:
    """Return the hint that code ends with, YIELD or WFE."""
    return next((hint for hint in (Hint.YIELD, Hint.WFE) if code.endswith(hint.value)), None)


def sends_event(code: bytes) -> bool:
    """Whether there is a SEV among instructions."""
    return any(code.startswith(Hint.SEV.value, offset) for offset in range(0, len(code), 2))
