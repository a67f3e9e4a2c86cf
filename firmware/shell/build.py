"""Build the shell that the test suites talk with, and refresh ``firmware/shell/shell.elf``.

Run it from the root of the repository: ``python -m firmware.shell.build``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

SHELL = Path(__file__).resolve().parent
IMAGE = SHELL / "shell.elf"

_FLAGS = (
    *("-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c11", "-Wall", "-Wextra", "-Werror"),
    *("-ffreestanding", "-nostdlib", "-Wl,--build-id=none", "-Wl,--strip-debug", "-T", "shell.ld"),
)


def build(output: Path) -> None:
    """Write the image to a file; it depends on the sources and the compiler only."""
    subprocess.run(["arm-none-eabi-gcc", *_FLAGS, "shell.c", "-o", output], cwd=SHELL, check=True)


if __name__ == "__main__":
    build(IMAGE)
