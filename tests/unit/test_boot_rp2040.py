"""An RP2040 boots through its ROM, as with images of the Pico SDK."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.boot import BootRequest, run_firmware
from sim.image import load_image
from sim.platform import load_platform
from sim.result import Result, StopReason
from tests.support.assembler import assemble
from tests.support.firmware import build_firmware
from tests.support.pico_image import FLASH, uf2_blocks, with_second_stage

RP2040 = load_platform("rp2040")


def application(*defines: str) -> Path:
    return build_firmware("pico_rom_user.c", "cortex-m0plus", FLASH + 0x100, defines)


def image(tmp_path: Path, *defines: str) -> Path:
    path = tmp_path / "app.bin"
    path.write_bytes(with_second_stage((application(*defines) / "app.bin").read_bytes()))
    return path


def boot(path: Path, until: str = "done") -> Result:
    request = BootRequest("rp2040", path, until=until, timeout_cycles=20_000_000, wall_timeout_seconds=60)
    return run_firmware(request)


def printed(result: Result) -> dict[str, int]:
    lines = (line.split("=") for line in (result.uart or "").split("\n") if "=" in line)
    return {name: int(value, 16) for name, value in lines}


def single(bits: int) -> np.float32:
    return np.uint32(bits).view(np.float32)


def test_an_image_enters_its_application_through_rom_and_second_stage(tmp_path: Path) -> None:
    result = boot(image(tmp_path))
    assert result.stop_reason is StopReason.COMPLETED
    values = printed(result)
    assert values["popcount"] == (0xF0F01234).bit_count()
    assert single(values["add"]) == 3.75
    assert single(values["divide"]) == np.float32(1) / np.float32(3)
    assert single(values["sine"]) == np.float32(math.sin(0.5))
    assert values["copied"] == ord("c")
    assert values["first"] == 0x2004_1F00
    assert "firmware.unmodelled_register" not in [issue.code for issue in result.issues]


def test_a_uf2_file_boots_as_the_binary_does(tmp_path: Path) -> None:
    binary = image(tmp_path)
    path = tmp_path / "app.uf2"
    path.write_bytes(b"".join(uf2_blocks(binary.read_bytes())))
    assert boot(path).uart == boot(binary).uart


def test_the_second_stage_alone_decides_where_the_application_starts(tmp_path: Path) -> None:
    loop = assemble("b .", "cortex-m0plus")
    stage = assemble("ldr r0, =0x10000201\nbx r0\n.ltorg", "cortex-m0plus")
    path = tmp_path / "app.bin"
    path.write_bytes(with_second_stage(bytes(256) + loop * 128, stage))
    loaded = load_image(path, RP2040)
    assert loaded.reset_vectors == 0
    assert "0x10000200" in (boot(path).stop_detail or "")


def test_flash_that_firmware_programs_through_the_rom_can_be_read(tmp_path: Path) -> None:
    values = printed(boot(image(tmp_path, "WRITES_FLASH")))
    assert values["programmed"] == int.from_bytes(bytes(i ^ 0x5A for i in range(4)), "little")
    assert values["erased"] == 0xFFFF_FFFF


def test_firmware_that_needs_the_second_core_is_told_so(tmp_path: Path) -> None:
    result = boot(image(tmp_path, "STARTS_SECOND_CORE"))
    assert printed(result)["announced"] == 0
    assert result.stop_reason is StopReason.IDLE
    (issue,) = [issue for issue in result.issues if issue.code == "firmware.missing_hardware"]
    assert "the second core" in issue.message


@pytest.mark.parametrize("damage", [0, 100, 255])
def test_a_damaged_second_stage_leaves_the_board_in_the_rom(tmp_path: Path, damage: int) -> None:
    path = image(tmp_path)
    content = bytearray(path.read_bytes())
    content[damage] ^= 1
    path.write_bytes(content)
    result = boot(path)
    assert result.stop_reason is StopReason.IDLE
    assert result.uart == ""
    (channel,) = result.channels
    assert "does not start with a second-stage bootloader" in channel.text


def test_firmware_that_asks_for_a_new_image_says_that_it_waits_for_usb(tmp_path: Path) -> None:
    result = boot(image(tmp_path, "BOOTS_OVER_USB"))
    assert result.stop_reason is StopReason.IDLE
    assert "waits for an image over USB" in result.channels[0].text


def test_an_application_alone_starts_without_the_rom(tmp_path: Path) -> None:
    loaded = load_image(application() / "app.elf", RP2040)
    assert (loaded.vector_table, loaded.reset_vectors) == (FLASH + 0x100, None)
    assert boot(application() / "app.elf").stop_reason is StopReason.COMPLETED


def test_a_base_address_passes_the_rom_by(tmp_path: Path) -> None:
    content = (application() / "app.bin").read_bytes()
    path = tmp_path / "app.bin"
    path.write_bytes(content)
    loaded = load_image(path, RP2040, FLASH + 0x100)
    assert (loaded.segments[0].address, loaded.reset_vectors) == (FLASH + 0x100, None)


def test_functions_of_the_rom_are_known_where_the_image_names_its_own() -> None:
    assert load_image(application() / "app.elf", RP2040).symbols["rom_fadd"] < 0x4000
    assert load_image(application() / "app.hex", RP2040).symbols == {}
