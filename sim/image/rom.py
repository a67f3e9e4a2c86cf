"""What a board's ROM holds from the factory."""

from __future__ import annotations

from sim.firmware.elf import ElfFile, parse_elf
from sim.image.elf import functions, segments
from sim.image.image import Segment
from sim.platform import Platform


def load_rom(platform: Platform) -> tuple[tuple[Segment, ...], dict[str, int]]:
    """Return what all memories that have an image hold, and the addresses of their functions by name."""
    files: list[ElfFile] = [
        parse_elf(memory.image.read_bytes(), memory.image.name)
        for memory in platform.memories
        if memory.image is not None
    ]
    names: dict[str, int] = {}
    for file in files:
        names |= functions(file)
    return tuple(segment for file in files for segment in segments(file)), names
