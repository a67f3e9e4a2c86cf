"""Names for addresses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping


class SymbolTable:
    """Finds the symbol that an address belongs to.

    Parameters
    ----------
    symbols
        Address by linker name.
    """

    def __init__(self, symbols: Mapping[str, int]) -> None:
        ordered = sorted((address, name) for name, address in symbols.items())
        self._addresses = [address for address, _ in ordered]
        self._names = [name for _, name in ordered]

    def describe(self, address: int, end: int) -> str:
        """Return ``0x08001234 (function+0x12)``, or the bare address where no symbol covers it."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0 or address >= end:
            return f"{address:#010x}"
        offset = address - self._addresses[index]
        return f"{address:#010x} ({readable_name(self._names[index])}+{offset:#x})"


def readable_name(symbol: str) -> str:
    """Return the qualified name in a C++ linker name, without its parameters (Itanium C++ ABI, 5.1.2)."""
    if not symbol.startswith("_Z"):
        return symbol
    parts = []
    rest = re.sub(r"^_ZL?N?[KVr]*", "", symbol)
    while match := re.match(r"(\d+)", rest):
        start, length = match.end(), int(match.group())
        name = rest[start : start + length]
        parts.append("(anonymous namespace)" if name.startswith("_GLOBAL__N") else name)
        rest = re.sub(r"^L", "", rest[start + length :])
    return "::".join(parts) or symbol
