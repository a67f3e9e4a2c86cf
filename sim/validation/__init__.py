"""Holds the models against measurements of real boards."""

from __future__ import annotations

from sim.validation.discovery import Discovery, Measurement, find_measurements
from sim.validation.platform_files import update_platform_files
from sim.validation.run import Comparison, Summary, Validation, run_validation

__all__ = [
    "Comparison",
    "Discovery",
    "Measurement",
    "Summary",
    "Validation",
    "find_measurements",
    "run_validation",
    "update_platform_files",
]
