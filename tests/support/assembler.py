"""Assembly text to machine code, with the cross-toolchain as the independent judge of encodings."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

BLOCK_ADDRESS = 0x1000

CORE_FLAGS: dict[str, tuple[str, ...]] = {
    "cortex-m0": ("-mcpu=cortex-m0",),
    "cortex-m0plus": ("-mcpu=cortex-m0plus",),
    "cortex-m3": ("-mcpu=cortex-m3",),
    "cortex-m4f": ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    "cortex-m7f": ("-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"),
    "cortex-m33f": ("-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
    "cortex-m55": ("-march=armv8.1-m.main+dsp+mve.fp+fp.dp", "-mfloat-abi=hard"),
}


def toolchain_program(name: str) -> str:
    """Return the path of a cross-toolchain program, or skip the test that needs it."""
    path = shutil.which(f"arm-none-eabi-{name}")
    if path is None:
        pytest.skip(f"arm-none-eabi-{name} is not installed")
    return path


@cache
def assemble(text: str, core: str) -> bytes:
    """Return the code of assembly text in unified syntax, its first byte at an address divisible by 16."""
    assembler, objcopy = toolchain_program("as"), toolchain_program("objcopy")
    with tempfile.TemporaryDirectory() as folder:
        elf, binary = Path(folder, "code.o"), Path(folder, "code.bin")
        source = f".syntax unified\n.thumb\n{text}\n"
        _run([assembler, *CORE_FLAGS[core], "-mthumb", "-o", str(elf), "-"], source)
        _run([objcopy, "-O", "binary", "-j", ".text", str(elf), str(binary)])
        return binary.read_bytes()


def _run(command: list[str], text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{text}\n{done.stderr}"
