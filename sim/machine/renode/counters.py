"""What the block probe hands over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_REGISTERS = 15
_BLOCK_WORDS = 3 + _REGISTERS
_COUNTERS_PER_BLOCK = 4
_HIT_HEAD_WORDS = 3
_HEAD_BYTES = 16


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
    """All counters at one moment.

    Attributes
    ----------
    marker
        Index of the marker that was reached then; -1 for now.
    argument
        Register R0.
    executions, taken
        Per block: how often it was executed, and left to another address than the one behind it.
    mispredicts_forward, mispredicts_backward
        Per block: how often a two-bit predictor was wrong that starts as for a forward, and as for a
        backward branch.
    """

    marker: int
    argument: int
    executions: NDArray[np.uint64]
    taken: NDArray[np.uint64]
    mispredicts_forward: NDArray[np.uint64]
    mispredicts_backward: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Dump:
    """Everything that the probe has counted.

    Attributes
    ----------
    blocks
        In order of appearance.
    unfinished
        Index of the block that counts as executed, but is not executed to its end yet; None for none.
    now
        The counters as they stand.
    hits
        Marker hits since the last dump.
    """

    blocks: list[SeenBlock]
    unfinished: int | None
    now: Counters
    hits: list[Counters]


def parse_dump(dump: bytes) -> Dump:
    """Read what the probe wrote; ``BlockProbe.Dump`` in ``csharp/block_probe.cs`` has the format."""
    block_count, unfinished = (int(word) for word in np.frombuffer(dump[:_HEAD_BYTES], dtype="<i8"))
    start = _HEAD_BYTES + block_count * _BLOCK_WORDS * 4
    rows = np.frombuffer(dump[_HEAD_BYTES:start], dtype="<u4").reshape(block_count, _BLOCK_WORDS).tolist()
    blocks = [SeenBlock(row[0], row[1], tuple(row[3:])) for row in rows]
    words = np.frombuffer(dump[start:], dtype="<u8")
    records = []
    position = 0
    while position < len(words):
        marker, argument, count = words[position : position + _HIT_HEAD_WORDS].astype(np.int64).tolist()
        position += _HIT_HEAD_WORDS
        counters = words[position : position + count * _COUNTERS_PER_BLOCK].reshape(
            count, _COUNTERS_PER_BLOCK
        )
        position += counters.size
        records.append(Counters(marker, argument, *counters.T))
    return Dump(blocks, unfinished if unfinished >= 0 else None, records[0], records[1:])
