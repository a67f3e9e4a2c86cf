"""What Cortex-M0 and Cortex-M0+ share: a fixed cost per instruction, in order, without dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.timing.instruction import BranchKind, Instruction, InstructionClass
from sim.timing.pipeline import Schedule


@dataclass(frozen=True, slots=True)
class CycleTable:
    """Where the two cores differ.

    Attributes
    ----------
    taken
        Cycles that a taken branch of each kind takes longer than one that is not taken, or than the transfers
        of the instruction that loads the program counter.
    system
        Cycles of system instructions by mnemonic; all others take one.
    """

    taken: Mapping[BranchKind, int]
    system: Mapping[str, int]


@dataclass(slots=True)
class FixedCostSchedule(Schedule):
    """Adds up the costs of a table."""

    table: CycleTable
    _cycle: int = 0

    def issue(self, instruction: Instruction) -> int:
        """Add the next instruction; return its first cycle."""
        start = self._cycle
        self._cycle += self._cycles(instruction)
        return start

    def end(self) -> int:
        """Return the cycle behind the last instruction."""
        return self._cycle

    def take_branch(self, branch: Instruction, _unaligned_wide_target: bool) -> None:
        """Reload the pipeline."""
        self._cycle += self.table.taken[branch.branch]

    def _cycles(self, instruction: Instruction) -> int:
        if instruction.load_count or instruction.store_count:
            return (
                1 + instruction.load_count + instruction.store_count
            )  # LDR, STR 2; LDM, STM, PUSH, POP 1 + N
        if instruction.kind is InstructionClass.SYSTEM:
            return self.table.system.get(instruction.mnemonic, 1)
        return 1
