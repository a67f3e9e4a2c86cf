"""Connects Unicorn and the C extension by address, without Python in between."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable, Sequence

import unicorn

from sim.machine.embedded import _hot
from sim.machine.protocol import Marker
from sim.platform.names import MemoryKind, ReplacementPolicy
from sim.timing.memory import NO_CACHE, CacheTiming, MemorySystem, RegionTiming

_LIBRARY = unicorn.unicorn_py3.unicorn.uclib
_POLICIES = {policy.value: index for index, policy in enumerate(ReplacementPolicy)}

DeviceRead = ctypes.CFUNCTYPE(
    ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_void_p
)
DeviceWrite = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint64, ctypes.c_void_p
)
NewBlock = Callable[[int, int], tuple[int, int, int, int, bytes, int, bytes]]


class RegisterReader:
    """Reads the same registers again and again, a hundred times faster than one by one.

    Parameters
    ----------
    registers
        The emulator's numbers of registers of up to 64 bits.
    """

    def __init__(self, uc: unicorn.Uc, registers: Sequence[int]) -> None:
        self._uc = uc
        self._count = len(registers)
        self._numbers = (ctypes.c_int * self._count)(*registers)
        self._values = (ctypes.c_uint64 * self._count)()
        first = ctypes.addressof(self._values)
        places = range(first, first + ctypes.sizeof(self._values), ctypes.sizeof(ctypes.c_uint64))
        self._places = (ctypes.c_void_p * self._count)(*places)

    def read(self) -> bytes:
        """Return all values, eight bytes each."""
        _check(_LIBRARY.uc_reg_read_batch(self._uc._uch, self._numbers, self._places, self._count))
        return bytes(self._values)


def make_counters(
    uc: unicorn.Uc, system: MemorySystem, markers: Sequence[Marker], *, full: bool, on_new_block: NewBlock
) -> _hot.HotCounters:
    """Create the counters of a machine and describe its memory system to them."""
    counters = _hot.HotCounters(
        uc=uc._uch.value,
        emu_stop=_function_address(_LIBRARY.uc_emu_stop),
        reg_read=_function_address(_LIBRARY.uc_reg_read),
        on_new_block=on_new_block,
        full=full,
        unaligned_cycles=dataclasses.astuple(system.unaligned),
    )
    for cache in system.caches:
        counters.add_cache(*cache_row(cache))
    for region in system.regions:
        counters.add_region(*region_row(region))
    for marker in markers:
        counters.add_marker(marker.address, marker.stops)
    return counters


def cache_row(cache: CacheTiming) -> tuple[int, int, int, int, int, int, int]:
    """Return a cache as the counting core takes it: the fields of ``cache_setup_t``."""
    return (
        cache.size_bytes,
        cache.line_bytes,
        cache.ways,
        _POLICIES[cache.policy],
        cache.miss_cycles,
        cache.write_back,
        cache.write_allocate,
    )


def region_row(region: RegionTiming) -> tuple[int, int, int, int, int, int, int, int, int, int, int, int]:
    """Return a memory as the counting core takes it: the fields of ``region_setup_t``."""
    return (
        region.base,
        region.size_bytes,
        region.fetch_cache,
        region.read_cache,
        region.write_cache,
        region.width_bytes,
        region.fetch_stall_cycles,
        region.read_stall_cycles,
        region.write_stall_cycles,
        region.word_cycles,
        region.prefetch,
        _is_flash(region),
    )


def make_probe(uc: unicorn.Uc, on_stop: Callable[[int], None]) -> _hot.Probe:
    """Create what stops a machine for a debugger, and let it look at every instruction and data access."""
    probe = _hot.Probe(uc=uc._uch.value, emu_stop=_function_address(_LIBRARY.uc_emu_stop), on_stop=on_stop)
    kinds = (unicorn.UC_HOOK_CODE, unicorn.UC_HOOK_MEM_READ, unicorn.UC_HOOK_MEM_WRITE)
    for kind, callback in zip(kinds, probe.callbacks, strict=True):
        hook_native(uc, probe, kind, callback)
    return probe


def follow_memory_system(counters: _hot.HotCounters, before: MemorySystem, now: MemorySystem) -> None:
    """Tell the counters what firmware has changed about the memory system."""
    for old, new in zip(before.regions, now.regions, strict=True):
        if old != new:
            counters.change_region(*region_row(new))


def hook_native(uc: unicorn.Uc, owner: _hot.HotCounters | _hot.Probe, kind: int, callback: int) -> None:
    """Let Unicorn call a function of the C extension."""
    handle = ctypes.c_size_t()
    begin, end = ctypes.c_uint64(1), ctypes.c_uint64(0)  # everywhere
    _check(
        _LIBRARY.uc_hook_add(
            uc._uch,
            ctypes.byref(handle),
            kind,
            ctypes.c_void_p(callback),
            ctypes.c_void_p(owner.user_data),
            begin,
            end,
        )
    )


def map_window(uc: unicorn.Uc, counters: _hot.HotCounters, window: range, host_address: int) -> None:
    """Map addresses as a device whose reads the C extension accounts for and answers from host memory."""
    read, write, user_data = map(ctypes.c_void_p, counters.open_window(window.start, host_address))
    _check(_LIBRARY.uc_mmio_map(uc._uch, window.start, len(window), read, user_data, write, user_data))


def map_device(
    uc: unicorn.Uc, counters: _hot.HotCounters, window: range, read: object, write: object
) -> None:
    """Map addresses as a device; its reads pass by the counters, which answer for what is steady.

    Parameters
    ----------
    read, write
        A :data:`DeviceRead` and a :data:`DeviceWrite`, to be kept alive by the caller.
    """
    read_address, user_data = counters.open_device(window.start, _function_address(read))
    _check(
        _LIBRARY.uc_mmio_map(
            uc._uch,
            ctypes.c_uint64(window.start),
            ctypes.c_size_t(len(window)),
            ctypes.c_void_p(read_address),
            ctypes.c_void_p(user_data),
            ctypes.c_void_p(_function_address(write)),
            None,
        )
    )


def ram_can_wait(system: MemorySystem) -> bool:
    """Whether a data access outside flash can cost extra cycles on this board."""
    return any(_data_waits(region) for region in system.regions if not _is_flash(region))


def _is_flash(region: RegionTiming) -> bool:
    return region.kind == MemoryKind.FLASH.value


def _data_waits(region: RegionTiming) -> bool:
    caches = (region.read_cache, region.write_cache)
    return (
        any(cache != NO_CACHE for cache in caches) or region.read_stall_cycles + region.write_stall_cycles > 0
    )


def _function_address(function: object) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    assert address is not None
    return address


def _check(status: int) -> None:
    if status != unicorn.UC_ERR_OK:
        raise unicorn.UcError(status)
