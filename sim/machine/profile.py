"""What a machine executed, in terms that every engine can give.

A profile is a table of basic blocks and a log of marker hits. Each hit carries all counters as they stood
at that moment, so that the difference of two hits is the exact account of the code between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.timing.block import BlockTiming
from sim.timing.instruction import InstructionClass

MEMORY_EVENTS = (
    "flash_fetch_lines",
    "flash_reads",
    "icache_hits",
    "icache_misses",
    "dcache_hits",
    "dcache_misses",
    "stall_cycles",
)
"""Names of the memory-system events, in the order of the counter vectors."""


@dataclass(frozen=True, slots=True)
class Block:
    """A basic block as the engine saw it: its place and its static cost."""

    address: int
    size_bytes: int
    timing: BlockTiming


@dataclass(frozen=True, slots=True)
class InstructionCount:
    """What is known where only instructions are counted.

    Attributes
    ----------
    executed
        Instructions since reset.
    cycles_each
        Cycles that an instruction is assumed to take.
    """

    executed: int
    cycles_each: float


@dataclass(frozen=True, slots=True)
class MarkerHit:
    """All counters at the moment when execution reached a marker.

    Attributes
    ----------
    name
        Name of the marker.
    argument
        First argument register (r0) of the marker function.
    cycles
        Core cycles since reset.
    executions, taken, mispredicts
        Per block: how often it was executed, left by a taken branch, and left against the prediction; shape
        ``(blocks,)`` or shorter where later blocks were not known yet.
    events
        Memory events in the order of :data:`MEMORY_EVENTS`; zeros when the memory system was not simulated.
    instructions
        Their number where nothing finer was counted; None where blocks were.
    """

    name: str
    argument: int
    cycles: int
    executions: NDArray[np.uint64]
    taken: NDArray[np.uint64]
    mispredicts: NDArray[np.uint64]
    events: NDArray[np.uint64]
    instructions: InstructionCount | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The account of the code between two marker hits.

    Attributes
    ----------
    class_counts
        Executed instructions of each :class:`~sim.timing.instruction.InstructionClass`; empty where only
        their number is known.
    memory_events
        Memory events by name; reads and writes of RAM are those of the executed instructions that did not
        go to flash.
    """

    cycles: int
    instructions: int
    class_counts: tuple[int, ...]
    memory_events: Mapping[str, int]


EMPTY_SPAN = Span(
    cycles=0,
    instructions=0,
    class_counts=(0,) * len(InstructionClass),
    memory_events={},
)


@dataclass(frozen=True)
class BlockTable:
    """Blocks in order of appearance, with what accounts need of them as arrays."""

    blocks: tuple[Block, ...]

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """Instructions of each class, data reads and writes of each block, shape ``(blocks, classes + 2)``.

        Floating point, for the speed of the matrix product: sums are exact below 2**53.
        """
        rows = [
            (*block.timing.class_counts, block.timing.loads, block.timing.stores) for block in self.blocks
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(InstructionClass) + 2)


@dataclass(frozen=True, slots=True)
class Profile:
    """The blocks seen so far, and marker hits in order of appearance."""

    table: BlockTable
    hits: tuple[MarkerHit, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks, in order of appearance."""
        return self.table.blocks

    def span(self, begin: MarkerHit, end: MarkerHit) -> Span:
        """Return the account of what was executed from one hit to another."""
        (span,) = self.spans([(begin, end)])
        return span

    def spans(self, bounds: Sequence[tuple[MarkerHit, MarkerHit]]) -> tuple[Span, ...]:
        """Return the accounts between pairs of hits; all at once is faster than one after the other."""
        if any(end.instructions is not None for _, end in bounds):
            return tuple(_counted_span(begin, end) for begin, end in bounds)
        weights = self.table.weights
        executions = np.zeros((len(bounds), len(weights)))
        for row, (begin, end) in zip(executions, bounds, strict=True):
            row[: len(end.executions)] = end.executions
            row[: len(begin.executions)] -= begin.executions
        totals = (executions @ weights).astype(np.int64).tolist()
        return tuple(
            _weighed_span(begin, end, *row) for (begin, end), row in zip(bounds, totals, strict=True)
        )


def _weighed_span(begin: MarkerHit, end: MarkerHit, *totals: int) -> Span:
    """Return the account of executions that were weighed with :attr:`BlockTable.weights`."""
    *class_counts, reads, writes = totals
    events = dict(zip(MEMORY_EVENTS, (end.events - begin.events).tolist(), strict=True))
    events["ram_reads"] = max(0, reads - events["flash_reads"])
    events["ram_writes"] = writes
    return Span(
        cycles=end.cycles - begin.cycles,
        instructions=sum(class_counts),
        class_counts=tuple(class_counts),
        memory_events=events,
    )


def _counted_span(begin: MarkerHit, end: MarkerHit) -> Span:
    """Return what is known where only instructions were counted."""
    assert begin.instructions is not None
    assert end.instructions is not None
    instructions = end.instructions.executed - begin.instructions.executed
    return Span(
        cycles=round(instructions * end.instructions.cycles_each),
        instructions=instructions,
        class_counts=(),
        memory_events={},
    )
