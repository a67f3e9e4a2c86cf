"""The static cost of one basic block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sim.timing.instruction import Instruction, InstructionClass

_SCALARS = 10


@dataclass(frozen=True, slots=True)
class BlockTiming:
    """Cost of one execution of a basic block, with memory that answers without wait states."""

    cycles: int
    """Cycles of one execution that leaves by falling through."""
    taken_cycles: int
    """Extra cycles when the block is left by its taken branch (predicted right, where the core predicts)."""
    mispredict_cycles: int
    """Extra cycles when the branch was predicted wrongly, either way; 0 for cores without prediction."""
    instructions: int
    loads: int
    """Data transfers read, register by register."""
    stores: int
    """Data transfers written, register by register."""
    load_bytes: int
    store_bytes: int
    literal_loads: int
    """Those of ``loads`` that read literals next to the code."""
    pointer_registers: int
    """Registers whose entry values decide the buses of the accesses, as a bit mask; 0 where they do not."""
    class_counts: tuple[int, ...]
    """Instructions of each :class:`~sim.timing.instruction.InstructionClass`, shape ``(17,)``."""
    offsets: tuple[int, ...]
    """Cycles from the start of the block until each instruction starts, shape ``(instructions,)``."""

    def to_row(self) -> tuple[int, ...]:
        """Return the timing as plain integers, for a cache on disk."""
        return (
            self.cycles,
            self.taken_cycles,
            self.mispredict_cycles,
            self.instructions,
            self.loads,
            self.stores,
            self.load_bytes,
            self.store_bytes,
            self.literal_loads,
            self.pointer_registers,
            *self.class_counts,
            *self.offsets,
        )

    @classmethod
    def from_row(cls, row: Sequence[int]) -> Self:
        """Rebuild a timing from :meth:`to_row`."""
        offsets_start = _SCALARS + len(InstructionClass)
        cycles, taken_cycles, mispredict_cycles, instructions, *transfers = row[:_SCALARS]
        loads, stores, load_bytes, store_bytes, literal_loads, pointer_registers = transfers
        return cls(
            cycles=cycles,
            taken_cycles=taken_cycles,
            mispredict_cycles=mispredict_cycles,
            instructions=instructions,
            loads=loads,
            stores=stores,
            load_bytes=load_bytes,
            store_bytes=store_bytes,
            literal_loads=literal_loads,
            pointer_registers=pointer_registers,
            class_counts=tuple(row[_SCALARS:offsets_start]),
            offsets=tuple(row[offsets_start:]),
        )


def summarize(
    instructions: Sequence[Instruction],
    *,
    cycles: int,
    taken_cycles: int,
    mispredict_cycles: int,
    offsets: Sequence[int],
) -> BlockTiming:
    """Join the cycles of a block with the counts of what it executes."""
    class_counts = [0] * len(InstructionClass)
    loads = stores = load_bytes = store_bytes = literal_loads = 0
    for instruction in instructions:
        class_counts[instruction.kind] += 1
        loads += instruction.load_count
        stores += instruction.store_count
        load_bytes += instruction.load_count * instruction.access_bytes
        store_bytes += instruction.store_count * instruction.access_bytes
        if instruction.is_pc_relative_load:
            literal_loads += instruction.load_count
    return BlockTiming(
        cycles=cycles,
        taken_cycles=taken_cycles,
        mispredict_cycles=mispredict_cycles,
        instructions=len(instructions),
        loads=loads,
        stores=stores,
        load_bytes=load_bytes,
        store_bytes=store_bytes,
        literal_loads=literal_loads,
        pointer_registers=0,
        class_counts=tuple(class_counts),
        offsets=tuple(offsets),
    )
