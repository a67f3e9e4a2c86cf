"""A firmware image, whatever file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes and the address at which a programmer would store them."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """First address behind the segment."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class FirmwareImage:
    """What is flashed to a board.

    Attributes
    ----------
    name
        Name of its file.
    sha256
        Digest of the file.
    segments
        In order of address, without overlaps.
    symbols
        Address of each function by linker name, without the Thumb bit; empty where the file names none.
    vector_table
        Address from which the core loads its stack pointer and entry point.
    stack_limit
        Lowest address that the main stack may use; None where no symbol tells.
    rom
        What the board's boot ROM holds.
    reset_vectors
        The boot ROM's vector table, where it is the ROM that starts the image; None where the board starts at
        `vector_table`.
    user_registers
        What a programmer stores in registers that survive a reset, beside memory.
    """

    name: str
    sha256: str
    segments: tuple[Segment, ...]
    symbols: Mapping[str, int]
    vector_table: int
    stack_limit: int | None = None
    rom: tuple[Segment, ...] = ()
    reset_vectors: int | None = None
    user_registers: tuple[Segment, ...] = ()

    @property
    def end(self) -> int:
        """First address behind the last segment."""
        return self.segments[-1].end

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments."""
        return sum(len(segment.data) for segment in self.segments)

    def read(self, address: int, size_bytes: int) -> bytes | None:
        """Return bytes of one segment, or None where the image has none."""
        for segment in self.segments:
            if segment.address <= address and address + size_bytes <= segment.end:
                offset = address - segment.address
                return segment.data[offset : offset + size_bytes]
        return None
