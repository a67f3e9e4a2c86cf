"""Compiles small firmware for tests of unmodified images."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.assembler import CORE_FLAGS, toolchain_program

_SOURCES = Path(__file__).parent
_FOLDERS: list[TemporaryDirectory[str]] = []  # removed when the process ends
_LINKER_SCRIPT = """
SECTIONS {{
  . = {flash:#x};
  .text : {{ *(.vectors) *(.text*) *(.rodata*) }}
  . = {ram:#x};
  .bss (NOLOAD) : {{ *(.data*) *(.bss*) *(COMMON) }}
  _ebss = .;
  stack_top = {stack_top:#x};
  /DISCARD/ : {{ *(.ARM.*) *(.comment) }}
}}
"""


@cache
def build_firmware(
    source: str,
    core: str = "cortex-m4f",
    flash: int = 0x0800_0000,
    defines: tuple[str, ...] = (),
    ram: int = 0x2000_0000,
) -> Path:
    """Return a folder with ``app.elf``, ``app.hex`` and ``app.bin`` of a C file next to this one."""
    _FOLDERS.append(TemporaryDirectory(prefix="sim-firmware-"))
    folder = Path(_FOLDERS[-1].name)
    script = folder / "app.ld"
    script.write_text(_LINKER_SCRIPT.format(flash=flash, ram=ram, stack_top=ram + 0x4000), encoding="ascii")
    elf = folder / "app.elf"
    flags = [*CORE_FLAGS[core], "-mthumb", "-O1", "-ffreestanding", "-nostdlib", "-Wall", "-Werror"]
    flags += ["-Wl,--nmagic", *(f"-D{name}" for name in defines)]  # no headers of the file in memory
    _run(toolchain_program("gcc"), *flags, "-T", str(script), str(_SOURCES / source), "-o", str(elf))
    for suffix, kind in (("hex", "ihex"), ("bin", "binary")):
        _run(toolchain_program("objcopy"), "-O", kind, str(elf), str(elf.with_suffix(f".{suffix}")))
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
