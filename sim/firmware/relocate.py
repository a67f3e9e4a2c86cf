"""Moves a runner image from the addresses it was linked at to a board's flash and RAM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import ImageError
from sim.firmware.elf import ElfFile, parse_elf
from sim.firmware.mailbox import MAILBOX_BYTES

LINKED_FLASH_BASE = 0x0800_0000
LINKED_RAM_BASE = 0x2000_0000

# Relocation types of AAELF32, "Relocation codes table".
_R_ARM_ABS32 = 2
_R_ARM_TARGET1 = 38
_SPLIT_ADDRESS_TYPES = (43, 44, 47, 48)  # MOVW/MOVT pairs: half an address each

_SHN_LORESERVE = 0xFF00
_STT_FUNC = 2
_NAMED_TYPES = (0, 1, _STT_FUNC)  # no type, object, function


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes to place at an address before reset."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RunnerImage:
    """A runner image at its final addresses.

    Attributes
    ----------
    segments
        What to write to flash.
    symbols
        Address by name; the address of a function is that of its first instruction (no Thumb bit).
    vector_table
        Address of the vector table: initial stack pointer, then the reset handler.
    flash_end
        First free address of flash behind the image.
    ram_end
        First free address of RAM behind stack, data and mailbox.
    """

    segments: tuple[Segment, ...]
    symbols: Mapping[str, int]
    vector_table: int
    flash_end: int
    ram_end: int

    @property
    def mailbox_bytes(self) -> int:
        """Size of the mailbox, the last thing in RAM; an image may be built with a shorter log."""
        return min(MAILBOX_BYTES, self.ram_end - self.symbols["sim_mailbox"])


def relocate(elf: bytes, flash_base: int, ram_base: int, origin: str = "the runner image") -> RunnerImage:
    """Move a runner image to other flash and RAM addresses.

    Parameters
    ----------
    elf
        Content of an executable linked at ``LINKED_FLASH_BASE`` and ``LINKED_RAM_BASE``, relocations kept.
    flash_base, ram_base
        Where the image's flash and RAM shall begin.
    origin
        What to call the image in errors: its path.

    Raises
    ------
    ImageError
        If the image cannot be read, or was not linked for being moved.
    """
    parsed = parse_elf(elf, origin)
    if not {LINKED_FLASH_BASE, LINKED_RAM_BASE} <= set(parsed.sections["addr"].tolist()):
        raise ImageError(
            f"{origin} is not linked at flash 0x{LINKED_FLASH_BASE:08x} and RAM 0x{LINKED_RAM_BASE:08x}",
            "build it with the linker script of firmware/",
        )
    flash_delta = flash_base - LINKED_FLASH_BASE
    ram_delta = ram_base - LINKED_RAM_BASE
    deltas = _symbol_deltas(parsed, flash_delta, ram_delta)
    data = _patch(parsed, deltas, origin)

    symbols = _names(parsed, deltas)
    try:
        vector_table, ram_end = symbols["sim_vectors"], symbols["__ram_end"]
    except KeyError as missing:
        raise ImageError(f"{origin} has no symbol {missing}", "build it from firmware/") from None
    segments = tuple(
        Segment(int(s["paddr"]) + flash_delta, data[int(s["offset"]) : int(s["offset"]) + int(s["filesz"])])
        for s in parsed.segments
    )
    flash_end = max(segment.address + len(segment.data) for segment in segments)
    return RunnerImage(segments, symbols, vector_table, flash_end, ram_end)


def _symbol_deltas(elf: ElfFile, flash_delta: int, ram_delta: int) -> NDArray[np.uint32]:
    """Return how far each symbol moves: with its section; absolute and undefined symbols stay."""
    addresses = elf.sections["addr"]
    by_section = np.zeros(0x10000, np.int64)
    by_section[: len(addresses)] = np.select(
        [addresses >= LINKED_RAM_BASE, addresses >= LINKED_FLASH_BASE], [ram_delta, flash_delta], 0
    )
    deltas: NDArray[np.uint32] = by_section[elf.symbols["shndx"]].astype(np.uint32)
    return deltas


def _patch(elf: ElfFile, deltas: NDArray[np.uint32], origin: str) -> bytes:
    """Return the file's content with every address word moved."""
    types = elf.relocations["info"] & 0xFF
    if np.isin(types, _SPLIT_ADDRESS_TYPES).any():
        raise ImageError(
            f"{origin} splits addresses over two instructions", "build it with -mword-relocations"
        )
    words = elf.relocations[(types == _R_ARM_ABS32) | (types == _R_ARM_TARGET1)]
    if len(words) == 0:
        raise ImageError(f"{origin} holds no relocations", "link it with --emit-relocs")
    addresses = words["offset"].astype(np.int64)
    symbols = words["info"] >> 8
    if symbols.max() >= len(deltas):
        raise ImageError(
            f"{origin} is a corrupted ELF file", "build it again, or copy it again in binary mode"
        )
    added = deltas[symbols]

    data = np.frombuffer(bytearray(elf.data), np.uint8)
    lanes = np.arange(4)
    for segment in elf.segments:
        start = int(segment["vaddr"])
        inside = (addresses >= start) & (addresses < start + int(segment["filesz"]))
        places = (addresses[inside] - start + int(segment["offset"]))[:, None] + lanes
        old = np.ascontiguousarray(data[places]).view("<u4")[:, 0]
        data[places] = (old + added[inside]).astype("<u4")[:, None].view(np.uint8)
    return data.tobytes()


def _names(elf: ElfFile, deltas: NDArray[np.uint32]) -> dict[str, int]:
    kinds = elf.symbols["info"] & 0xF
    wanted = (
        np.isin(kinds, _NAMED_TYPES) & (elf.symbols["shndx"] != 0) & (elf.symbols["shndx"] < _SHN_LORESERVE)
    )
    values = (elf.symbols["value"] + deltas) & np.where(kinds == _STT_FUNC, ~np.uint32(1), ~np.uint32(0))
    names = ((elf.symbol_name(i), int(values[i])) for i in np.flatnonzero(wanted).tolist())
    return {name: value for name, value in names if name and not name.startswith("$")}
