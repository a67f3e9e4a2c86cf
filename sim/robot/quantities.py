"""Arguments with units, as keywords take them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from sim import quantities
from sim.errors import UsageError

T = TypeVar("T")

_ENERGY = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(J|mJ|uJ|µJ|μJ|nJ)\s*")
_ENERGY_UNITS = {"J": 1.0, "mJ": 1e-3, "uJ": 1e-6, "µJ": 1e-6, "μJ": 1e-6, "nJ": 1e-9}


class Address(int):
    """An address such as ``0x08008000``."""


class Count(int):
    """A positive whole number such as ``1500000``, ``1.5M`` or ``500k``."""


class Duration(float):
    """A time such as ``30 ms``, ``250 us`` or ``1.5 s``; seconds without a unit."""


class Energy(float):
    """An energy such as ``5 mJ``, ``300 uJ`` or ``0.01 J``; a number, as in a result, is in joules."""


class Frequency(int):
    """A frequency such as ``80 MHz`` or ``32.768 kHz``; hertz without a unit."""


class Size(int):
    """A size such as ``64 KiB`` or ``1 MiB``; bytes without a unit. K and M are 1024 and 1024²."""


def address(value: str | int) -> Address:
    """Convert an address."""
    try:
        number = int(str(value), 0)
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 32:
        raise ValueError("write an address of 32 bits, like 0x08008000")
    return Address(number)


def count(value: str | int | float) -> Count:
    """Convert a count; fractions, as of a baseline times 1.05, are rounded up."""
    if isinstance(value, float) and math.isfinite(value):
        value = math.ceil(value)
    return Count(_parse(quantities.count, value))


def duration(value: str | int | float) -> Duration:
    """Convert a duration to seconds."""
    return Duration(_parse(quantities.duration_seconds, value))


def energy(value: str | int | float) -> Energy:
    """Convert an energy to joules."""
    joules = _joules(value) if isinstance(value, str) else value
    if not 0 < joules < math.inf:
        raise ValueError("write a positive number and a unit, like 5 mJ")
    return Energy(joules)


def frequency(value: str | int) -> Frequency:
    """Convert a frequency to hertz."""
    return Frequency(_parse(quantities.frequency_hz, value))


def size(value: str | int) -> Size:
    """Convert a size to bytes."""
    return Size(_parse(quantities.size_bytes, value))


CONVERTERS: dict[type, Any] = {
    Address: address,
    Count: count,
    Duration: duration,
    Energy: energy,
    Frequency: frequency,
    Size: size,
}


def _joules(text: str) -> float:
    match = _ENERGY.fullmatch(text)
    return float(match[1]) * _ENERGY_UNITS[match[2]] if match else math.nan


def _parse(parse: Callable[[str], T], value: object) -> T:
    try:
        return parse(str(value))
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None
