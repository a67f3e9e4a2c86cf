"""The memory system resolved at a clock: wait states of the manuals, cache geometry, plain integers."""

from __future__ import annotations

import dataclasses

import pytest

from sim.errors import PlatformError
from sim.platform import load_platform, platform_ids
from sim.platform.names import ControlRegister
from sim.timing.memory import MemorySettings, MemorySystem, Prefetch, RegionTiming, resolve_memory_system

MHZ = 1_000_000


def resolve(board: str, clock_mhz: float) -> MemorySystem:
    return resolve_memory_system(load_platform(board), round(clock_mhz * MHZ))


def region(system: MemorySystem, name: str) -> RegionTiming:
    return next(region for region in system.regions if region.name == name)


@pytest.mark.parametrize(
    ("board", "clock_mhz", "wait_states"),
    [
        ("stm32f746", 30, 0),
        ("stm32f746", 30.000001, 1),
        ("stm32f746", 60, 1),
        ("stm32f746", 90, 2),
        ("stm32f746", 120, 3),
        ("stm32f746", 150, 4),
        ("stm32f746", 180, 5),
        ("stm32f746", 210, 6),
        ("stm32f746", 216, 7),
        ("stm32l4r5", 16, 0),
        ("stm32l4r5", 20, 0),
        ("stm32l4r5", 40, 1),
        ("stm32l4r5", 60, 2),
        ("stm32l4r5", 80, 3),
        ("stm32l4r5", 100, 4),
        ("stm32l4r5", 120, 5),
        ("stm32g0b1", 24, 0),
        ("stm32g0b1", 48, 1),
        ("stm32g0b1", 64, 2),
        ("stm32u575", 32, 0),
        ("stm32u575", 64, 1),
        ("stm32u575", 96, 2),
        ("stm32u575", 128, 3),
        ("stm32u575", 160, 4),
        ("stm32f103", 8, 0),
        ("stm32f103", 24, 0),
        ("stm32f103", 48, 1),
        ("stm32f103", 72, 2),
    ],
)
def test_the_clock_picks_the_manuals_wait_states(board: str, clock_mhz: float, wait_states: int) -> None:
    assert resolve(board, clock_mhz).flash_wait_states == wait_states


def test_a_clock_above_the_maximum_is_refused_with_the_maximum() -> None:
    with pytest.raises(PlatformError, match="stm32l4r5 cannot run at 121 MHz") as caught:
        resolve("stm32l4r5", 121)
    assert "120 MHz" in caught.value.hint


def test_a_fixed_clock_cannot_be_lowered() -> None:
    with pytest.raises(PlatformError, match="nrf52840 cannot run at 32 MHz"):
        resolve("nrf52840", 32)


@pytest.mark.parametrize(
    ("board", "cache", "size_bytes", "line_bytes", "sets"),
    [
        ("stm32l4r5", "art-instruction", 32 * 32, 8, 1),
        ("stm32l4r5", "art-data", 8 * 32, 8, 1),
        ("stm32f746", "l1-instruction", 4096, 32, 64),
        ("stm32f746", "l1-data", 4096, 32, 32),
        ("stm32f746", "art", 64 * 32, 32, 1),
        ("stm32u575", "icache", 8192, 16, 256),
        ("stm32g0b1", "flash-instruction", 16, 8, 1),
        ("nrf52840", "nvmc-instruction", 2048, 16, 64),
        ("rp2040", "xip", 16384, 8, 1024),
    ],
)
def test_a_cache_has_the_documented_geometry(
    board: str, cache: str, size_bytes: int, line_bytes: int, sets: int
) -> None:
    platform = load_platform(board)
    timing = next(
        c for c in resolve_memory_system(platform, platform.clock.default_hz).caches if c.name == cache
    )
    assert (timing.size_bytes, timing.line_bytes) == (size_bytes, line_bytes)
    assert timing.size_bytes // (timing.line_bytes * timing.ways) == sets


def test_wait_states_are_paid_on_every_flash_access_that_misses() -> None:
    flash = region(resolve("stm32l4r5", 120), "flash")
    assert (flash.fetch_stall_cycles, flash.read_stall_cycles) == (5, 5)
    assert (flash.fetch_cache, flash.read_cache, flash.write_cache) == (0, 1, -1)


def test_flash_in_single_bank_mode_is_read_in_lines_twice_as_long() -> None:
    dual = resolve("stm32l4r5", 120)
    platform = load_platform("stm32l4r5-single-bank")
    single = resolve_memory_system(platform, 120_000_000)
    assert platform.id == "stm32l4r5"
    assert (region(dual, "flash").width_bytes, region(single, "flash").width_bytes) == (8, 16)
    assert region(dual, "sram1") == region(single, "sram1")
    for before, after in zip(dual.caches, single.caches, strict=True):
        assert after.line_bytes == 2 * before.line_bytes == 16
        assert (after.size_bytes, after.ways) == (before.size_bytes, before.ways // 2)


@pytest.mark.parametrize(
    ("control", "ways"),
    [(0b101, 2), (0b001, 1), (0b100, None), (0b000, None)],
)
def test_firmware_chooses_the_ways_of_an_instruction_cache(control: int, ways: int | None) -> None:
    settings = MemorySettings(4, {ControlRegister.INSTRUCTION_CACHE: control})
    system = resolve_memory_system(load_platform("stm32u575"), 160_000_000, settings)
    flash = region(system, "flash")
    assert flash.fetch_cache == flash.read_cache
    assert (system.caches[flash.fetch_cache].ways if flash.fetch_cache >= 0 else None) == ways


@pytest.mark.parametrize(
    ("flash_control", "cache_control", "prefetch"),
    [
        (0x104, 0b101, Prefetch.REFILLS),
        (0x104, 0b100, Prefetch.FETCHES),  # nothing is between the core and the buffer
        (0x004, 0b101, Prefetch.NONE),
    ],
)
def test_a_prefetch_behind_a_cache_follows_what_the_cache_reads(
    flash_control: int, cache_control: int, prefetch: Prefetch
) -> None:
    registers = {
        ControlRegister.FLASH: flash_control,
        ControlRegister.INSTRUCTION_CACHE: cache_control,
    }
    system = resolve_memory_system(load_platform("stm32u575"), 160_000_000, MemorySettings(4, registers))
    assert region(system, "flash").prefetch is prefetch


def test_the_two_addresses_of_the_f7_flash_differ_in_timing() -> None:
    system = resolve("stm32f746", 216)
    axi, itcm = region(system, "flash"), region(system, "flash-itcm")
    assert system.caches[axi.fetch_cache].name == "l1-instruction"
    assert system.caches[axi.read_cache].name == "l1-data"
    assert system.caches[itcm.fetch_cache].name == "art"
    assert itcm.fetch_stall_cycles == 7
    assert axi.fetch_stall_cycles > itcm.fetch_stall_cycles
    assert itcm.prefetch
    assert not axi.prefetch


@pytest.mark.parametrize(
    ("board", "memory", "line_words", "word_cycles"),
    [
        ("stm32f746", "flash", 1, 8),  # 256 bits at 7 wait states
        ("stm32h7a3", "flash", 2, 7),  # 128 bits at 6
        ("stm32h7a3", "axi-sram1", 4, 1),
        ("stm32f746", "sram1", 8, 1),
    ],
)
def test_a_cache_line_takes_as_many_accesses_as_the_memory_is_narrower(
    board: str, memory: str, line_words: int, word_cycles: int
) -> None:
    platform = load_platform(board)
    system = resolve_memory_system(platform, platform.clock.default_hz)
    timing = region(system, memory)
    line_bytes = system.caches[timing.read_cache].line_bytes
    assert (line_bytes // timing.width_bytes, timing.word_cycles) == (line_words, word_cycles)


def test_tightly_coupled_memory_never_stalls() -> None:
    for name in ("dtcm", "itcm"):
        memory = region(resolve("stm32f746", 216), name)
        assert memory.fetch_stall_cycles == memory.read_stall_cycles == memory.write_stall_cycles == 0
        assert memory.fetch_cache == memory.read_cache == memory.write_cache == -1


def test_the_f1_flash_has_a_prefetch_buffer_and_no_cache() -> None:
    system = resolve("stm32f103", 72)
    flash = region(system, "flash")
    assert system.caches == ()
    assert (flash.width_bytes, flash.fetch_stall_cycles, flash.prefetch) == (8, 2, True)


def test_an_xip_miss_costs_one_serial_read() -> None:
    flash = region(resolve("rp2040", 125), "flash")
    # 6 address + 2 mode + 4 dummy + 16 data QSPI clocks for 8 bytes, each two core clocks long.
    assert flash.read_stall_cycles == (6 + 2 + 4 + 16) * 2
    # Published measurement of a miss: about 400 ns.
    assert flash.read_stall_cycles / 125e6 == pytest.approx(400e-9, rel=0.15)


@pytest.mark.parametrize("board", platform_ids())
def test_regions_are_sorted_page_aligned_and_plain_integers(board: str) -> None:
    platform = load_platform(board)
    system = resolve_memory_system(platform, platform.clock.default_hz)
    bases = [region.base for region in system.regions]
    assert bases == sorted(bases)
    fields = [dataclasses.asdict(region) for region in system.regions]
    fields += [dataclasses.asdict(cache) for cache in system.caches]
    assert all(isinstance(value, int | str) for item in fields for value in item.values())
    for item_region in system.regions:
        assert item_region.base % 4096 == 0
        assert item_region.size_bytes % 4096 == 0
        for index in (item_region.fetch_cache, item_region.read_cache, item_region.write_cache):
            assert -1 <= index < len(system.caches)
