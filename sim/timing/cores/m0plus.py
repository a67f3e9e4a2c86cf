"""Cortex-M0+: ARMv6-M, two-stage pipeline with a fixed cost per instruction.

Sources: [TRM-M0+] table 3-1, with the single-cycle multiplier that RP2040 and STM32G0 have.
"""

from __future__ import annotations

from functools import partial

from sim.timing.cores.armv6m import CycleTable, FixedCostSchedule
from sim.timing.instruction import BranchKind
from sim.timing.pipeline import CoreModel

_TABLE = CycleTable(
    taken={
        BranchKind.CONDITIONAL: 1,  # Bcc: 1 not taken, 2 taken
        BranchKind.UNCONDITIONAL: 1,  # B: 2
        BranchKind.CALL: 2,  # BL: 3
        BranchKind.INDIRECT: 1,  # BX, BLX, MOV PC, ADD PC: 2
        BranchKind.LOADED: 2,  # POP {.., PC}: 3 + N
    },
    system={"mrs": 3, "msr": 3, "dmb": 3, "dsb": 3, "isb": 3, "wfi": 2, "wfe": 2},
)

MODEL = CoreModel("cortex-m0plus", partial(FixedCostSchedule, _TABLE))
