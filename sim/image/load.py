"""Loads a firmware image and checks that a board can boot it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sim.errors import ImageError
from sim.firmware.elf import ElfFile, parse_elf
from sim.image.hex import parse_hex
from sim.image.image import FirmwareImage, Segment
from sim.platform import Platform

_ELF_MAGIC = b"\x7fELF"
_SYMBOL_FUNCTION = 2  # STT_FUNC
_WRONG_KINDS = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip-compressed",
    b"MZ": "a Windows program",
    b"UF2\n": "a UF2 file",
    b"!<arch>": "a static library",
}
_STACK_LIMITS = (
    *("__stack_limit", "__StackLimit", "_sstack", "__stack_bottom"),
    *("_ebss", "__bss_end__", "__bss_end", "_end", "end"),
)
_SMALLEST_BYTES = 64
_VECTORS_BYTES = 8


def load_image(path: Path, platform: Platform, base: int | None = None) -> FirmwareImage:
    """Read an image and check it against the board.

    Parameters
    ----------
    path
        ELF executable, Intel HEX file, or raw binary: told apart by content.
    base
        Address of a raw binary, or of the vector table in a file that has addresses of its own; the board's
        usual one by default.

    Raises
    ------
    ImageError
        The file cannot be read, is no image, or is no image for this board.
    """
    origin = path.name
    data = _read(path)
    symbols: Mapping[str, int] = {}
    limit: int | None = None
    if data.startswith(_ELF_MAGIC):
        elf = parse_elf(data, origin, require_symbols=False)
        segments, symbols, limit = _elf_segments(elf), _functions(elf), _stack_limit(elf)
    elif data.startswith(b":"):
        segments = parse_hex(data, origin)
    else:
        segments = (_raw_segment(data, origin, platform.vector_base if base is None else base),)
    _require_memory(segments, platform, origin)
    vector_table = _vector_table(segments, platform) if base is None else base
    image = FirmwareImage(origin, hashlib.sha256(data).hexdigest(), segments, symbols, vector_table)
    stack = _check_vectors(image, platform)
    if limit is not None and any(m.base < limit < stack <= m.end for m in platform.memories):
        return replace(image, stack_limit=limit)
    return image


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot read firmware {str(path)!r}: {error.strerror}") from error


def _raw_segment(data: bytes, origin: str, base: int) -> Segment:
    for magic, kind in _WRONG_KINDS.items():
        if data.startswith(magic):
            raise ImageError(f"{origin} is {kind}, not a firmware image", "give an .elf, .hex or .bin file")
    if len(data) < _SMALLEST_BYTES:
        raise ImageError(
            f"{origin} has only {len(data)} bytes: no vector table fits in", "check that the file is complete"
        )
    return Segment(base, data)


def _elf_segments(elf: ElfFile) -> tuple[Segment, ...]:
    segments = [
        Segment(int(s["paddr"]), elf.data[int(s["offset"]) : int(s["offset"]) + int(s["filesz"])])
        for s in elf.segments
    ]
    return tuple(sorted(segments, key=lambda segment: segment.address))


def _functions(elf: ElfFile) -> dict[str, int]:
    return {
        elf.symbol_name(index): int(elf.symbols["value"][index]) & ~1
        for index, info in enumerate(elf.symbols["info"].tolist())
        if info & 0xF == _SYMBOL_FUNCTION
    }


def _stack_limit(elf: ElfFile) -> int | None:
    """Return where the stack ends by the linker script's usual names, else where the data below it ends."""
    values = elf.symbols["value"].tolist()
    addresses = {elf.symbol_name(index): int(value) for index, value in enumerate(values)}
    return next((addresses[name] for name in _STACK_LIMITS if name in addresses), None)


def _require_memory(segments: tuple[Segment, ...], platform: Platform, origin: str) -> None:
    if not segments:
        raise ImageError(f"{origin} has nothing to load", "link it into an executable")
    for segment in segments:
        if not any(m.base <= segment.address and segment.end <= m.end for m in platform.memories):
            flash = platform.image_memory
            raise ImageError(
                f"{origin} has {len(segment.data):,} bytes for {segment.address:#010x}, "
                f"which do not fit into a memory of {platform.id}",
                f"its flash is {flash.base:#010x} to {flash.end:#010x}: check --platform, --base "
                "and the linker script",
            )


def _vector_table(segments: tuple[Segment, ...], platform: Platform) -> int:
    """Return the board's usual place where the image covers it, else where its first segment starts."""
    usual = platform.vector_base
    covered = any(segment.address <= usual < segment.end for segment in segments)
    return usual if covered else segments[0].address


def _check_vectors(image: FirmwareImage, platform: Platform) -> int:
    """Return the initial stack pointer."""
    vectors = image.read(image.vector_table, _VECTORS_BYTES)
    if vectors is None:
        raise ImageError(
            f"{image.name} has no vector table at {image.vector_table:#010x}",
            "give the address of its vector table with --base",
        )
    stack, entry = int.from_bytes(vectors[:4], "little"), int.from_bytes(vectors[4:], "little")
    hint = "check --base, --platform, and that this is the image of an Arm Cortex-M in little-endian order"
    if not any(m.kind.writable and m.base < stack <= m.end for m in platform.memories):
        raise ImageError(
            f"the vector table of {image.name} puts the stack at {stack:#010x}, "
            f"where {platform.id} has no RAM",
            hint,
        )
    if not entry & 1 or not any(m.base <= entry < m.end for m in platform.memories):
        raise ImageError(
            f"the vector table of {image.name} starts at {entry:#010x}, "
            f"which is no Thumb code in a memory of {platform.id}",
            hint,
        )
    return stack
