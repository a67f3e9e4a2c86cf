"""A board's memory system, resolved for one clock into plain integers for the engine's hot path.

Rules that the engine follows, in core cycles:

* an access that hits its cache stalls nothing, unless the line is still coming in;
* an access that reaches the memory stalls by the region's ``*_stall_cycles``, and when it fills a cache line
  by the cache's ``miss_cycles`` on top;
* a line comes in by words of the memory, the awaited one first, the others every ``word_cycles`` behind it;
  until the last one is there, the memory begins nothing else, neither for instructions nor for data;
* with ``prefetch``, the line behind the one in use is read as soon as that one is there; if it is complete
  when it is needed, it stalls nothing and the instruction cache does not take it in; if it is late, it
  counts as a miss that stalls for the rest;
* a prefetch behind a cache follows every line that the cache reads from the memory, for data too, and keeps
  the memory busy;
* a dirty line that is thrown out keeps its memory busy for one cycle per word, behind the read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from sim.errors import PlatformError
from sim.platform.description import Access, Cache, EnableBit, Memory, Platform
from sim.platform.names import ControlRegister
from sim.timing.cores import core_model
from sim.timing.pipeline import UnalignedCost

NO_CACHE = -1


class Prefetch(IntEnum):
    """What a memory reads before it is asked for; the numbers are those of the counting core."""

    NONE = 0
    FETCHES = 1
    """The line behind the one that instructions come from."""
    REFILLS = 2
    """The line behind the one that a cache has read last."""


@dataclass(frozen=True, slots=True)
class CacheTiming:
    """One cache.

    Attributes
    ----------
    policy
        ``lru``, ``round_robin`` or ``random`` (a deterministic xorshift sequence).
    miss_cycles
        Stall of a line fill beyond the memory's own stall for the critical word.
    """

    name: str
    size_bytes: int
    line_bytes: int
    ways: int
    policy: str
    miss_cycles: int
    write_back: bool
    write_allocate: bool


@dataclass(frozen=True, slots=True)
class RegionTiming:
    """One range of addresses.

    Attributes
    ----------
    fetch_cache, read_cache, write_cache
        Index into :attr:`MemorySystem.caches`, or -1.
    width_bytes
        Width of a word of the memory: what one access to it delivers, and one instruction fetch where no
        cache is in the way.
    fetch_stall_cycles, read_stall_cycles, write_stall_cycles
        Stall of each line fetch, data read and data write that reaches the memory.
    word_cycles
        Cycles between two consecutive words of the memory.
    prefetch
        What is read ahead.
    """

    name: str
    base: int
    size_bytes: int
    kind: str
    fetch_cache: int
    read_cache: int
    write_cache: int
    width_bytes: int
    fetch_stall_cycles: int
    read_stall_cycles: int
    write_stall_cycles: int
    word_cycles: int
    prefetch: Prefetch


@dataclass(frozen=True, slots=True)
class MemorySystem:
    """All regions in address order, their caches, the flash wait states, and what the core adds.

    Attributes
    ----------
    caches
        Those of the platform, and behind them a direct-mapped one for each that firmware can make so.
    unaligned
        Cost of accesses that are not aligned to their size.
    """

    regions: tuple[RegionTiming, ...]
    caches: tuple[CacheTiming, ...]
    flash_wait_states: int
    unaligned: UnalignedCost


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """What firmware has set up.

    Attributes
    ----------
    wait_states
        Wait states of the flash.
    registers
        Content of the registers that switch caches and prefetching on; what is not there is on.
    """

    wait_states: int
    registers: Mapping[ControlRegister, int]

    def enables(self, switch: EnableBit | None) -> bool:
        """Whether something with this switch is on."""
        if switch is None or switch.register not in self.registers:
            return True
        return bool(self.registers[switch.register] >> switch.bit & 1)


def resolve_memory_system(
    platform: Platform, clock_hz: int, settings: MemorySettings | None = None
) -> MemorySystem:
    """Resolve the memory timing of a board at one core clock.

    Parameters
    ----------
    platform
        The board.
    clock_hz
        Core clock in Hz; picks the smallest number of flash wait states that the flash allows.
    settings
        What firmware has set up instead; by default caches and prefetching are on.

    Raises
    ------
    PlatformError
        The board cannot run at ``clock_hz``.
    """
    clock = platform.clock
    if not clock.min_hz <= clock_hz <= clock.max_hz:
        raise PlatformError(
            f"{platform.id} cannot run at {_frequency(clock_hz)}",
            f"its core clock goes from {clock.min_hz / 1e6:g} to {clock.max_hz / 1e6:g} MHz",
        )
    if settings is None:
        settings = MemorySettings(platform.wait_states.at(clock_hz) if platform.wait_states else 0, {})
    caches = [_cache(cache) for cache in platform.caches]
    cache_index = {}
    for index, cache in enumerate(platform.caches):
        cache_index[cache.name] = index if settings.enables(cache.enable) else NO_CACHE
        if cache.ways_enable is not None:
            caches.append(dataclasses.replace(caches[index], ways=1))
            if settings.enables(cache.enable) and not settings.enables(cache.ways_enable):
                cache_index[cache.name] = len(caches) - 1
    ordered = sorted(platform.memories, key=lambda memory: memory.base)
    return MemorySystem(
        regions=tuple(_region(memory, settings, cache_index) for memory in ordered),
        caches=tuple(caches),
        flash_wait_states=settings.wait_states,
        unaligned=core_model(platform.core).unaligned,
    )


def _frequency(hertz: int) -> str:
    return f"{hertz / 1e6:g} MHz" if hertz >= 10_000 else f"{hertz} Hz"  # somebody forgot the unit


def _cache(cache: Cache) -> CacheTiming:
    return CacheTiming(
        name=cache.name,
        size_bytes=cache.size_bytes,
        line_bytes=cache.line_bytes,
        ways=cache.ways,
        policy=cache.policy.value,
        miss_cycles=cache.fill_stall_cycles,
        write_back=cache.write_back,
        write_allocate=cache.write_allocate,
    )


def _prefetch(access: Access, settings: MemorySettings, cache_index: Mapping[str, int]) -> Prefetch:
    if not access.prefetch or not settings.enables(access.prefetch_enable):
        return Prefetch.NONE
    refills = access.prefetch_behind_cache and access.fetch_cache and cache_index[access.fetch_cache] >= 0
    return Prefetch.REFILLS if refills else Prefetch.FETCHES


def _region(memory: Memory, settings: MemorySettings, cache_index: dict[str, int]) -> RegionTiming:
    access = memory.access
    waits = settings.wait_states if access.wait_states else 0
    return RegionTiming(
        name=memory.name,
        base=memory.base,
        size_bytes=memory.size_bytes,
        kind=memory.kind.value,
        fetch_cache=cache_index[access.fetch_cache] if access.fetch_cache else NO_CACHE,
        read_cache=cache_index[access.read_cache] if access.read_cache else NO_CACHE,
        write_cache=cache_index[access.write_cache] if access.write_cache else NO_CACHE,
        width_bytes=access.width_bytes,
        fetch_stall_cycles=access.fetch_stall_cycles + waits,
        read_stall_cycles=access.read_stall_cycles + waits,
        write_stall_cycles=access.write_stall_cycles,
        word_cycles=waits + 1,
        prefetch=_prefetch(access, settings, cache_index),
    )
