"""Flash memory behind its controller: bits can be cleared one by one, and set only by erasing."""

from __future__ import annotations

from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform

_ERASED = 0xFF
_PIECE_BYTES = 0x1000


class FlashArray:
    """The memory that a board's image is in. Programming and erasing take no time."""

    def __init__(self, platform: Platform, wiring: Wiring) -> None:
        memory = platform.image_memory
        self.base, self.size_bytes = memory.base, memory.size_bytes
        self._wiring = wiring

    def program(self, address: int, size_bytes: int, value: int) -> None:
        """Clear the bits that are clear in a little-endian value."""
        present = int.from_bytes(self._wiring.read_memory(address, size_bytes), "little")
        self._wiring.write_flash(address, (present & value).to_bytes(size_bytes, "little"))

    def erase(self, address: int, size_bytes: int) -> None:
        """Set all bits of what belongs to this memory."""
        end = min(address + size_bytes, self.base + self.size_bytes)
        for start in range(max(address, self.base), end, _PIECE_BYTES):
            self._wiring.write_flash(start, bytes([_ERASED]) * min(_PIECE_BYTES, end - start))
