"""Cortex-M4 with FPU: ARMv7E-M, every multiplication in one cycle."""

from __future__ import annotations

from sim.timing.cores.armv7m import SPLIT_TRANSFERS, ArmV7MSchedule, ArmV7MVariant
from sim.timing.pipeline import CoreModel, Schedule

_VARIANT = ArmV7MVariant(
    multiply_cycles={},  # [TRM-M4] table 3-1: all multiplications and DSP instructions take one cycle
    chains_indexed_loads=True,  # [JNK-M34]
)


def _new_schedule() -> Schedule:
    return ArmV7MSchedule(_VARIANT)


MODEL = CoreModel("cortex-m4f", _new_schedule, unaligned=SPLIT_TRANSFERS, has_split_buses=True)
