"""The prebuilt images can be had from the sources, byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from firmware.tools import refresh
from sim.firmware.manifest import load_manifest

ALL_IMAGES = os.environ.get("BOARDLESS_REBUILD_ALL_IMAGES")


def _require_tools(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    installed, expected = refresh.toolchain_version(), load_manifest().toolchain
    if installed != expected:
        pytest.skip(f"the images were built with {expected}, installed is {installed}")


def _images() -> list[tuple[str, str]]:
    if ALL_IMAGES:
        return [(core, variant) for core in refresh.CORES for variant in refresh.VARIANTS]
    return [("cortex-m4f", "full"), ("cortex-m0plus", "compact")]


@pytest.mark.parametrize(("core", "variant"), _images())
def test_a_rebuilt_image_is_the_one_that_ships(
    core: str, variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _require_tools("arm-none-eabi-g++", "cmake", "cargo")
    monkeypatch.setenv("CCACHE_DISABLE", "1")
    rebuilt = refresh.build(core, variant, tmp_path / "somewhere else")
    assert rebuilt.read_bytes() == load_manifest().image(core, variant).read()


def test_the_rebuilt_boot_rom_is_the_one_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _require_tools("arm-none-eabi-gcc", "cmake")
    monkeypatch.setenv("CCACHE_DISABLE", "1")
    rebuilt = refresh.build_rom(tmp_path / "somewhere else")
    assert rebuilt.read_bytes() == (refresh.PREBUILT / refresh.ROM).read_bytes()
