"""Boots one firmware on this project's engine and on QEMU's model of the same core, for comparison."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

import pytest

from sim.boot import BootRequest, run_firmware
from sim.result import Result
from tests.support.firmware import build_firmware


@dataclass(frozen=True)
class Pair:
    """A board of this project, and QEMU's machine with the same core."""

    core: str
    platform: str
    qemu_machine: str
    qemu_flash: int = 0


PAIRS = {
    "cortex-m3": Pair("cortex-m3", "stm32f103", "mps2-an385"),
    "cortex-m4f": Pair("cortex-m4f", "stm32l4r5", "mps2-an386"),
    "cortex-m7f": Pair("cortex-m7f", "stm32f746", "mps2-an500"),
    "cortex-m33f": Pair("cortex-m33f", "stm32u575", "mps2-an505", 0x1000_0000),
}


def boot_here(source: str, core: str = "cortex-m4f") -> Result:
    """Boot a C file next to this one on the board of a core."""
    pair = PAIRS[core]
    return run_firmware(
        BootRequest(
            platform=pair.platform,
            firmware=build_firmware(source, core) / "app.elf",
            timeout_cycles=20_000_000,
            wall_timeout_seconds=60.0,
        )
    )


def semihosting_text(result: Result) -> str:
    """Return what a firmware has printed by semihosting."""
    return next((channel.text for channel in result.channels if channel.name == "semihosting"), "")


@cache
def text_on_qemu(source: str, core: str = "cortex-m4f") -> str:
    """Return what the same firmware prints on QEMU, or skip the test where there is none."""
    program = shutil.which("qemu-system-arm")
    if program is None:
        pytest.skip("qemu-system-arm is not installed")
    pair = PAIRS[core]
    image = build_firmware(source, core, pair.qemu_flash) / "app.elf"
    command = [
        *(program, "-M", pair.qemu_machine, "-kernel", str(image)),
        *("-display", "none", "-serial", "none", "-monitor", "none", "-chardev", "stdio,id=console"),
        *("-semihosting-config", "enable=on,target=native,chardev=console"),
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}\n{done.stderr}"
    return done.stdout
