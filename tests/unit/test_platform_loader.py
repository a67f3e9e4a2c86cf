"""Platform files: what loads, and how each kind of mistake is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.errors import PlatformError
from sim.platform import list_platforms, load_platform, platform_ids
from sim.resources import data_path

BOARDS = [
    *(
        "microbit",
        "mps2-an385",
        "mps2-an386",
        "mps2-an500",
        "mps2-an505",
        "mps3-an547",
        "netduinoplus2",
        "nrf52840",
    ),
    *("rp2040", "stm32f103", "stm32f746", "stm32g0b1", "stm32h7a3", "stm32l4r5", "stm32u575"),
]


@pytest.fixture
def board_file(tmp_path: Path) -> Path:
    """A user's own copy of a bundled board."""
    path = tmp_path / "mine.toml"
    path.write_text((data_path("platforms") / "stm32l4r5.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"the test's anchor {old!r} is gone"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_all_promised_boards_are_listed_in_order() -> None:
    assert platform_ids() == BOARDS
    assert [summary.id for summary in list_platforms()] == BOARDS


@pytest.mark.parametrize("board", BOARDS)
def test_a_bundled_file_is_named_after_its_board(board: str) -> None:
    assert load_platform(board).id == board


@pytest.mark.parametrize(
    ("board", "core", "clock_hz", "flash_kib", "ram_kib"),
    [
        ("stm32f746", "cortex-m7f", 216_000_000, 1024, 336),
        ("stm32l4r5", "cortex-m4f", 120_000_000, 2048, 640),
        ("stm32g0b1", "cortex-m0plus", 64_000_000, 512, 144),
        ("stm32u575", "cortex-m33f", 160_000_000, 2048, 784),
        ("stm32h7a3", "cortex-m7f", 280_000_000, 2048, 1376),
        ("stm32f103", "cortex-m3", 72_000_000, 512, 64),
        ("nrf52840", "cortex-m4f", 64_000_000, 1024, 256),
        ("rp2040", "cortex-m0plus", 125_000_000, 2048, 264),
        ("mps2-an385", "cortex-m3", 25_000_000, 4096, 4096),
        ("mps2-an386", "cortex-m4f", 25_000_000, 4096, 4096),
        ("mps2-an500", "cortex-m7f", 25_000_000, 4096, 4096),
        ("mps2-an505", "cortex-m33f", 20_000_000, 4096, 2048),
        ("mps3-an547", "cortex-m55", 32_000_000, 2048, 5120),
        ("netduinoplus2", "cortex-m4f", 168_000_000, 1024, 128),
        ("microbit", "cortex-m0", 16_000_000, 256, 16),
    ],
)
def test_a_board_has_the_datasheet_core_clock_and_memory(
    board: str, core: str, clock_hz: int, flash_kib: int, ram_kib: int
) -> None:
    platform = load_platform(board)
    assert platform.core == core
    assert platform.clock.default_hz == clock_hz
    assert platform.flash_bytes == flash_kib * 1024
    assert platform.ram_bytes == ram_kib * 1024


@pytest.mark.parametrize("board", BOARDS)
def test_the_arena_span_covers_the_runners_data_and_only_ram(board: str) -> None:
    platform = load_platform(board)
    base, size_bytes = platform.arena_span
    assert base <= platform.data_memory.base < base + size_bytes
    covered = [memory for memory in platform.memories if base <= memory.base < base + size_bytes]
    assert sum(memory.size_bytes for memory in covered) == size_bytes
    assert all(memory.kind.writable for memory in covered)


def test_the_stm32f746_arena_runs_from_dtcm_through_both_srams() -> None:
    assert load_platform("stm32f746").arena_span == (0x2000_0000, 320 * 1024)


def test_a_file_of_the_users_own_loads_by_path(board_file: Path) -> None:
    replace(board_file, 'id = "stm32l4r5"', 'id = "my-board"')
    assert load_platform(board_file).id == "my-board"
    assert load_platform(str(board_file)).path == board_file


def test_the_digest_follows_the_file(board_file: Path) -> None:
    before = load_platform(board_file).sha256
    replace(board_file, "static_watts = 0.0004", "static_watts = 0.0005")
    assert load_platform(board_file).sha256 != before


def test_an_unknown_id_names_the_nearest_board() -> None:
    with pytest.raises(PlatformError, match="stm32f764") as caught:
        load_platform("stm32f764")
    assert "stm32f746" in caught.value.hint


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"absent\.toml cannot be read"):
        load_platform(tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b"this is not toml", b"id = \xff", b""])
def test_a_file_that_is_no_platform_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "junk.toml"
    path.write_bytes(content)
    with pytest.raises(PlatformError, match=r"junk\.toml"):
        load_platform(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('vendor = "STMicroelectronics"', 'vendr = "STMicroelectronics"', "vendor: is missing"),
        ('board = "NUCLEO-L4R5ZI"', 'board = "NUCLEO-L4R5ZI"\ncolour = "white"', "colour: unknown key"),
        ('bus = "S-bus"', 'bus = "S-bus"\nsizebytes = 1', r"memory\[1\].sizebytes: unknown key"),
        ('vendor = "STMicroelectronics"', "vendor = 7", "vendor: must be a non-empty string"),
        ('vendor = "STMicroelectronics"', 'vendor = " "', "vendor: must be a non-empty string"),
        ("default_hz = 120_000_000", 'default_hz = "120 MHz"', "clock.default_hz: must be an integer"),
        ("default_hz = 120_000_000", "default_hz = true", "clock.default_hz: must be an integer"),
        (
            "default_hz = 120_000_000",
            "default_hz = 130_000_000",
            "clock.default_hz: 130000000 is not between",
        ),
        ("schema_version = 1", "schema_version = 2", "schema_version: is 2"),
        ('core = "cortex-m4f"', 'core = "cortex-m4"', "core: is 'cortex-m4'"),
        ("volts = 1.8", "volts = 5", "supply.volts: 5.0 is not between"),
        ("volts = 1.8", "volts = nan", "supply.volts: is nan"),
        ("[20_000_000, 40", "[50_000_000, 40", "wait_states.limits_hz: must increase"),
        (", 120_000_000]", "]", "wait_states.limits_hz: ends at 100000000"),
        ("[20_000_000, ", "[true, ", "wait_states.limits_hz: must be a non-empty array of integers"),
        ("size_bytes = 0x30000", "size_bytes = 0x30001", "'sram2' at 0x20030000 overlaps 'sram1'"),
        ("size_bytes = 0x30000", "size_bytes = 0x20000", "placement.arena: 'sram2' does not start where"),
        ("size_bytes = 0x30000", "size_bytes = 0", r"memory\[1\].size_bytes: is 0"),
        ("base = 0x20040000", "base = 0xFFFFF000", "beyond the 4 GiB"),
        ('name = "sram3"', 'name = "sram1"', "memory: 'sram1' is described more than once"),
        ('fetch_cache = "art-instruction"', 'fetch_cache = "art-i"', r"access.fetch_cache: 'art-i' is no"),
        ('alias_of = "sram2"', 'alias_of = "sram9"', "alias_of: 'sram9' is no memory of its own"),
        ('alias_of = "sram2"', 'alias_of = "sram1"', "differs in size or kind from 'sram1'"),
        ("ways = 128", "ways = 100", r"cache\[0\].size_bytes: 1024 is no power-of-two"),
        ('policy = "lru"', 'policy = "best"', r"cache\[0\].policy: is 'best'"),
        ("width_bytes = 8", "width_bytes = 12", "width_bytes: is 12, must be a power of two"),
        ('image = "flash"', 'image = "flsh"', "placement.image: 'flsh' is no"),
        ('data = "sram1"', 'data = "flash"', "placement.data: 'flash' cannot be written"),
        ("vector_base = 0x08000000", "vector_base = 0x20000000", "vector_base: 0x20000000 is no"),
        ("vector_base = 0x08000000", "vector_base = 0x08000010", "vector_base: 0x08000010 is no"),
        ("console = true", "console = false", "uart: exactly one must have console"),
        ("irq = 70", "irq = 480", r"uart\[0\].irq: is 480"),
        ('family = "stm32-lpuart"', 'family = "lpuart"', "family: is 'lpuart'"),
        ("relative_uncertainty = 0.13", "relative_uncertainty = 0.0", "power.relative_uncertainty: is 0.0"),
        ('status = "validated"', 'status = "perfect"', "validation.status: is 'perfect'"),
        ("[sleep]", "[sleeep]", "sleep: is missing"),
        ("[power]", "[[power]]", "power: must be a table"),
    ],
)
def test_a_mistake_is_refused_with_file_and_key(board_file: Path, old: str, new: str, complaint: str) -> None:
    replace(board_file, old, new)
    with pytest.raises(PlatformError, match=complaint) as caught:
        load_platform(board_file)
    assert caught.value.message.startswith("mine.toml: ")


def test_every_source_is_needed(board_file: Path) -> None:
    text = board_file.read_text(encoding="utf-8")
    places = [match.span() for match in re.finditer(r"^source = .*\n", text, flags=re.MULTILINE)]
    assert len(places) > 15
    for start, end in places:
        board_file.write_text(text[:start] + text[end:], encoding="utf-8")
        with pytest.raises(PlatformError, match=r"source: is missing"):
            load_platform(board_file)


def test_a_misspelt_key_gets_a_hint(board_file: Path) -> None:
    replace(
        board_file, "[memory.access]\nwidth_bytes = 4", "[memory.access]\nwidth_bytes = 4\nreed_cache = 'x'"
    )
    with pytest.raises(PlatformError) as caught:
        load_platform(board_file)
    assert "read_cache" in caught.value.hint


def test_wait_states_need_a_table(board_file: Path) -> None:
    text = board_file.read_text(encoding="utf-8")
    start, end = text.index("[wait_states]"), text.index("[placement]")
    board_file.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(PlatformError, match="wait_states: is true, but the file has no"):
        load_platform(board_file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('family = "stm32-rng"', 'family = "stm32-rgn"', r"peripheral\[\d+\].family: is 'stm32-rgn'"),
        ("hse_hz = 8_000_000\n", "", r"peripheral\[0\].hse_hz: "),
        ("width_bits = 32", "width_bits = 64", r"width_bits: is 64, must be between 16 and 32"),
        ('name = "tim3"', 'name = "tim2"', r"peripheral: 'tim2' is described more than once"),
        ("reset_acr = 0x600", "reset_acr = 0x600\nirq = 4", r"irq: unknown key"),
    ],
)
def test_a_mistake_in_a_peripheral_is_refused_by_key(
    board_file: Path, old: str, new: str, message: str
) -> None:
    replace(board_file, old, new)
    with pytest.raises(PlatformError, match=message):
        load_platform(board_file)


def test_a_board_without_published_consumption_has_no_energy_and_says_so() -> None:
    board = load_platform("mps2-an386")
    assert board.energy is None
    with pytest.raises(PlatformError, match="nobody has published the consumption of mps2-an386"):
        _ = board.power


def test_energy_tables_are_all_there_or_none(board_file: Path) -> None:
    text = board_file.read_text(encoding="utf-8")
    board_file.write_text(
        text[: text.index("[sleep]")] + text[text.index("[validation]") :], encoding="utf-8"
    )
    with pytest.raises(PlatformError, match="sleep: is missing"):
        load_platform(board_file)
