"""Flash of two banks that an option byte joins: reads and the lines of its caches are twice as wide then."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import Enum

from sim.platform.description import Cache, Memory
from sim.platform.names import MemoryKind
from sim.platform.table import Table


class BankMode(Enum):
    """How two banks of flash are read."""

    DUAL = "dual"
    """One at a time, as the file describes memories and caches."""
    SINGLE = "single"
    """Both together."""


def parse_bank_mode(table: Table) -> BankMode:
    """Read the table ``[flash_banks]``."""
    mode = table.choice("mode", BankMode)
    table.string("source")
    table.finish()
    return mode


def join_banks(
    memories: Sequence[Memory], caches: Sequence[Cache]
) -> tuple[tuple[Memory, ...], tuple[Cache, ...]]:
    """Return memories and caches as they are in single-bank mode.

    Caches keep their size: ST RM0440 gives lines of 4 x 64 bits in dual-bank and 2 x 128 bits in single-bank
    mode, each read of which is a line here.
    """
    wide = [_widen(memory) if memory.kind is MemoryKind.FLASH else memory for memory in memories]
    accesses = [memory.access for memory in memories if memory.kind is MemoryKind.FLASH]
    names = {access.fetch_cache for access in accesses} | {access.read_cache for access in accesses}
    return tuple(wide), tuple(_lengthen(cache) if cache.name in names else cache for cache in caches)


def _widen(memory: Memory) -> Memory:
    access = dataclasses.replace(memory.access, width_bytes=2 * memory.access.width_bytes)
    return dataclasses.replace(memory, access=access)


def _lengthen(cache: Cache) -> Cache:
    return dataclasses.replace(cache, line_bytes=2 * cache.line_bytes, ways=cache.ways // 2)
