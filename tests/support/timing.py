"""Block timings of assembly text."""

from __future__ import annotations

from sim.timing.block import BlockTiming
from sim.timing.cores import core_model
from sim.timing.decode import decode_block
from tests.support.assembler import BLOCK_ADDRESS, assemble


def block_timing(text: str, core: str, *, wide_target: bool = False) -> BlockTiming:
    """Return the timing of assembly text as one block; ``;`` separates instructions as a new line does."""
    instructions = decode_block(assemble(text.replace(";", "\n"), core), BLOCK_ADDRESS, core)
    return core_model(core).block_timing(instructions, wide_target=wide_target)


def iteration_cycles(body: str, core: str) -> int:
    """Return the steady-state cycles of one iteration of a loop that ends in a branch to ``1b``."""
    timing = block_timing(f"1:\n{body}", core)
    return timing.cycles + timing.taken_cycles
