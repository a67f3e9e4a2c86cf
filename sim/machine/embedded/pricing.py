"""Prices basic blocks at first sight: called by the C extension, once per block."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from sim.machine.embedded import _hot
from sim.machine.embedded.block_cache import BlockCache
from sim.machine.embedded.locate import (
    branches_backward,
    changes_mask,
    ends_in_conditional_branch,
    literal_addresses,
)
from sim.machine.embedded.stack_watch import stack_moves
from sim.machine.protocol import Level
from sim.timing.block import BlockTiming
from sim.timing.buses import BusName, bus_of
from sim.timing.cores import core_model
from sim.timing.lookahead import time_block
from sim.timing.version import timing_model_version


class BlockPricer:
    """The static costs of the blocks that a machine meets.

    Parameters
    ----------
    read
        Returns bytes of memory by address and size; raises ImageError where not all of that is memory.
    image_sha256
        Digest of the code, under which costs are kept between runs; empty to keep none.
    register
        Returns the current value of a core register by number.
    fetches_literals
        Whether literal loads have to be accounted for with the block, because nothing watches data accesses.

    Attributes
    ----------
    timings
        Of all blocks, in order of appearance.
    error
        What went wrong while a block was priced: the C extension can only stop the run.
    """

    def __init__(
        self,
        core: str,
        level: Level,
        read: Callable[[int, int], bytes],
        register: Callable[[int], int],
        *,
        image_sha256: str,
        fetches_literals: bool,
    ) -> None:
        self.timings: list[BlockTiming] = []
        self.error: BaseException | None = None
        self._model = core_model(core)
        self._is_timed = level in (Level.TIMING, Level.FULL)
        self._read = read
        self._register = register
        self._fetches_literals = fetches_literals
        self._priced: set[tuple[int, int]] = set()
        self._cache: BlockCache | None = None
        if image_sha256 and self._is_timed:
            key = f"{image_sha256} {core} {timing_model_version()}"
            self._cache = BlockCache(hashlib.sha256(key.encode()).hexdigest())

    def price(self, address: int, size_bytes: int) -> tuple[int, int, int, int, bytes]:
        """Return cycles, taken cycles, mispredict cycles, flags and literal addresses of a new block."""
        try:
            timing = self._timing(address, size_bytes)
        except Exception as error:
            self.error = error
            raise
        self.timings.append(timing)
        code = self._read(address, size_bytes)
        flags = _hot.BLOCK_UNMASKS if changes_mask(code) else 0
        flags |= _hot.BLOCK_MOVES_STACK if any(stack_moves(code)) else 0
        if not self._is_timed:
            return 0, 0, 0, flags, b""
        literals = b""
        if self._fetches_literals and timing.literal_loads:
            literals = np.array(literal_addresses(code, address), dtype=np.uint32).tobytes()
        if timing.mispredict_cycles and ends_in_conditional_branch(code):
            flags |= _hot.BLOCK_CONDITIONAL | (_hot.BLOCK_BACKWARD if branches_backward(code) else 0)
        return timing.cycles, timing.taken_cycles, timing.mispredict_cycles, flags, literals

    def save(self) -> None:
        """Keep the costs for the next run of the same code."""
        if self._cache is not None:
            self._cache.save()

    def _timing(self, address: int, size_bytes: int) -> BlockTiming:
        # What is priced again was overwritten with other code, which the cache does not know.
        cache = None if (address, size_bytes) in self._priced else self._cache
        self._priced.add((address, size_bytes))
        known = cache.get(address, size_bytes, self._bus_signature) if cache is not None else None
        if known is not None:
            return known
        code = self._read(address, size_bytes)
        timing = time_block(self._model, code, address, self._read, self._register_bus)
        if cache is not None:
            cache.add(address, size_bytes, timing, self._bus_signature)
        return timing

    def _register_bus(self, number: int) -> BusName:
        return bus_of(self._register(number))

    def _bus_signature(self, registers: int) -> int:
        """Return the buses that the registers of a mask point to right now, two bits each."""
        signature = 0
        while registers:
            number = registers.bit_length() - 1
            registers ^= 1 << number
            signature = signature << 2 | self._register_bus(number)
        return signature
