"""Running a model on a simulated board: from a request to a result."""

from __future__ import annotations

from sim.inference.pipeline import WarmBoard, run_inference
from sim.inference.request import Progress, RunRequest

__all__ = ["Progress", "RunRequest", "WarmBoard", "run_inference"]
