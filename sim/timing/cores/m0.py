"""Cortex-M0: ARMv6-M, three-stage pipeline with a fixed cost per instruction.

Sources: [TRM-M0] table 3-1, with the single-cycle multiplier that nRF51 and STM32F0 have.
"""

from __future__ import annotations

from functools import partial

from sim.timing.cores.armv6m import CycleTable, FixedCostSchedule
from sim.timing.instruction import BranchKind
from sim.timing.pipeline import CoreModel

_TABLE = CycleTable(
    taken={
        BranchKind.CONDITIONAL: 2,  # Bcc: 1 not taken, 3 taken
        BranchKind.UNCONDITIONAL: 2,  # B: 3
        BranchKind.CALL: 3,  # BL: 4
        BranchKind.INDIRECT: 2,  # BX, BLX, MOV PC, ADD PC: 3
        BranchKind.LOADED: 3,  # POP {.., PC}: 4 + N
    },
    system={"mrs": 4, "msr": 4, "dmb": 4, "dsb": 4, "isb": 4, "wfi": 2, "wfe": 2},
)

MODEL = CoreModel("cortex-m0", partial(FixedCostSchedule, _TABLE))
