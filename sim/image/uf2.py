"""UF2, the format that boards with a USB drive are flashed with.

Source: Microsoft, USB Flashing Format (UF2), https://github.com/microsoft/uf2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sim.errors import ImageError
from sim.image.image import Segment
from sim.image.merge import merge

MAGIC = b"UF2\n"
_BLOCK = struct.Struct("<8I476sI")
_MAGIC_SECOND, _MAGIC_END = 0x9E5D5157, 0x0AB16F30
_NOT_MAIN_FLASH, _FILE_CONTAINER, _HAS_FAMILY = 1 << 0, 1 << 12, 1 << 13
_LARGEST_PAYLOAD_BYTES = 476
_FAMILIES = {
    0xE48BFF56: "RP2040",
    0xE48BFF57: "any RP2 chip, at absolute addresses",
    0xE48BFF58: "data for RP2 chips",
    0xE48BFF59: "RP2350 (Arm, secure)",
    0xE48BFF5A: "RP2350 (RISC-V)",
    0xE48BFF5B: "RP2350 (Arm, not secure)",
    0xADA52840: "nRF52840",
}
_HINT = "build or download the file again"


@dataclass(frozen=True, slots=True)
class _Block:
    address: int
    data: bytes
    number: int
    count: int
    family: int | None


def parse_uf2(data: bytes, origin: str, family: int) -> tuple[Segment, ...]:
    """Read a UF2 file.

    Parameters
    ----------
    family
        Number of the chip's family: blocks for others are for other boards, and left out.

    Returns
    -------
    tuple of Segment
        Contiguous stretches, in order of address.

    Raises
    ------
    ImageError
        The file is damaged or not complete, has no block for the family, or two contents for one address.
    """
    if len(data) % _BLOCK.size:
        raise ImageError(f"{origin} does not end with a whole UF2 block: it is truncated", _HINT)
    blocks = []
    for start in range(0, len(data), _BLOCK.size):
        block = _parse_block(data[start : start + _BLOCK.size], f"{origin}, block {start // _BLOCK.size}")
        if block is not None:
            blocks.append(block)
    own = [block for block in blocks if block.family in (None, family)]
    if not own:
        _refuse_family({block.family for block in blocks if block.family is not None}, origin, family)
    _require_all(own, origin)
    return merge([(block.address, block.data) for block in own], origin, _HINT)


def _parse_block(raw: bytes, origin: str) -> _Block | None:
    """Return a block; None for one that is not for flash."""
    first, second, flags, address, size, number, count, family, content, end = _BLOCK.unpack(raw)
    if (first, second, end) != (int.from_bytes(MAGIC, "little"), _MAGIC_SECOND, _MAGIC_END):
        raise ImageError(f"{origin}: is no UF2 block", _HINT)
    if flags & (_NOT_MAIN_FLASH | _FILE_CONTAINER):
        return None
    if not 0 < size <= _LARGEST_PAYLOAD_BYTES:
        raise ImageError(f"{origin}: claims to hold {size:,} bytes", _HINT)
    return _Block(address, content[:size], number, count, family if flags & _HAS_FAMILY else None)


def _refuse_family(found: set[int], origin: str, wanted: int) -> None:
    if not found:
        raise ImageError(f"{origin} has nothing to load", _HINT)
    names = ", ".join(_FAMILIES.get(family, f"family {family:#010x}") for family in sorted(found))
    raise ImageError(
        f"{origin} is for {names}, not for {_FAMILIES.get(wanted, f'family {wanted:#010x}')}",
        "build it for this board, or choose another --platform",
    )


def _require_all(blocks: list[_Block], origin: str) -> None:
    counts = {block.count for block in blocks}
    if len(counts) != 1:
        raise ImageError(f"{origin} has blocks of {len(counts)} different files", _HINT)
    missing = set(range(min(counts.pop(), len(blocks) + 1))) - {block.number for block in blocks}
    if missing:
        raise ImageError(f"{origin} lacks block {min(missing)}: it is truncated", _HINT)
