"""Prices what Renode executed with the same block costs as the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.machine.embedded import _hot
from sim.machine.embedded.pricing import BlockPricer
from sim.machine.profile import MEMORY_EVENTS, Block, BlockTable, MarkerHit
from sim.machine.protocol import Level
from sim.machine.renode.counters import Counters, SeenBlock
from sim.timing.decode import decode_block


class BlockAccounts:
    """Turns counters of blocks into marker hits with cycles.

    Parameters
    ----------
    core
        Name of the core.
    read
        Returns code by address and size; raises ImageError where not all of that is memory.
    image_sha256
        Digest of the code, under which block costs are kept between runs; empty to keep none.
    """

    def __init__(self, core: str, read: Callable[[int, int], bytes], *, image_sha256: str) -> None:
        self._core = core
        self._read = read
        self._registers: tuple[int, ...] = ()
        self._pricer = BlockPricer(
            core,
            Level.TIMING,
            read,
            lambda number: self._registers[number],
            image_sha256=image_sha256,
            fetches_literals=False,
        )
        self._prices: list[tuple[int, int, int, bool]] = []
        self.table = BlockTable(())

    def add(self, blocks: Sequence[SeenBlock]) -> None:
        """Price the blocks that were not known yet; `blocks` are all, in order of appearance."""
        known = len(self._prices)
        if len(blocks) == known:
            return
        for block in blocks[known:]:
            self._registers = block.registers
            cycles, taken, mispredict, flags, _ = self._pricer.price(block.address, block.size_bytes)
            is_predicted = bool(flags & _hot.BLOCK_CONDITIONAL)
            self._prices.append(
                (cycles, taken, mispredict if is_predicted else 0, bool(flags & _hot.BLOCK_BACKWARD))
            )
        self.table = BlockTable(
            tuple(
                Block(block.address, block.size_bytes, timing)
                for block, timing in zip(blocks, self._pricer.timings, strict=True)
            )
        )

    def hit(self, name: str, counters: Counters) -> MarkerHit:
        """Return counters as a marker hit, with the cycles of everything that was executed by then."""
        cycles, taken, mispredict, _ = self._columns(len(counters.executions))
        mispredicts = self._mispredicts(counters)
        return MarkerHit(
            name=name,
            argument=counters.argument,
            cycles=int(cycles @ counters.executions + taken @ counters.taken + mispredict @ mispredicts),
            executions=counters.executions,
            taken=counters.taken,
            mispredicts=mispredicts,
            events=np.zeros(len(MEMORY_EVENTS), dtype=np.uint64),
        )

    def cycles_from(self, block: int, pc: int) -> int:
        """Return how many of a block's cycles the instructions from an address on take."""
        seen = self.table.blocks[block]
        code = self._read(seen.address, seen.size_bytes)
        instructions = decode_block(code, seen.address, self._core)
        index = next((i for i, instruction in enumerate(instructions) if instruction.address == pc), None)
        return 0 if index is None else seen.timing.cycles - seen.timing.offsets[index]

    def save(self) -> None:
        """Keep the block costs for the next run of the same image."""
        self._pricer.save()

    def _mispredicts(self, counters: Counters) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        _, _, mispredict, backward = self._columns(len(counters.executions))
        wrong = np.where(backward, counters.mispredicts_backward, counters.mispredicts_forward)
        return np.where(mispredict > 0, wrong, np.uint64(0))

    def _columns(self, count: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint64]], ...]:
        return tuple(np.array(self._prices[:count], dtype=np.uint64).reshape(count, 4).T)
