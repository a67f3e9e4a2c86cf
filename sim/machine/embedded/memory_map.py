"""The memories of a board as host buffers, shared by all their aliases."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import ImageError
from sim.platform.description import Memory
from sim.platform.names import MemoryKind

_ERASED_BYTE = b"\xff"


@dataclass(frozen=True)
class MappedMemory:
    """One address range and the host buffer behind it; aliases share the buffer."""

    memory: Memory
    buffer: mmap.mmap
    host_address: int

    @property
    def base(self) -> int:
        """First address."""
        return self.memory.base

    @property
    def end(self) -> int:
        """First address behind."""
        return self.memory.end


class MemoryMap:
    """All memories of a board.

    Parameters
    ----------
    memories
        The board's address map; flash starts erased, RAM zeroed (real RAM is random: zero keeps runs
        identical).
    """

    def __init__(self, memories: Sequence[Memory]) -> None:
        originals: dict[str, MappedMemory] = {}
        for memory in memories:
            if memory.alias_of is None:
                originals[memory.name] = _allocate(memory)
        self.ranges = tuple(
            originals[memory.name]
            if memory.alias_of is None
            else MappedMemory(
                memory, originals[memory.alias_of].buffer, originals[memory.alias_of].host_address
            )
            for memory in memories
        )

    def read(self, address: int, size_bytes: int) -> bytes:
        """Return bytes, which may span adjacent memories.

        Raises
        ------
        ImageError
            Part of the range is not memory.
        """
        parts = []
        while size_bytes > 0:
            mapped = self._at(address, size_bytes)
            start = address - mapped.base
            part = mapped.buffer[start : min(start + size_bytes, mapped.memory.size_bytes)]
            parts.append(part)
            address += len(part)
            size_bytes -= len(part)
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Store bytes, flash included; the same range rules as :meth:`read`."""
        while data:
            mapped = self._at(address, len(data))
            start = address - mapped.base
            count = min(len(data), mapped.memory.size_bytes - start)
            mapped.buffer[start : start + count] = data[:count]
            address += count
            data = data[count:]

    def save(self) -> tuple[bytes, ...]:
        """Return the content of everything that the core can write."""
        return tuple(mapped.buffer[:] for mapped in self._writable())

    def restore(self, saved: tuple[bytes, ...]) -> None:
        """Put back what :meth:`save` returned."""
        for mapped, data in zip(self._writable(), saved, strict=True):
            mapped.buffer[:] = data

    @property
    def writable_bytes(self) -> int:
        """How much the core can write."""
        return sum(mapped.memory.size_bytes for mapped in self._writable())

    def equals(self, saved: tuple[bytes, ...]) -> bool:
        """Whether everything that the core can write is as it was when :meth:`save` returned this."""
        return all(m.buffer[:] == data for m, data in zip(self._writable(), saved, strict=True))

    def _writable(self) -> list[MappedMemory]:
        return [m for m in self.ranges if m.memory.kind.writable and m.memory.alias_of is None]

    def contains(self, address: int) -> bool:
        """Whether there is memory at an address."""
        return any(mapped.base <= address < mapped.end for mapped in self.ranges)

    def find(self, pattern: re.Pattern[bytes]) -> list[int]:
        """Return the even addresses at which memory matches a pattern of bytes, as instructions would."""
        return [
            mapped.base + match.start()
            for mapped in self.ranges
            for match in pattern.finditer(mapped.buffer)
            if match.start() % 2 == 0
        ]

    def is_readable(self, addresses: range) -> bool:
        """Whether there is memory at the first and the last of some addresses."""
        return self.contains(addresses.start) and self.contains(addresses.stop - 1)

    def ignores_writes(self, address: int) -> bool:
        """Whether a write to an address is lost without a fault."""
        return any(m.base <= address < m.end and m.memory.kind is MemoryKind.ROM for m in self.ranges)

    def is_writable(self, addresses: range) -> bool:
        """Whether the core can write the first and the last of some addresses."""
        ends = (addresses.start, addresses.stop - 1)
        return all(
            any(m.base <= address < m.end and m.memory.kind.writable for m in self.ranges) for address in ends
        )

    def _at(self, address: int, size_bytes: int) -> MappedMemory:
        for mapped in self.ranges:
            if mapped.base <= address < mapped.end:
                return mapped
        raise ImageError(
            f"there is no memory at {address:#010x}, where {size_bytes} bytes are needed",
            "check the image's base address against the memories that `sim platforms ID` lists",
        )


def _allocate(memory: Memory) -> MappedMemory:
    buffer = mmap.mmap(-1, memory.size_bytes)
    if memory.kind in (MemoryKind.FLASH, MemoryKind.ROM):
        buffer[:] = _ERASED_BYTE * memory.size_bytes
    host_address = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    return MappedMemory(memory, buffer, host_address)
