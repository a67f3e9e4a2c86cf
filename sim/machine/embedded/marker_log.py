"""Reads the marker log of the C extension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.machine.embedded import _hot
from sim.machine.profile import MarkerHit
from sim.machine.protocol import Marker

_WORD_BYTES = 8
_HEAD_WORDS = _hot.RECORD_BYTES // _WORD_BYTES
_HALF_WORD_BITS = 32


def parse_marker_log(log: bytes, markers: Sequence[Marker]) -> tuple[MarkerHit, ...]:
    """Return the hits in a log: records of ``record_t``, each followed by three counters of every block."""
    words = np.frombuffer(log, dtype="<u8")
    hits = []
    start = 0
    while start < len(words):
        executions = start + _HEAD_WORDS
        cycles, *_, marker_and_argument, block_count = words[start:executions].tolist()
        argument, marker = divmod(marker_and_argument, 1 << _HALF_WORD_BITS)
        taken = executions + block_count
        mispredicts = taken + block_count
        events = words[start + 1 : start + 1 + _hot.EVENT_COUNT]
        start = mispredicts + block_count
        hits.append(
            MarkerHit(
                name=markers[marker].name,
                argument=argument,
                cycles=cycles,
                executions=words[executions:taken],
                taken=words[taken:mispredicts],
                mispredicts=words[mispredicts:start],
                events=events,
            )
        )
    return tuple(hits)
