"""UF2 files: what loads, and how each kind of damage is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ImageError
from sim.image import Segment, load_image
from sim.image.uf2 import parse_uf2
from sim.platform import load_platform
from tests.support.pico_image import FAMILY, FLASH, PAGE_BYTES, uf2_block, uf2_blocks

CONTENT = bytes(range(256)) * 3
BLOCK_BYTES = 512


def parse(*blocks: bytes) -> tuple[Segment, ...]:
    return parse_uf2(b"".join(blocks), "app.uf2", FAMILY)


def test_blocks_in_any_order_are_one_stretch() -> None:
    blocks = uf2_blocks(CONTENT)
    assert parse(*blocks) == parse(*reversed(blocks)) == (Segment(FLASH, CONTENT),)


def test_gaps_between_blocks_stay() -> None:
    blocks = [uf2_block(FLASH, b"ab", 0, 2), uf2_block(FLASH + 0x1000, b"cd", 1, 2)]
    assert parse(*blocks) == (Segment(FLASH, b"ab"), Segment(FLASH + 0x1000, b"cd"))


def test_blocks_for_other_chips_and_for_no_flash_are_left_out() -> None:
    other = uf2_block(0x2000_0000, b"other", 0, 1, 0xE48B_FF57)
    comment = uf2_block(0, b"comment", 7, 9, flags=1)
    assert parse(other, comment, *uf2_blocks(CONTENT)) == (Segment(FLASH, CONTENT),)


def test_blocks_without_a_family_count_as_the_boards() -> None:
    assert parse(*uf2_blocks(CONTENT, family=None)) == (Segment(FLASH, CONTENT),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"".join(uf2_blocks(CONTENT))[:-1], "does not end with a whole UF2 block"),
        (b"".join(uf2_blocks(CONTENT)[:-1]), "lacks block 2: it is truncated"),
        (b"".join(uf2_blocks(CONTENT)[1:]), "lacks block 0"),
        (b"".join(uf2_blocks(CONTENT, family=0xE48B_FF59)), r"is for RP2350 \(Arm, secure\), not for RP2040"),
        (b"".join(uf2_blocks(CONTENT, family=0x1234_5678)), "is for family 0x12345678, not for RP2040"),
        (uf2_block(FLASH, b"a", 0, 1, flags=1), "has nothing to load"),
        (
            uf2_block(FLASH, b"abc", 0, 2) + uf2_block(FLASH + 2, b"d", 1, 2),
            "two contents for address 0x10000002",
        ),
        (uf2_block(FLASH, b"abc", 0, 1) * 2, "two contents for address 0x10000000"),
        (uf2_block(FLASH, b"a", 0, 1) + uf2_block(FLASH + 1, b"b", 0, 3), "blocks of 2 different files"),
        (uf2_block(FLASH, b"", 0, 1), "block 0: claims to hold 0 bytes"),
        (uf2_block(FLASH, b"a", 0, 0xFFFF_FFFF), "lacks block 1"),
        (uf2_blocks(CONTENT)[0] + bytes(BLOCK_BYTES), "block 1: is no UF2 block"),
        (uf2_blocks(CONTENT)[0][:-1] + b"?", "block 0: is no UF2 block"),
    ],
)
def test_damaged_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as refused:
        parse(content)
    assert refused.value.hint


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_gives_an_image_or_an_image_error(data: st.DataObject) -> None:
    content = bytearray(b"".join(uf2_blocks(CONTENT)))
    for _ in range(data.draw(st.integers(1, 4))):
        block = data.draw(st.integers(0, len(content) // BLOCK_BYTES - 1))
        header = st.one_of(st.integers(0, 31), st.integers(BLOCK_BYTES - 4, BLOCK_BYTES - 1))
        content[block * BLOCK_BYTES + data.draw(header)] = data.draw(st.integers(0, 255))
    try:
        segments = parse(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except ImageError:
        return
    assert segments
    assert sum(len(segment.data) for segment in segments) <= len(content)


def test_a_board_that_takes_no_uf2_files_says_so(tmp_path: Path) -> None:
    path = tmp_path / "app.uf2"
    path.write_bytes(b"".join(uf2_blocks(CONTENT)))
    with pytest.raises(ImageError, match="is a UF2 file, which this board does not take"):
        load_image(path, load_platform("stm32l4r5"))


def test_an_image_for_ram_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "app.uf2"
    path.write_bytes(b"".join(uf2_blocks(bytes(PAGE_BYTES), base=0x2000_0000)))
    with pytest.raises(ImageError, match="puts the stack at"):
        load_image(path, load_platform("rp2040"))
