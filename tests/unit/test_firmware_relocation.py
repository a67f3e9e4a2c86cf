from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ImageError
from sim.firmware.manifest import load_manifest
from sim.firmware.relocate import LINKED_FLASH_BASE, LINKED_RAM_BASE, RunnerImage, relocate
from tests.support.runner_models import UNICORN_CORES, boot, chain_of_additions

FLASH_BASES = (0x0000_0000, 0x1000_0100, 0x0020_0000)
RAM_BASES = (0x2002_0000, 0x1000_0000, 0x3000_0000)


@pytest.fixture(scope="module")
def elf() -> bytes:
    return load_manifest().image("cortex-m4f").read()


def flash(image: RunnerImage) -> bytes:
    return b"".join(segment.data for segment in sorted(image.segments, key=lambda s: s.address))


@pytest.mark.parametrize("core", UNICORN_CORES)
@pytest.mark.parametrize(("flash_base", "ram_base"), [(0, 0x3000_0000), (0x1000_0100, 0x2002_0000)])
def test_a_moved_image_runs_at_its_new_addresses(core: str, flash_base: int, ram_base: int) -> None:
    x = np.arange(8, dtype=np.float32)
    mapped = flash_base & ~0xFFFF
    board = boot(
        chain_of_additions(2), core, flash_base=flash_base, mapped_flash_base=mapped, ram_base=ram_base
    )
    (output,) = board.infer([x])
    assert np.frombuffer(output, np.float32).tolist() == (x + 2).tolist()


def test_an_image_at_its_own_addresses_is_unchanged(elf: bytes) -> None:
    image = relocate(elf, LINKED_FLASH_BASE, LINKED_RAM_BASE)
    for segment in image.segments:
        assert segment.data in elf
    assert image.vector_table == LINKED_FLASH_BASE


@pytest.mark.parametrize("flash_base", FLASH_BASES)
@pytest.mark.parametrize("ram_base", RAM_BASES)
def test_only_whole_words_change_and_by_one_of_the_two_distances(
    elf: bytes, flash_base: int, ram_base: int
) -> None:
    old = relocate(elf, LINKED_FLASH_BASE, LINKED_RAM_BASE)
    new = relocate(elf, flash_base, ram_base)
    words = len(flash(old)) // 4
    before, after = (np.frombuffer(flash(image), "<u4", words) for image in (old, new))
    moved = (after - before)[before != after]
    distances = {(flash_base - LINKED_FLASH_BASE) % 2**32, (ram_base - LINKED_RAM_BASE) % 2**32}
    assert set(moved.tolist()) == distances - {0}


def test_symbols_and_ends_move_with_their_memory(elf: bytes) -> None:
    old = relocate(elf, LINKED_FLASH_BASE, LINKED_RAM_BASE)
    new = relocate(elf, 0x1000_0000, 0x2000_4000)
    assert new.symbols["sim_mark_ready"] - old.symbols["sim_mark_ready"] == 0x1000_0000 - LINKED_FLASH_BASE
    assert new.symbols["sim_mailbox"] - old.symbols["sim_mailbox"] == 0x4000
    assert new.flash_end - old.flash_end == 0x1000_0000 - LINKED_FLASH_BASE
    assert new.ram_end - old.ram_end == 0x4000
    stack, reset = struct.unpack("<II", new.segments[0].data[:8])
    assert stack == new.symbols["__stack_top"] == 0x2000_4000 + 8 * 1024
    assert reset == new.symbols["Reset_Handler"] | 1


def test_symbols_agree_with_an_independent_reader(elf: bytes, tmp_path: object) -> None:
    path = load_manifest().image("cortex-m4f").path
    with path.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        functions = {
            s.name: s["st_value"] for s in table.iter_symbols() if s["st_info"]["type"] == "STT_FUNC"
        }
    symbols = relocate(elf, LINKED_FLASH_BASE, LINKED_RAM_BASE).symbols
    assert {name: symbols[name] | 1 for name in functions} == functions


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no ELF file"),
        (b"\x7fELF\x02\x01" + bytes(200), "is a 64-bit ELF file"),
        (b"\x7fELF\x01\x01" + bytes(200), "another processor"),
    ],
)
def test_what_is_no_arm_executable_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ImageError, match=complaint):
        relocate(content, 0, 0x2000_0000, "x.elf")


def test_an_image_linked_elsewhere_is_refused_with_a_hint(elf: bytes) -> None:
    foreign = bytearray(elf)
    section_headers = struct.unpack_from("<I", elf, 32)[0]
    for offset in range(section_headers, len(elf) - 39, 40):
        struct.pack_into("<I", foreign, offset + 12, 0x0000_4000)
    with pytest.raises(ImageError, match="not linked at flash 0x08000000") as caught:
        relocate(bytes(foreign), 0, 0x2000_0000)
    assert caught.value.hint


def test_an_image_without_relocations_is_refused_with_a_hint(elf: bytes) -> None:
    stripped = bytearray(elf)
    section_headers = struct.unpack_from("<I", elf, 32)[0]
    for offset in range(section_headers, len(elf) - 39, 40):
        if struct.unpack_from("<I", elf, offset + 4)[0] == 9:  # SHT_REL
            struct.pack_into("<I", stripped, offset + 4, 0)
    with pytest.raises(ImageError, match="holds no relocations") as caught:
        relocate(bytes(stripped), 0, 0x2000_0000)
    assert "--emit-relocs" in caught.value.hint


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 300_000))
def test_a_truncated_image_is_refused(length: int) -> None:
    data = load_manifest().image("cortex-m4f").read()
    with pytest.raises(ImageError):
        relocate(data[: min(length, len(data) - 1)], 0, 0x2000_0000)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_corrupted_image_gives_an_image_error_or_an_image(data: st.DataObject) -> None:
    content = bytearray(load_manifest().image("cortex-m4f").read())
    headers = struct.unpack_from("<I", content, 32)[0]
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.one_of(st.integers(0, 200), st.integers(headers, len(content) - 1)))
        content[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        relocate(bytes(content), 0x1000_0000, 0x2000_0000)
