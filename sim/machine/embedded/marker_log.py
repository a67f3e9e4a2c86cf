"""Reads the marker log of the C extension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.machine.embedded import _hot
from sim.machine.profile import MarkerHit
from sim.machine.protocol import Marker

_WORD_BYTES = 8
_EVENTS_END = 1 + _hot.EVENT_COUNT
_COUNTERS_PER_BLOCK = 3


def parse_marker_log(log: bytes, markers: Sequence[Marker]) -> tuple[MarkerHit, ...]:
    """Return the hits in a log: records of ``record_t``, each followed by three counters per block."""
    hits = []
    start = 0
    while start < len(log):
        head = np.frombuffer(log, dtype="<u8", count=_hot.RECORD_BYTES // _WORD_BYTES, offset=start)
        marker, argument = head[_EVENTS_END : _EVENTS_END + 1].view("<u4").tolist()
        block_count = int(head[-1])
        start += _hot.RECORD_BYTES
        counters = np.frombuffer(log, dtype="<u8", count=block_count * _COUNTERS_PER_BLOCK, offset=start)
        start += counters.nbytes
        executions, taken, mispredicts = counters.reshape(-1, _COUNTERS_PER_BLOCK).T
        hits.append(
            MarkerHit(
                name=markers[marker].name,
                argument=argument,
                cycles=int(head[0]),
                executions=executions,
                taken=taken,
                mispredicts=mispredicts,
                events=head[1:_EVENTS_END],
            )
        )
    return tuple(hits)
