"""Runs MLPerf Tiny firmware as its benchmark runner does: over the serial port."""

from __future__ import annotations

from sim.mlperf.run import MlperfReport, MlperfRequest, run_mlperf

__all__ = ["MlperfReport", "MlperfRequest", "run_mlperf"]
