"""What test suites demand of a result: figures below a limit, outputs as expected.

A check that does not hold is a :class:`~sim.errors.CheckFailedError` whose message is a sentence.
"""

from __future__ import annotations

from sim.checks.completion import require_completed
from sim.checks.figures import (
    ARENA,
    CYCLES,
    ENERGY,
    LATENCY,
    Figure,
    require_below,
    require_budget,
    require_operator_cycles_below,
)
from sim.checks.outputs import require_label, require_output, require_reference_output

__all__ = [
    "ARENA",
    "CYCLES",
    "ENERGY",
    "LATENCY",
    "Figure",
    "require_below",
    "require_budget",
    "require_completed",
    "require_label",
    "require_operator_cycles_below",
    "require_output",
    "require_reference_output",
]
