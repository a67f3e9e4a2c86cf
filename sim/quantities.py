"""Values of options: frequencies, durations, sizes and counts, as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from sim.errors import UsageError

T = TypeVar("T")
Parse = Callable[[str], T]

MAX_COUNT = 2**63 - 1

_QUANTITY = re.compile(r"\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)\s*([a-zµμ]*)\s*", re.IGNORECASE)
_FREQUENCY_UNITS = {"": 1, "hz": 1, "khz": 10**3, "mhz": 10**6, "ghz": 10**9}
_DURATION_UNITS = {
    "": Decimal(1),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_SIZE_UNITS = {
    "": 1,
    "b": 1,
    "k": 1 << 10,
    "kb": 1 << 10,
    "kib": 1 << 10,
    "m": 1 << 20,
    "mb": 1 << 20,
    "mib": 1 << 20,
}
_COUNT_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def frequency_hz(text: str) -> int:
    """Parse a frequency such as ``80MHz`` into Hz."""
    return _whole(text, _FREQUENCY_UNITS, "frequency", "80MHz")


def duration_seconds(text: str) -> float:
    """Parse a duration such as ``10s`` or ``500ms`` into seconds."""
    return float(_positive(text, _DURATION_UNITS, "duration", "10s or 500ms"))


def address(text: str) -> int:
    """Parse a 32-bit address such as ``0x08000000``."""
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 32:
        raise UsageError(f"{text!r} is no 32-bit address", "write it such as 0x08000000")
    return value


def size_bytes(text: str) -> int:
    """Parse a size such as ``64K`` into bytes; K and M are 1024 and 1024²."""
    if re.fullmatch(r"0x[0-9a-f]{1,16}", text, re.IGNORECASE):
        text = str(int(text, 16))
    return _whole(text, _SIZE_UNITS, "size", "64K")


def count(text: str) -> int:
    """Parse a positive whole number such as ``100``, ``5M`` or ``1e9``."""
    return _whole(text, _COUNT_UNITS, "whole number", "100 or 5M")


def for_option(option: str, parse: Parse[T]) -> Parse[T]:
    """Return a parser whose errors name the option."""

    def parse_option(text: str) -> T:
        try:
            return parse(text)
        except UsageError as error:
            raise UsageError(f"{option}: {error.message}", error.hint) from None

    return parse_option


def _whole(text: str, units: Mapping[str, int], noun: str, example: str) -> int:
    value = _positive(text, {unit: Decimal(factor) for unit, factor in units.items()}, noun, example)
    if value != int(value):
        raise UsageError(f"{text!r} is not a whole number", f"write it like {example}")
    if value > MAX_COUNT:
        raise UsageError(f"{text!r} is too large", f"the largest possible value is {MAX_COUNT}")
    return int(value)


def _positive(text: str, units: Mapping[str, Decimal], noun: str, example: str) -> Decimal:
    match = _QUANTITY.fullmatch(text)
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise UsageError(f"{text!r} is not a {noun}", f"write it like {example}")
    value = Decimal(match[1]) * factor
    if value <= 0:
        raise UsageError(f"{text!r} is not a positive {noun}", f"write it like {example}")
    return value
