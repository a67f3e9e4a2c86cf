"""Compare results with an independent interpreter of the same model."""

from __future__ import annotations

from sim.verify.compare import FLOAT_TOLERANCE, compare
from sim.verify.reference import ReferenceRun, run_reference

__all__ = ["FLOAT_TOLERANCE", "ReferenceRun", "compare", "run_reference"]
