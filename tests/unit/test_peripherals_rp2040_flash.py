"""RP2040's serial flash, as start-up code and the boot ROM talk with it."""

from __future__ import annotations

import pytest

from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.rp2040_board import build_rp2040
from sim.machine.peripherals.spi_flash import SpiFlash
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform

SIZE_BYTES = 0x20_0000
SSI, SELECT = 0x1800_0000, 0x4001_800C
LOW, HIGH = 2 << 8, 3 << 8


class Array:
    """The array of a flash: all erased."""

    def __init__(self) -> None:
        self.content = bytearray(b"\xff" * SIZE_BYTES)

    def read(self, offset: int, size_bytes: int) -> bytes:
        return bytes(self.content[offset : offset + size_bytes])

    def write(self, offset: int, data: bytes) -> None:
        self.content[offset : offset + len(data)] = data


@pytest.fixture
def array() -> Array:
    return Array()


@pytest.fixture
def flash(array: Array) -> SpiFlash:
    return SpiFlash(SIZE_BYTES, array.read, array.write)


def command(flash: SpiFlash, *sent: int) -> bytes:
    received = bytes(flash.exchange(byte) for byte in sent)
    flash.deselect()
    return received


def test_the_flash_identifies_itself(flash: SpiFlash) -> None:
    assert command(flash, 0x9F, 0, 0, 0)[1:] == bytes([0xEF, 0x40, 0x15])
    first = command(flash, 0x4B, *bytes(12))[5:]
    assert len(set(first)) > 1
    assert first == command(flash, 0x4B, *bytes(12))[5:]


def test_status_registers_tell_of_quad_lines_and_of_write_enable(flash: SpiFlash) -> None:
    assert command(flash, 0x35, 0)[1] == 2
    assert command(flash, 0x05, 0)[1] == 0
    command(flash, 0x06)
    assert command(flash, 0x05, 0)[1] == 2
    command(flash, 0x04)
    assert command(flash, 0x05, 0)[1] == 0
    command(flash, 0x06)
    command(flash, 0x01, 0, 0)
    assert command(flash, 0x35, 0)[1] == 0
    assert command(flash, 0x05, 0)[1] == 0


def test_data_is_read_from_an_address_on(flash: SpiFlash, array: Array) -> None:
    array.write(0x12345, b"abc")
    assert command(flash, 0x03, 0x01, 0x23, 0x45, 0, 0, 0)[4:] == b"abc"
    assert command(flash, 0x0B, 0x01, 0x23, 0x45, 0, 0, 0, 0)[5:] == b"abc"


def test_programming_clears_bits_within_a_page(flash: SpiFlash, array: Array) -> None:
    array.write(0x1FF, b"\x0f")
    command(flash, 0x06)
    command(flash, 0x02, 0, 0x01, 0xFF, 0x3C, 0x11)
    assert array.read(0x1FF, 1) == bytes([0x0F & 0x3C])
    assert array.read(0x100, 1) == b"\x11"
    assert array.read(0x200, 1) == b"\xff"


@pytest.mark.parametrize(("code", "size_bytes"), [(0x20, 0x1000), (0x52, 0x8000), (0xD8, 0x1_0000)])
def test_erasing_fills_the_sector_around_an_address(
    flash: SpiFlash, array: Array, code: int, size_bytes: int
) -> None:
    array.write(0, bytes(0x4_0000))
    command(flash, 0x06)
    command(flash, code, 0x02, 0x01, 0x00)
    assert array.read(0x2_0000, size_bytes) == b"\xff" * size_bytes
    assert array.read(0x2_0000 + size_bytes, 1) == b"\0"
    assert array.read(0x1_FFFF, 1) == b"\0"


@pytest.mark.parametrize("sent", [(0x02, 0, 0, 0, 0), (0x20, 0, 0, 0), (0x06, 0x02, 0, 0, 0), (0x02, 0)])
def test_nothing_is_written_without_enabling_it_first(
    flash: SpiFlash, array: Array, sent: tuple[int, ...]
) -> None:
    command(flash, *sent)
    assert array.content == b"\xff" * SIZE_BYTES


# -- through the chip ----------------------------------------------------------------------------------------


class Chip:
    """The bus of an RP2040, with time that passes."""

    def __init__(self, array: Array) -> None:
        base = 0x1000_0000
        wiring = Wiring(
            set_interrupt=lambda _number, _level: None,
            read_memory=lambda address, size_bytes: array.read(address - base, size_bytes),
            write_flash=lambda address, data: array.write(address - base, data),
        )
        self.bus: Bus = build_rp2040(load_platform("rp2040"), wiring).bus
        self.now = 0

    def read(self, address: int) -> int:
        self.now += 2
        return self.bus.read(address, 4, self.now)

    def write(self, address: int, value: int) -> None:
        self.now += 2
        self.bus.write(address, 4, value, self.now)

    def open(self) -> None:
        """Set up frames of eight bits, both ways."""
        for offset, value in ((8, 0), (0, 7 << 16), (0x14, 4), (8, 1)):
            self.write(SSI + offset, value)

    def send(self, *sent: int) -> bytes:
        """Send bytes without a pause, and wait for the answers."""
        for byte in sent:
            self.write(SSI + 0x60, byte)
        while self.read(SSI + 0x28) & 5 != 4:
            pass
        return bytes(self.read(SSI + 0x60) for _ in sent)


@pytest.fixture
def chip(array: Array) -> Chip:
    return Chip(array)


def test_frames_without_a_pause_are_one_command(chip: Chip) -> None:
    chip.open()
    assert chip.send(0x35, 0)[1] == 2
    assert chip.send(0x9F, 0, 0, 0)[1:] == bytes([0xEF, 0x40, 0x15])


def test_what_is_received_is_there_once_all_has_been_sent(chip: Chip) -> None:
    chip.open()
    chip.write(SSI + 0x60, 0x9F)
    assert chip.read(SSI + 0x28) & 0b1101 == 0b0001
    chip.now += 8 * 4
    assert chip.read(SSI + 0x28) & 0b1101 == 0b1100
    assert chip.read(SSI + 0x24) == 1


def test_firmware_that_holds_the_select_line_may_pause(chip: Chip) -> None:
    chip.open()
    chip.write(SELECT, LOW)
    assert chip.send(0x9F) == b"\0"
    chip.now += 10_000
    assert chip.send(0) == b"\xef"
    chip.write(SELECT, HIGH)
    assert chip.send(0) == b"\xff"
    chip.write(SELECT, 0)
    assert chip.send(0) == b"\0"


def test_a_page_is_programmed_through_the_chip(chip: Chip, array: Array) -> None:
    chip.open()
    chip.send(0x06)
    chip.write(SELECT, LOW)
    for byte in (0x02, 0, 0x10, 0, *b"pico"):
        chip.send(byte)
    assert array.read(0x1000, 4) == b"\xff" * 4
    chip.write(SELECT, 0)
    assert array.read(0x1000, 4) == b"pico"


def test_switching_off_forgets_what_was_received(chip: Chip) -> None:
    chip.open()
    for _ in range(20):
        chip.write(SSI + 0x60, 0x05)
    chip.now += 10_000
    assert chip.read(SSI + 0x24) == 16
    assert chip.read(SSI + 0x28) & 1 << 4
    chip.write(SSI + 8, 0)
    assert chip.read(SSI + 0x24) == 0
    chip.write(SSI + 0x60, 0x05)
    assert chip.read(SSI + 0x24) == 0


def test_a_read_with_four_lines_only_ends(chip: Chip) -> None:
    chip.open()
    chip.write(SSI + 8, 0)
    chip.write(SSI, 2 << 21 | 31 << 16 | 3 << 8)
    chip.write(SSI + 8, 1)
    assert chip.send(0xEB, 0xA0) == bytes(2)
