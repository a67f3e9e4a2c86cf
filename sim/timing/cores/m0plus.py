"""Cortex-M0+: ARMv6-M, two-stage pipeline with a fixed cost per instruction.

Sources: [TRM-M0+] table 3-1, with the single-cycle multiplier that RP2040 and STM32G0 have.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.timing.instruction import BranchKind, Instruction, InstructionClass
from sim.timing.pipeline import CoreModel, Schedule

_TAKEN_CYCLES = {
    BranchKind.CONDITIONAL: 1,  # Bcc: 1 not taken, 2 taken
    BranchKind.UNCONDITIONAL: 1,  # B: 2
    BranchKind.CALL: 2,  # BL: 3
    BranchKind.INDIRECT: 1,  # BX, BLX, MOV PC, ADD PC: 2
    BranchKind.LOADED: 2,  # POP {.., PC}: 3 + N
}
_SYSTEM_CYCLES = {"mrs": 3, "msr": 3, "dmb": 3, "dsb": 3, "isb": 3, "wfi": 2, "wfe": 2}


@dataclass(slots=True)
class M0PlusSchedule(Schedule):
    """In-order issue without any dependency between instructions."""

    _cycle: int = 0

    def issue(self, instruction: Instruction) -> int:
        """Add the next instruction; return its first cycle."""
        start = self._cycle
        self._cycle += _cycles(instruction)
        return start

    def end(self) -> int:
        """Return the cycle behind the last instruction."""
        return self._cycle

    def take_branch(self, branch: Instruction, _unaligned_wide_target: bool) -> None:
        """Reload the pipeline."""
        self._cycle += _TAKEN_CYCLES[branch.branch]


def _cycles(instruction: Instruction) -> int:
    if instruction.load_count or instruction.store_count:
        return 1 + instruction.load_count + instruction.store_count  # LDR, STR 2; LDM, STM, PUSH, POP 1 + N
    if instruction.kind is InstructionClass.SYSTEM:
        return _SYSTEM_CYCLES.get(instruction.mnemonic, 1)
    return 1


MODEL = CoreModel("cortex-m0plus", M0PlusSchedule)
