"""Which part of a run is accounted for: between two functions, or each inference of a known runtime."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sim.errors import UsageError
from sim.image import FirmwareImage, Segment
from sim.machine.protocol import Marker

_INVOKE = "_ZN6tflite16MicroInterpreter6InvokeEv"
_RETURN = "return from inference"
_CALL_BYTES = 4


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of execution that may be passed many times.

    Attributes
    ----------
    begin, end
        Names of the markers; `end` stops the machine.
    markers
        Where they are.
    """

    begin: str
    end: str
    markers: tuple[Marker, ...]


def region_between(image: FirmwareImage, begin: str, end: str) -> Region:
    """Return the region from the entry of one function to that of another.

    Raises
    ------
    UsageError
        The image has no such function.
    """
    markers = (
        Marker(begin, find_function(image, begin), stops=False),
        Marker(end, find_function(image, end), stops=True),
    )
    return Region(begin, end, markers)


def inference_region(image: FirmwareImage) -> Region | None:
    """Return the region of one inference of TensorFlow Lite Micro; None when the image does not name it."""
    entry = image.symbols.get(_INVOKE)
    if entry is None:
        return None
    returns = [Marker(_RETURN, address, stops=True) for address in return_addresses(image, entry)]
    return Region(_INVOKE, _RETURN, (Marker(_INVOKE, entry, stops=False), *returns)) if returns else None


def find_function(image: FirmwareImage, name: str) -> int:
    """Return the address of a function.

    Raises
    ------
    UsageError
        The image has no such symbol.
    """
    if name not in image.symbols:
        hint = "give an ELF file that is not stripped" if not image.symbols else "`nm` lists the functions"
        raise UsageError(f"{image.name} has no function {name!r}", hint)
    return image.symbols[name]


def return_addresses(image: FirmwareImage, function: int) -> list[int]:
    """Return the addresses behind all direct calls of a function."""
    return [
        address + _CALL_BYTES
        for segment in image.segments
        for address, target in _calls(segment)
        if target == function
    ]


def _calls(segment: Segment) -> Iterator[tuple[int, int]]:
    """Yield address and target of what reads as BL, encoding T1 (Armv7-M ARM, A7.7.18)."""
    count = len(segment.data) // 2
    halfwords = struct.unpack(f"<{count}H", segment.data[: 2 * count])
    for index in range(count - 1):
        first, second = halfwords[index], halfwords[index + 1]
        if first >> 11 != 0b11110 or second & 0xD000 != 0xD000:
            continue
        sign = first >> 10 & 1
        i1 = 1 ^ (second >> 13 & 1) ^ sign
        i2 = 1 ^ (second >> 11 & 1) ^ sign
        offset = i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
        address = segment.address + 2 * index
        yield address, (address + _CALL_BYTES + offset - (sign << 24)) & 0xFFFF_FFFF
