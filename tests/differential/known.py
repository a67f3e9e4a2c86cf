"""Divergences whose cause is known: each is pinned by a test, and kept out of random programs.

The table in ``docs/differences.md`` says what each means for firmware.
"""

from __future__ import annotations

NOT_CONDITIONAL = frozenset({"isb"})
"""Unicorn forgets an IT block at an ISB inside it."""

AVOIDED = frozenset({"vcvt.f32.s32 (fixed)", "vcvt.f32.u32 (fixed)"})
"""Unicorn rounds these as FPSCR says; the architecture says to nearest (Armv7-M ARM, A7.7.227)."""

# Never drawn: reads of CONTROL, which shows floating-point state in a reserved bit and whatever FPCCR says,
# and writes of PSP, whose two lowest bits Unicorn keeps.
