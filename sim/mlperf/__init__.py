"""Runs MLPerf Tiny firmware as its benchmark runner does: over the serial port."""

from __future__ import annotations

from sim.mlperf.accuracy import Accuracy
from sim.mlperf.run import MlperfReport, MlperfRequest, run_mlperf

__all__ = ["Accuracy", "MlperfReport", "MlperfRequest", "run_mlperf"]
