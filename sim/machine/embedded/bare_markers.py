"""Stopping markers at the bare level, on which no basic block is seen."""

from __future__ import annotations

from collections.abc import Sequence

import unicorn

from sim.machine.protocol import Marker


class BareMarkers:
    """Stops the emulator in front of the instructions that markers are at.

    Attributes
    ----------
    reached
        The marker that the emulator has stopped at, until it goes on from there.
    """

    def __init__(self, uc: unicorn.Uc, markers: Sequence[Marker]) -> None:
        self.reached: Marker | None = None
        for marker in markers:
            if marker.stops:
                uc.hook_add(unicorn.UC_HOOK_CODE, self._on_marker, marker, marker.address, marker.address)

    def _on_marker(self, uc: unicorn.Uc, _address: int, _size: int, marker: Marker) -> None:
        if marker is self.reached:
            self.reached = None  # the run goes on from here
            return
        self.reached = marker
        uc.emu_stop()
