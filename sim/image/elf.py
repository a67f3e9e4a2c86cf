"""What an ELF file says about the image in it."""

from __future__ import annotations

from sim.firmware.elf import ElfFile
from sim.image.image import Segment

_SYMBOL_FUNCTION = 2  # STT_FUNC
_STACK_LIMITS = (
    *("__stack_limit", "__StackLimit", "_sstack", "__stack_bottom"),
    *("_ebss", "__bss_end__", "__bss_end", "_end", "end"),
)


def segments(elf: ElfFile) -> tuple[Segment, ...]:
    """Return what a programmer would store, in order of address."""
    found = [
        Segment(int(s["paddr"]), elf.data[int(s["offset"]) : int(s["offset"]) + int(s["filesz"])])
        for s in elf.segments
    ]
    return tuple(sorted(found, key=lambda segment: segment.address))


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
