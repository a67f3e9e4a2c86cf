"""What all core models share: running a block through a schedule and turning that into a block timing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.timing.block import BlockTiming, summarize
from sim.timing.instruction import BranchKind, Instruction

_STEADY_ITERATIONS = 3
"""Iterations of a loop after which its cost per iteration no longer changes."""


class Schedule(ABC):
    """Issue times of consecutive instructions on one core, starting from an idle pipeline at cycle 0."""

    @abstractmethod
    def issue(self, instruction: Instruction) -> int:
        """Add the next instruction in program order and return the cycle in which it starts."""

    @abstractmethod
    def end(self) -> int:
        """Return the cycle in which an instruction without any dependency could start next."""

    @abstractmethod
    def take_branch(self, branch: Instruction, unaligned_wide_target: bool) -> None:
        """Redirect the fetch: the instruction issued last is a branch, and it is taken."""

    def mispredict_cycles(self, branch: Instruction) -> int:  # noqa: ARG002 - cores without prediction
        """Return the extra cycles when the branch issued last was predicted wrongly."""
        return 0


@dataclass(frozen=True, slots=True)
class CoreModel:
    """Timing model of one core.

    Parameters
    ----------
    name
        Core name as platforms write it (``cortex-m4f``).
    new_schedule
        Makes an idle pipeline.
    """

    name: str
    new_schedule: Callable[[], Schedule]

    def block_timing(self, instructions: Sequence[Instruction], *, wide_target: bool = False) -> BlockTiming:
        """Return the cost of a basic block.

        A block starts with an idle pipeline: what the block before it left unfinished is not seen. The
        exception is a block that branches back to its own start; its taken cost is that of an iteration in
        the steady state.

        Parameters
        ----------
        instructions
            The block in program order; only its last instruction may branch.
        wide_target
            Whether the instruction at the direct branch target is 32 bits wide. Ignored where the block is
            its own target, because it is known then.
        """
        schedule = self.new_schedule()
        offsets = [schedule.issue(instruction) for instruction in instructions]
        cycles = schedule.end()
        taken_cycles = mispredict_cycles = 0
        if instructions and instructions[-1].branch is not BranchKind.NONE:
            mispredict_cycles = schedule.mispredict_cycles(instructions[-1])
            taken_cycles = self._taken_cycles(schedule, instructions, wide_target)
        return summarize(
            instructions,
            cycles=cycles,
            taken_cycles=taken_cycles,
            mispredict_cycles=mispredict_cycles,
            offsets=offsets,
        )

    @staticmethod
    def _taken_cycles(schedule: Schedule, instructions: Sequence[Instruction], wide_target: bool) -> int:
        """Take the branch in a schedule that has all instructions of the block; return what that adds."""
        branch, first = instructions[-1], instructions[0]
        is_loop = branch.target == first.address
        is_wide = first.is_wide if is_loop else wide_target
        unaligned_wide = is_wide and branch.target is not None and branch.target % 4 != 0
        cycles = schedule.end()
        schedule.take_branch(branch, unaligned_wide)
        iteration_cycles = schedule.end()
        if is_loop:
            for _ in range(_STEADY_ITERATIONS):
                start = schedule.end()
                for instruction in instructions:
                    schedule.issue(instruction)
                schedule.take_branch(branch, unaligned_wide)
                iteration_cycles = schedule.end() - start
        return max(0, iteration_cycles - cycles)
