"""Loads a firmware image and checks that a board can boot it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sim.errors import ImageError
from sim.firmware.elf import parse_elf
from sim.image import elf as elf_image
from sim.image import uf2
from sim.image.hex import parse_hex
from sim.image.image import FirmwareImage, Segment
from sim.image.rom import load_rom
from sim.image.user_registers import split_user_registers
from sim.platform import Platform

_ELF_MAGIC = b"\x7fELF"
_WRONG_KINDS = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip-compressed",
    b"MZ": "a Windows program",
    uf2.MAGIC: "a UF2 file, which this board does not take",
    b"!<arch>": "a static library",
}
_MODEL_IDENTIFIER = b"TFL3"
_SMALLEST_BYTES = 64
_VECTORS_BYTES = 8


def load_image(path: Path, platform: Platform, base: int | None = None) -> FirmwareImage:
    """Read an image and check it against the board.

    Parameters
    ----------
    path
        ELF executable, Intel HEX file, UF2 file, or raw binary: told apart by content.
    base
        Address of a raw binary, or of the vector table in a file that has addresses of its own; the board's
        usual one by default. The board then starts there, whatever its boot ROM would do.

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
        segments, symbols = elf_image.segments(elf), elf_image.functions(elf)
        limit = elf_image.stack_limit(elf)
    elif data.startswith(b":"):
        segments = parse_hex(data, origin)
    elif data.startswith(uf2.MAGIC) and platform.uf2_family is not None:
        segments = uf2.parse_uf2(data, origin, platform.uf2_family)
    else:
        segments = (_raw_segment(data, origin, _usual_base(platform) if base is None else base),)
    segments, user_registers = split_user_registers(segments, platform)
    _require_memory(segments, platform, origin)
    vector_table = _vector_table(segments, platform) if base is None else base
    rom, rom_symbols = load_rom(platform)
    image = FirmwareImage(
        origin,
        hashlib.sha256(data).hexdigest(),
        segments,
        {**rom_symbols, **symbols} if symbols else symbols,
        vector_table,
        rom=rom,
        reset_vectors=platform.reset_vectors
        if base is None and _has_boot_stage(segments, platform)
        else None,
        user_registers=user_registers,
    )
    if image.reset_vectors is not None:
        return image  # what the ROM enters decides where the vector table is
    stack = _check_vectors(image, platform)
    if limit is not None and any(m.base < limit < stack <= m.end for m in platform.memories):
        return replace(image, stack_limit=limit)
    return image


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot read firmware {str(path)!r}: {error.strerror}") from error


def _usual_base(platform: Platform) -> int:
    """Return where a file without addresses starts: with what a boot ROM enters, or the vector table."""
    return platform.vector_base if platform.reset_vectors is None else platform.image_memory.base


def _has_boot_stage(segments: tuple[Segment, ...], platform: Platform) -> bool:
    """Return whether there is something for a boot ROM to enter."""
    start = platform.image_memory.base
    return start != platform.vector_base and any(s.address <= start < s.end for s in segments)


def _raw_segment(data: bytes, origin: str, base: int) -> Segment:
    for magic, kind in _WRONG_KINDS.items():
        if data.startswith(magic):
            raise ImageError(f"{origin} is {kind}, not a firmware image", "give an .elf, .hex or .bin file")
    if data[4:8] == _MODEL_IDENTIFIER:
        raise ImageError(
            f"{origin} is a TensorFlow Lite model, not a firmware image", "`sim run --model` runs it"
        )
    if len(data) < _SMALLEST_BYTES:
        raise ImageError(
            f"{origin} has only {len(data)} bytes: no vector table fits in", "check that the file is complete"
        )
    return Segment(base, data)


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
