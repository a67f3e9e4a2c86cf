"""A board's memory system, resolved for one clock into plain integers for the engine's hot path.

Rules that the engine follows, in core cycles:

* an access that hits its cache stalls nothing;
* an access that reaches the memory stalls by the region's ``*_stall_cycles``, and when it fills a cache line
  by the cache's ``miss_cycles`` on top;
* with ``prefetch``, the fetch of the line right behind the previous one stalls only for what execution did
  not hide: ``max(0, fetch_stall_cycles + 1 - cycles since the previous line's fetch)``;
* throwing out a dirty line stalls by ``writeback_cycles``.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import PlatformError
from sim.platform.description import Memory, Platform

NO_CACHE = -1


@dataclass(frozen=True, slots=True)
class CacheTiming:
    """One cache.

    Attributes
    ----------
    policy
        ``lru``, ``round_robin`` or ``random`` (a deterministic xorshift sequence).
    miss_cycles
        Stall of a line fill beyond the memory's own stall for the critical word.
    writeback_cycles
        Stall of throwing out a dirty line.
    """

    name: str
    size_bytes: int
    line_bytes: int
    ways: int
    policy: str
    miss_cycles: int
    write_back: bool
    write_allocate: bool
    writeback_cycles: int


@dataclass(frozen=True, slots=True)
class RegionTiming:
    """One range of addresses.

    Attributes
    ----------
    fetch_cache, read_cache, write_cache
        Index into :attr:`MemorySystem.caches`, or -1.
    fetch_line_bytes
        Width of one instruction fetch from the memory, where no cache is in the way.
    fetch_stall_cycles, read_stall_cycles, write_stall_cycles
        Stall of each line fetch, data read and data write that reaches the memory.
    prefetch
        Whether sequential line fetches overlap with execution.
    """

    name: str
    base: int
    size_bytes: int
    kind: str
    fetch_cache: int
    read_cache: int
    write_cache: int
    fetch_line_bytes: int
    fetch_stall_cycles: int
    read_stall_cycles: int
    write_stall_cycles: int
    prefetch: bool


@dataclass(frozen=True, slots=True)
class MemorySystem:
    """All regions in address order, their caches, and the flash wait states at the clock."""

    regions: tuple[RegionTiming, ...]
    caches: tuple[CacheTiming, ...]
    flash_wait_states: int


def resolve_memory_system(platform: Platform, clock_hz: int) -> MemorySystem:
    """Resolve the memory timing of a board at one core clock.

    Parameters
    ----------
    platform
        The board.
    clock_hz
        Core clock in Hz; picks the smallest number of flash wait states that the flash allows.

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
    wait_states = platform.wait_states.at(clock_hz) if platform.wait_states else 0
    cache_index = {cache.name: index for index, cache in enumerate(platform.caches)}
    ordered = sorted(platform.memories, key=lambda memory: memory.base)
    return MemorySystem(
        regions=tuple(_region(memory, wait_states, cache_index) for memory in ordered),
        caches=tuple(
            CacheTiming(
                name=cache.name,
                size_bytes=cache.size_bytes,
                line_bytes=cache.line_bytes,
                ways=cache.ways,
                policy=cache.policy.value,
                miss_cycles=cache.fill_stall_cycles,
                write_back=cache.write_back,
                write_allocate=cache.write_allocate,
                writeback_cycles=cache.writeback_stall_cycles,
            )
            for cache in platform.caches
        ),
        flash_wait_states=wait_states,
    )


def _frequency(hertz: int) -> str:
    return f"{hertz / 1e6:g} MHz" if hertz >= 10_000 else f"{hertz} Hz"  # somebody forgot the unit


def _region(memory: Memory, wait_states: int, cache_index: dict[str, int]) -> RegionTiming:
    access = memory.access
    waits = wait_states if access.wait_states else 0
    return RegionTiming(
        name=memory.name,
        base=memory.base,
        size_bytes=memory.size_bytes,
        kind=memory.kind.value,
        fetch_cache=cache_index[access.fetch_cache] if access.fetch_cache else NO_CACHE,
        read_cache=cache_index[access.read_cache] if access.read_cache else NO_CACHE,
        write_cache=cache_index[access.write_cache] if access.write_cache else NO_CACHE,
        fetch_line_bytes=access.width_bytes,
        fetch_stall_cycles=access.fetch_stall_cycles + waits,
        read_stall_cycles=access.read_stall_cycles + waits,
        write_stall_cycles=access.write_stall_cycles,
        prefetch=access.prefetch,
    )
