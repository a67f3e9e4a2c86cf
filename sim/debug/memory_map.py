"""The memory map that GDB asks for: where breakpoints must be hardware ones, and what it may write."""

from __future__ import annotations

from collections.abc import Sequence

from sim.debug.target import MemoryArea

_DEVICES = (0x4000_0000, 0x2000_0000), (0xE000_0000, 0x2000_0000)
"""Peripherals and system space (Armv7-M ARM, B3.1): not memory of the board, but readable."""


def memory_map(areas: Sequence[MemoryArea]) -> str:
    """Return the map of a board's memories as XML."""
    lines = ['<?xml version="1.0"?>']
    lines.append(
        '<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" '
        '"http://sourceware.org/gdb/gdb-memory-map.dtd">'
    )
    lines.append("<memory-map>")
    for area in areas:
        kind = "ram" if area.is_writable else "rom"
        lines.append(f'  <memory type="{kind}" start="{area.base:#x}" length="{area.size_bytes:#x}"/>')
    lines += [f'  <memory type="ram" start="{base:#x}" length="{size:#x}"/>' for base, size in _DEVICES]
    return "\n".join([*lines, "</memory-map>", ""])
