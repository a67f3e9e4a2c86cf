"""What the block probe hands over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_REGISTERS = 15
_BLOCK_WORDS = 3 + _REGISTERS
_COUNTERS_PER_BLOCK = 4
_HIT_HEAD_WORDS = 3
_NOW = -1


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block as Renode translated it.

    Attributes
    ----------
    registers
        R0 to R14 when it was first executed.
    """

    address: int
    size_bytes: int
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counters:
    """All counters at one moment, those of a marker hit or those of now.

    Attributes
    ----------
    marker
        Index of the marker; None for now.
    argument
        Register R0.
    executions, taken
        Per block: how often it was executed, and left to another address than the one behind it.
    mispredicts_forward, mispredicts_backward
        Per block: how often a two-bit predictor was wrong that starts as for a forward, and as for a
        backward branch.
    """

    marker: int | None
    argument: int
    executions: NDArray[np.uint64]
    taken: NDArray[np.uint64]
    mispredicts_forward: NDArray[np.uint64]
    mispredicts_backward: NDArray[np.uint64]


def parse_dump(dump: bytes) -> tuple[list[SeenBlock], Counters, list[Counters]]:
    """Read what the probe wrote; ``block_probe.cs`` has the format."""
    block_count = int.from_bytes(dump[:8], "little")
    start = 8 + block_count * _BLOCK_WORDS * 4
    rows = np.frombuffer(dump[8:start], dtype="<u4").reshape(block_count, _BLOCK_WORDS).tolist()
    blocks = [SeenBlock(row[0], row[1], tuple(row[3:])) for row in rows]
    words = np.frombuffer(dump[start:], dtype="<u8")
    records = []
    position = 0
    while position < len(words):
        marker, argument, count = (int(word) for word in words[position : position + _HIT_HEAD_WORDS])
        position += _HIT_HEAD_WORDS
        counters = words[position : position + count * _COUNTERS_PER_BLOCK].reshape(
            count, _COUNTERS_PER_BLOCK
        )
        position += counters.size
        is_now = marker == _NOW & 0xFFFFFFFFFFFFFFFF
        records.append(Counters(None if is_now else marker, argument, *counters.T))
    return blocks, records[0], records[1:]
