"""Puts pieces of an image together."""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import ImageError
from sim.image.image import Segment


def merge(pieces: Iterable[tuple[int, bytes | bytearray]], origin: str, hint: str) -> tuple[Segment, ...]:
    """Return addresses with their contents as contiguous stretches, in order of address.

    Raises
    ------
    ImageError
        Two pieces overlap.
    """
    merged: list[tuple[int, bytearray]] = []
    for address, content in sorted(pieces, key=lambda piece: piece[0]):
        end = merged[-1][0] + len(merged[-1][1]) if merged else 0
        if address < end:
            raise ImageError(f"{origin} has two contents for address {address:#010x}", hint)
        if merged and address == end:
            merged[-1][1].extend(content)
        else:
            merged.append((address, bytearray(content)))
    return tuple(Segment(address, bytes(content)) for address, content in merged)
