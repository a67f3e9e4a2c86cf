"""What an ELF file says about the image in it."""

from __future__ import annotations

from sim.firmware.elf import ElfFile
from sim.image.image import Segment

_SYMBOL_FUNCTION = 2  # STT_FUNC
_ALLOCATED = 2  # SHF_ALLOC
_WITHOUT_BYTES = 8  # SHT_NOBITS
_STACK_LIMITS = (
    *("__stack_limit", "__StackLimit", "_sstack", "__stack_bottom"),
    *("_ebss", "__bss_end__", "__bss_end", "_end", "end"),
)


def segments(elf: ElfFile) -> tuple[Segment, ...]:
    """Return what a programmer would store, in order of address.

    That is what sections hold: a linker that aligns to pages puts the file's own headers in front of them.
    """
    found = []
    for segment in elf.segments:
        start, size = int(segment["offset"]), int(segment["filesz"])
        skipped = _headers_bytes(elf, start, size)
        found.append(Segment(int(segment["paddr"]) + skipped, elf.data[start + skipped : start + size]))
    return tuple(sorted(found, key=lambda segment: segment.address))


def _headers_bytes(elf: ElfFile, start: int, size: int) -> int:
    """Return how many bytes of the file belong to no section, where a segment begins with its headers."""
    is_loaded = (elf.sections["flags"] & _ALLOCATED != 0) & (elf.sections["size"] > 0)
    is_loaded &= elf.sections["type"] != _WITHOUT_BYTES
    offsets = elf.sections["offset"][is_loaded]
    within = offsets[(offsets >= start) & (offsets < start + size)]
    return int(within.min()) - start if start == 0 and len(within) else 0


def functions(elf: ElfFile) -> dict[str, int]:
    """Return the address of each function by linker name, without the Thumb bit."""
    return {
        elf.symbol_name(index): int(elf.symbols["value"][index]) & ~1
        for index, info in enumerate(elf.symbols["info"].tolist())
        if info & 0xF == _SYMBOL_FUNCTION
    }


def stack_limit(elf: ElfFile) -> int | None:
    """Return where the stack ends by the linker script's usual names, else where the data below it ends."""
    values = elf.symbols["value"].tolist()
    addresses = {elf.symbol_name(index): int(value) for index, value in enumerate(values)}
    return next((addresses[name] for name in _STACK_LIMITS if name in addresses), None)
