"""The shell that suites talk with can be had from its source, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.shell.build import IMAGE, build
from firmware.tools.refresh import toolchain_version
from sim.firmware.manifest import load_manifest
from tests.support.assembler import toolchain_program


def test_the_rebuilt_shell_is_the_one_that_ships(tmp_path: Path) -> None:
    toolchain_program("gcc")
    installed, expected = toolchain_version(), load_manifest().toolchain
    if installed != expected:
        pytest.skip(f"the image was built with {expected}, installed is {installed}")
    build(tmp_path / "shell.elf")
    assert (tmp_path / "shell.elf").read_bytes() == IMAGE.read_bytes()
