"""What the counters have seen, as the rest of the package takes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.machine.embedded import _hot
from sim.machine.embedded.marker_log import parse_marker_log
from sim.machine.profile import Block, BlockTable, MarkerHit, Profile
from sim.machine.protocol import Marker
from sim.timing.block import BlockTiming


class Profiler:
    """Blocks and marker hits of one machine.

    Parameters
    ----------
    timings
        Costs of the counters' blocks, in their order; grows while code runs.
    markers
        Those that the counters know, in their order.
    """

    def __init__(
        self, counters: _hot.HotCounters, timings: Sequence[BlockTiming], markers: Sequence[Marker]
    ) -> None:
        self._counters = counters
        self._timings = timings
        self._markers = markers
        self._blocks = BlockTable(())

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""
        return parse_marker_log(self._counters.take_record(), [Marker(name, 0, stops=False)])[0]

    def profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""
        if len(self._blocks.blocks) != len(self._timings):
            ranges = np.frombuffer(self._counters.block_ranges(), dtype="<u4").reshape(-1, 2).tolist()
            self._blocks = BlockTable(
                tuple(
                    Block(address, size, timing)
                    for (address, size), timing in zip(ranges, self._timings, strict=True)
                )
            )
        return Profile(self._blocks, parse_marker_log(self._counters.take_log(), self._markers))
