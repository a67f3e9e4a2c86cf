"""Firmware files: what loads, and how each kind of mistake is refused."""

from __future__ import annotations

import struct
import subprocess
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ImageError
from sim.image import FirmwareImage, Segment, load_image
from sim.image.hex import parse_hex
from sim.platform import load_platform
from tests.support.firmware import build_firmware

L4R5 = load_platform("stm32l4r5")
VECTORS = struct.pack("<2I", 0x2000_4000, 0x0800_0041).ljust(64, b"\0")
CODE = VECTORS + b"\xfe\xe7" * 32


def load(tmp_path: Path, content: bytes, base: int | None = None) -> FirmwareImage:
    path = tmp_path / "app"
    path.write_bytes(content)
    return load_image(path, L4R5, base)


def record(kind: int, offset: int, content: bytes) -> str:
    body = bytes([len(content), *offset.to_bytes(2, "big"), kind, *content])
    return f":{body.hex().upper()}{-sum(body) & 0xFF:02X}\n"


@pytest.fixture(scope="module")
def built() -> Path:
    return build_firmware("serial_device.c")


def test_a_binary_lies_at_the_boards_usual_base_unless_told_otherwise(tmp_path: Path) -> None:
    image = load(tmp_path, CODE)
    assert image.segments == (Segment(0x0800_0000, CODE),)
    assert image.vector_table == 0x0800_0000
    assert load(tmp_path, CODE, 0x0800_8000).segments[0].address == 0x0800_8000


def test_an_elf_file_loads_with_its_functions(built: Path) -> None:
    image = load_image(built / "app.elf", L4R5)
    assert image.vector_table == 0x0800_0000
    assert image.read(image.vector_table, 4) == struct.pack("<I", 0x2000_4000)
    assert image.symbols["work"] % 2 == 0
    assert "line" not in image.symbols


def test_an_elf_file_without_symbols_loads_too(built: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.elf"
    subprocess.run(["arm-none-eabi-strip", "-o", stripped, built / "app.elf"], check=True, timeout=60)
    image = load_image(stripped, L4R5)
    assert image.symbols == {}
    assert image.segments == load_image(built / "app.elf", L4R5).segments


def test_a_hex_file_holds_what_the_binary_holds(built: Path) -> None:
    (segment,) = load_image(built / "app.hex", L4R5).segments
    assert segment == load_image(built / "app.bin", L4R5).segments[0]


@given(st.dictionaries(st.integers(0, 0x400), st.binary(min_size=1, max_size=16), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_hex_records_in_any_order_give_the_bytes_they_name(blocks: dict[int, bytes]) -> None:
    text = StringIO()
    text.write(record(4, 0, b"\x08\x00"))
    wanted = {}
    for number, content in blocks.items():
        text.write(record(0, number * 16, content))
        wanted.update({0x0800_0000 + number * 16 + i: byte for i, byte in enumerate(content)})
    text.write(record(1, 0, b""))
    segments = parse_hex(text.getvalue().encode(), "x.hex")
    found = {s.address + i: byte for s in segments for i, byte in enumerate(s.data)}
    assert found == wanted
    for lower, upper in pairwise(segments):
        assert lower.end < upper.address


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has only 0 bytes"),
        (VECTORS[:20], "has only 20 bytes"),
        (b"PK\x03\x04" + CODE, "is a zip archive"),
        (b"UF2\n" + CODE, "is a UF2 file"),
        (struct.pack(">2I", 0x2000_4000, 0x0800_0041) + CODE[8:], "puts the stack at 0x00400020"),
        (struct.pack("<2I", 0x2000_4000, 0x0800_0040) + CODE[8:], "is no Thumb code"),
        (struct.pack("<2I", 0x2000_4000, 0x1800_0041) + CODE[8:], "is no Thumb code"),
        (bytes(3 << 20), "do not fit into a memory of stm32l4r5"),
        (b"\x7fELF\x02\x01" + bytes(100), "is a 64-bit ELF file, and Cortex-M has 32 bits"),
        (b"\x7fELF\x01\x02" + bytes(100), "is a big-endian ELF file, and the boards are little-endian"),
        (b"\x1c\0\0\0TFL3" + bytes(100), "is a TensorFlow Lite model, not a firmware image"),
        (b":020000040800F2\n", "has no end record"),
        (b":020000040800F3\n", "the checksum is wrong"),
        (b":0200000408\n", "is no complete Intel HEX record"),
        (b":hello world\n", "is no Intel HEX record"),
    ],
)
def test_what_is_no_image_for_the_board_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        load(tmp_path, content)


def test_two_contents_for_one_address_are_refused() -> None:
    text = record(0, 0, b"ab") + record(0, 1, b"c") + record(1, 0, b"")
    with pytest.raises(ImageError, match="two contents for address 0x00000001"):
        parse_hex(text.encode(), "x.hex")


def test_a_vector_table_outside_the_image_is_refused_with_a_hint(built: Path) -> None:
    with pytest.raises(ImageError, match="no vector table at 0x08100000") as refused:
        load_image(built / "app.elf", L4R5, 0x0810_0000)
    assert "--base" in refused.value.hint


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(ImageError, match="cannot read firmware"):
        load_image(Path("nowhere.bin"), L4R5)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_gives_an_image_or_an_image_error(data: st.DataObject) -> None:
    suffix = data.draw(st.sampled_from(["elf", "hex"]))
    built = build_firmware("serial_device.c")
    content = bytearray((built / f"app.{suffix}").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    damaged = built / f"damaged.{suffix}"
    damaged.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        image = load_image(damaged, L4R5)
    except ImageError:
        return
    assert image.segments


def test_headers_that_a_linker_put_in_front_of_the_first_section_are_not_loaded(
    tmp_path: Path, built: Path
) -> None:
    program = bytearray((built / "app.elf").read_bytes())
    table = struct.unpack_from("<I", program, 28)[0]  # e_phoff
    kind, offset, virtual, physical, file_size, memory_size = struct.unpack_from("<6I", program, table)
    assert kind == 1
    assert offset > 0
    headers = (virtual - offset, physical - offset, file_size + offset, memory_size + offset)
    struct.pack_into("<6I", program, table, kind, 0, *headers)
    plain, aligned = load(tmp_path, (built / "app.elf").read_bytes()), load(tmp_path, bytes(program))
    assert aligned.segments == plain.segments
    assert aligned.vector_table == plain.vector_table
