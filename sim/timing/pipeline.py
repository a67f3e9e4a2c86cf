"""What all core models share: running a block through a schedule and turning that into a block timing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.timing.block import BlockTiming, summarize
from sim.timing.instruction import BranchKind, Instruction


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
class UnalignedCost:
    """Extra cycles of an access that is not aligned to its size; one for a second transfer, unless told.

    Attributes
    ----------
    load, store
        Halfwords at odd addresses and words at halfword boundaries.
    odd_word_load, odd_word_store
        Words at odd addresses.
    """

    load: int = 1
    odd_word_load: int = 1
    store: int = 1
    odd_word_store: int = 1


@dataclass(frozen=True, slots=True)
class CoreModel:
    """Timing model of one core.

    Parameters
    ----------
    name
        Core name as platforms write it (``cortex-m4f``).
    new_schedule
        Makes an idle pipeline.
    unaligned
        What unaligned accesses cost.
    has_split_buses
        Whether timing depends on the bus of each data access (:mod:`sim.timing.buses`).
    """

    name: str
    new_schedule: Callable[[], Schedule]
    unaligned: UnalignedCost = UnalignedCost()
    has_split_buses: bool = False

    def block_timing(
        self,
        instructions: Sequence[Instruction],
        *,
        fall_through: Sequence[Instruction] = (),
        target: Sequence[Instruction] = (),
    ) -> BlockTiming:
        """Return the cost of a basic block that starts in an idle pipeline.

        Where the block that follows is known, the delay (or the overlap) that this block causes in it is part
        of the cost of leaving in that direction.

        Parameters
        ----------
        instructions
            The block in program order; only its last instruction may branch.
        fall_through
            The block behind it, if it can be reached by falling through.
        target
            The block at the direct branch target; by default the block itself, where that is its target.
        """
        if not instructions:
            return summarize((), cycles=0, taken_cycles=0, mispredict_cycles=0, offsets=())
        branch = instructions[-1]
        schedule = self.new_schedule()
        offsets = [schedule.issue(instruction) for instruction in instructions]
        mispredict_cycles = schedule.mispredict_cycles(branch) if branch.branch is not BranchKind.NONE else 0
        cycles = self._end_of(schedule, fall_through)
        taken_cycles = 0
        if branch.branch is not BranchKind.NONE:
            if not target and branch.target == instructions[0].address:
                target = instructions
            taken_cycles = max(0, self._taken_end_of(instructions, target) - cycles)
        return summarize(
            instructions,
            cycles=cycles,
            taken_cycles=taken_cycles,
            mispredict_cycles=mispredict_cycles,
            offsets=offsets,
        )

    def _taken_end_of(self, instructions: Sequence[Instruction], target: Sequence[Instruction]) -> int:
        """Return the end of a block that is left by its branch."""
        branch = instructions[-1]
        unaligned = branch.target is not None and branch.target % 4 != 0
        schedule = self.new_schedule()
        for instruction in instructions:
            schedule.issue(instruction)
        schedule.take_branch(branch, unaligned and bool(target) and target[0].is_wide)
        return self._end_of(schedule, target)

    def _end_of(self, schedule: Schedule, successor: Sequence[Instruction]) -> int:
        """Return the end of a block, counting what it adds to (or takes from) the time of its successor."""
        end = schedule.end()
        if not successor:
            return end
        alone = self.new_schedule()
        for instruction in successor:
            schedule.issue(instruction)
            alone.issue(instruction)
        # One more instruction can make those behind it pair better: then it takes no time, but not less.
        return max(0, schedule.end() - alone.end())
