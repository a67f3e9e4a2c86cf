"""Firmware programs and erases the flash that it runs from, through the controller of its board."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.image import load_image
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.nrf_control import NrfInformation
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform
from sim.result import Result, StopReason
from tests.support.firmware import build_firmware

WORD = 0xFFFF_FFFF
BOARDS = {
    "nrf52840": ("cortex-m4f", 0x0, "NRF"),
    "stm32l4r5": ("cortex-m4f", 0x0800_0000, "L4"),
    "stm32f746": ("cortex-m7f", 0x0800_0000, "F7"),
    "stm32f103": ("cortex-m3", 0x0800_0000, "F1"),
    "stm32h7a3": ("cortex-m7f", 0x0800_0000, "H7"),
}


def run(platform: str, *defines: str) -> Result:
    core, flash, kind = BOARDS[platform]
    image = build_firmware("flash_programmer.c", core, flash, (kind, *defines)) / "app.elf"
    return run_firmware(BootRequest(platform, image, timeout_cycles=1_000_000, wall_timeout_seconds=60.0))


@pytest.mark.parametrize("platform", BOARDS)
def test_a_page_is_erased_and_programmed_and_bits_are_only_cleared(platform: str) -> None:
    result = run(platform)
    assert result.stop_reason is StopReason.COMPLETED, result.issues


@pytest.mark.parametrize("platform", BOARDS)
def test_a_store_to_flash_whose_controller_does_not_program_is_a_fault(platform: str) -> None:
    assert run(platform, "STORES_LOCKED").stop_reason is StopReason.FAULT


@pytest.mark.parametrize(
    ("platform", "controller", "control", "page", "command", "address", "size_bytes"),
    [
        ("stm32f746", 0x4002_3C00, 0x10, 4, 4 << 3 | 2 | 1 << 16, 0x0802_0000, 0x2_0000),
        ("stm32f746", 0x4002_3C00, 0x10, 5, 5 << 3 | 2 | 1 << 16, 0x0804_0000, 0x4_0000),
        ("stm32l4r5", 0x4002_2000, 0x14, 3, 3 << 3 | 2 | 1 << 16, 0x0800_3000, 0x1000),
        ("stm32g0b1", 0x4002_2000, 0x14, 1, 1 << 3 | 1 << 13 | 2 | 1 << 16, 0x0804_0800, 0x800),
        ("stm32u575", 0x4002_2000, 0x28, 2, 2 << 3 | 1 << 11 | 2 | 1 << 16, 0x0810_4000, 0x2000),
    ],
)
def test_a_page_has_the_place_and_size_that_the_manual_says(
    platform: str, controller: int, control: int, page: int, command: int, address: int, size_bytes: int
) -> None:
    erased: list[tuple[int, int]] = []
    wiring = Wiring(
        lambda _number, _level: None, write_flash=lambda start, data: erased.append((start, len(data)))
    )
    bus = build_peripherals(load_platform(platform), wiring).bus
    bus.write(controller + control, 4, command, 0)
    assert not erased  # it is locked
    for key in (0x4567_0123, 0xCDEF_89AB):
        bus.write(controller + (0x04 if platform == "stm32f746" else 0x08), 4, key, 0)
    bus.write(controller + control, 4, command, 0)
    assert (erased[0][0], sum(size for _, size in erased)) == (address, size_bytes)
    assert bus.read(controller + control, 4, 0) >> 16 & 1 == 0


def test_the_flags_that_a_driver_clears_do_not_stay() -> None:
    bus = build_peripherals(load_platform("stm32l4r5"), Wiring(lambda _number, _level: None)).bus
    bus.write(0x4002_2010, 4, 0xC3FB, 0)
    assert bus.read(0x4002_2010, 4, 0) == 0


def test_a_user_register_is_programmed_while_the_controller_is_set_to_it() -> None:
    bus = build_peripherals(load_platform("nrf52840"), Wiring(lambda _number, _level: None)).bus
    bus.write(0x1000_1080, 4, 0x12345678, 0)
    assert bus.read(0x1000_1080, 4, 0) == WORD
    bus.write(0x4001_E504, 4, 1, 0)
    bus.write(0x1000_1080, 4, 0x12345678, 0)
    bus.write(0x1000_0080, 4, 0, 0)  # the factory's registers are fixed
    assert bus.read(0x1000_1080, 4, 0) == 0x12345678
    assert bus.read(0x1000_0080, 4, 0) == WORD


def test_words_of_an_image_for_user_registers_are_kept_out_of_memory(tmp_path: Path) -> None:
    folder = build_firmware("flash_programmer.c", "cortex-m4f", 0, ("NRF",))
    lines = (folder / "app.hex").read_text(encoding="ascii").splitlines()
    user = [":020000041000EA", ":0410140000400F0089"]
    image_path = tmp_path / "merged.hex"
    image_path.write_text("\n".join([*user, ":020000040000FA", *lines]), encoding="ascii")
    image = load_image(image_path, load_platform("nrf52840"))
    assert [segment.address for segment in image.user_registers] == [0x1000_1014]
    assert all(segment.address < 0x10_0000 for segment in image.segments)
    request = BootRequest("nrf52840", image_path, timeout_cycles=1_000_000, wall_timeout_seconds=60.0)
    assert run_firmware(request).stop_reason is StopReason.COMPLETED


def test_a_programmer_clears_bits_of_a_user_register() -> None:
    information = NrfInformation("information", 0x1000_0000)
    information.program(0x1014, 0x000F_4000)
    assert information.read(0x1014, 0) == 0x000F_4000
