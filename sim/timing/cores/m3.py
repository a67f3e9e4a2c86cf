"""Cortex-M3: ARMv7-M, no FPU, multi-cycle accumulating and long multiplications."""

from __future__ import annotations

from sim.timing.cores.armv7m import SPLIT_TRANSFERS, ArmV7MSchedule, ArmV7MVariant
from sim.timing.pipeline import CoreModel, Schedule

_VARIANT = ArmV7MVariant(
    multiply_cycles={
        "mla": 2,  # [TRM-M3] table 3-1
        "mls": 2,
        # [TRM-M3]: 3 to 5, and 4 to 7 with accumulation, by the size of the operands; the middle is an
        # estimate.
        "smull": 4,
        "umull": 4,
        "smlal": 6,
        "umlal": 6,
    },
    chains_indexed_loads=False,  # [JNK-M34]: only the first of a chain may be pre- or post-indexed
)


def _new_schedule() -> Schedule:
    return ArmV7MSchedule(_VARIANT)


MODEL = CoreModel("cortex-m3", _new_schedule, unaligned=SPLIT_TRANSFERS, has_split_buses=True)
