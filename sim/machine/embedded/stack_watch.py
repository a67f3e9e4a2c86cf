"""Notices a main stack that grows into the data below it.

The counters compare the stack pointer with the limit behind blocks that move it: to watch every store
would make firmware several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sim.machine.embedded import _hot
from sim.machine.fault import StackOverflow


class StackMove(NamedTuple):
    """An instruction that can lower the stack pointer.

    Attributes
    ----------
    offset
        Its place in the code, in bytes.
    is_growth
        Whether it makes room on the stack, instead of putting it somewhere else.
    """

    offset: int
    is_growth: bool


class StackWatch:
    """Watches the lowest address that the main stack may use.

    Parameters
    ----------
    limit
        That address.
    read
        Returns bytes of memory by address and size.
    """

    def __init__(self, counters: _hot.HotCounters, limit: int, read: Callable[[int, int], bytes]) -> None:
        self._counters = counters
        self._limit = limit
        self._read = read
        counters.watch_stack(limit)

    @property
    def overflow(self) -> StackOverflow | None:
        """The first growth of the stack below its limit, if there was one."""
        found = self._counters.stack_overflow()
        if found is None:
            return None
        address, size_bytes, pointer = found
        moves = list(stack_moves(self._read(address, size_bytes)))
        if not moves or not all(move.is_growth for move in moves):
            return None  # the firmware has put its stack elsewhere
        return StackOverflow(address + moves[-1].offset, pointer, self._limit)


def stack_moves(code: bytes) -> Iterator[StackMove]:
    """Yield the instructions of a block that can lower SP (Armv7-M ARM, A5.2 and A5.3)."""
    offset = 0
    while offset + 2 <= len(code):
        first = int.from_bytes(code[offset : offset + 2], "little")
        is_wide = first >> 11 in (0b11101, 0b11110, 0b11111)
        if is_wide:
            second = int.from_bytes(code[offset + 2 : offset + 4], "little")
            grows, replaces = _grows_wide(first, second), _replaces_wide(first, second)
        else:
            # PUSH, SUB SP, ADD SP, Rm (which may be negative); MOV SP, Rm
            grows = first & 0xFE00 == 0xB400 or first & 0xFF80 == 0xB080 or first & 0xFF87 == 0x4485
            replaces = first & 0xFF87 == 0x4685
        if grows or replaces:
            yield StackMove(offset, grows)
        offset += 4 if is_wide else 2


def _grows_wide(first: int, second: int) -> bool:
    if first in (0xE92D, 0xE96D):  # PUSH.W, STRD with SP written back
        return True
    if first & 0xFFBF == 0xED2D:  # VPUSH
        return second & 0x0E00 == 0x0A00
    if first == 0xF84D:  # STR with SP written back
        return second & 0x0F00 == 0x0D00
    return (first & 0xFBFF in (0xF1AD, 0xF2AD) or first == 0xEBAD) and second & 0x0F00 == 0x0D00  # SUB SP, SP


def _replaces_wide(first: int, second: int) -> bool:
    if first & 0xFFF0 == 0xF380:  # MSR MSP
        return second & 0xFFFF == 0x8808
    if first == 0xEA4F:  # MOV.W SP, Rm
        return second & 0x0F00 == 0x0D00
    return first & 0xFF70 == 0xF850 and second >> 12 == 0b1101  # LDR SP
