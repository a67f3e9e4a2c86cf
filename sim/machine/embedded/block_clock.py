"""When an instruction of the block under way is executed: whole blocks are accounted for at their start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.machine.embedded import _hot
from sim.machine.embedded.locate import locate_access
from sim.timing.block import BlockTiming
from sim.timing.decode import decode_block

_Visit = tuple[int, int, int, bool]


class BlockClock:
    """Cycle counts inside blocks.

    Parameters
    ----------
    timings
        Of all blocks so far, in order of appearance.
    read
        Returns bytes of memory.
    register
        Returns the current value of a core register by number.
    """

    def __init__(
        self,
        core: str,
        counters: _hot.HotCounters,
        timings: Sequence[BlockTiming],
        read: Callable[[int, int], bytes],
        register: Callable[[int], int],
    ) -> None:
        self._core = core
        self._counters = counters
        self._timings = timings
        self._read = read
        self._register = register
        self._located: tuple[_Visit | None, int] = (None, 0)

    def cycles_at(self, pc: int) -> int:
        """Return the cycle at which the instruction at an address is executed, in the block under way."""
        current = self._counters.current_block()
        if current is None or not current[1] <= pc < current[1] + current[2]:
            return self._counters.cycles
        block, start, size, _ = current
        instructions = decode_block(self._read(start, size), start, self._core)
        index = next((i for i, instruction in enumerate(instructions) if instruction.address == pc), 0)
        return self._cycles_of(block, index)

    def access_cycle(self, address: int, is_write: bool) -> int:
        """Return the cycle at which the instruction that accesses `address` right now is executed."""
        current = self._counters.current_block()
        if current is None:
            return self._counters.cycles
        block, start, size, executions = current
        visit = (block, executions, address, is_write)
        first = self._located[1] + 1 if self._located[0] == visit else 0
        instructions = decode_block(self._read(start, size), start, self._core)
        index = locate_access(instructions, self._register, address, is_write=is_write, first=first)
        if index is None:
            return self._counters.cycles
        self._located = (visit, index)
        return self._cycles_of(block, index)

    def _cycles_of(self, block: int, index: int) -> int:
        timing = self._timings[block]
        return self._counters.cycles - timing.cycles + timing.offsets[index]
