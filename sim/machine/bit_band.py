"""Bit-band aliases of Cortex-M3 and M4: one word of alias for each bit ([TRM-M4] 3.7, Arm DDI 0439)."""

from __future__ import annotations

RAM_ALIAS = 0x22000000
PERIPHERAL_ALIAS = 0x42000000
ALIAS_BYTES = 0x2000000

_REGION_MASK = 0xF0000000


def bit_of(alias: int) -> tuple[int, int]:
    """Return the address of the byte and the number of the bit behind an address of an alias."""
    offset = alias & ALIAS_BYTES - 1
    return alias & _REGION_MASK | offset >> 5, offset >> 2 & 7
