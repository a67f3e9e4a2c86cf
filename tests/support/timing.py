"""Block timings of assembly text."""

from __future__ import annotations

from sim.timing.block import BlockTiming
from sim.timing.cores import core_model
from sim.timing.decode import decode_block
from sim.timing.instruction import Instruction
from tests.support.assembler import BLOCK_ADDRESS, assemble


def decode_text(text: str, core: str) -> list[Instruction]:
    """Return the instructions of assembly text; ``;`` separates them as a new line does."""
    return decode_block(assemble(text.replace(";", "\n"), core), BLOCK_ADDRESS, core)


def block_timing(text: str, core: str, *, fall_through: str = "", target: str = "") -> BlockTiming:
    """Return the timing of assembly text as one block, and of the blocks that may follow it."""
    return core_model(core).block_timing(
        decode_text(text, core),
        fall_through=decode_text(fall_through, core),
        target=decode_text(target, core),
    )


def iteration_cycles(body: str, core: str) -> int:
    """Return the steady-state cycles of one iteration of a loop that ends in a branch to ``1b``."""
    timing = block_timing(f"1:\n{body}", core)
    return timing.cycles + timing.taken_cycles
