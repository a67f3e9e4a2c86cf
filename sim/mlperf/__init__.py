"""Runs MLPerf Tiny firmware as its benchmark runner does: over the serial port."""

from __future__ import annotations

from sim.mlperf.accuracy import Accuracy
from sim.mlperf.dataset import LabelledInput
from sim.mlperf.run import (
    MlperfReport,
    MlperfRequest,
    Window,
    read_inputs,
    run_mlperf,
    run_on_inputs,
)

__all__ = [
    "Accuracy",
    "LabelledInput",
    "MlperfReport",
    "MlperfRequest",
    "Window",
    "read_inputs",
    "run_mlperf",
    "run_on_inputs",
]
