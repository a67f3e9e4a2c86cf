"""The built wheel: it holds every data file, and works outside the clone as the clone does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sim.platform import platform_ids

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "NOTICE",
    "sim",
    "platforms",
    "firmware/prebuilt",
)
CORES = ("m0plus", "m3", "m4f", "m7f", "m33f", "m55")


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command and return what it prints; its errors are the test's."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources without network."""
    pytest.importorskip("setuptools", reason="building a wheel needs setuptools")
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(path, source / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    call(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", source / "dist", ".", cwd=source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with nothing but the installed wheel."""
    target = tmp_path_factory.mktemp("installation")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    call(*pip, "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel, cwd=target)
    return target


def test_the_wheel_holds_every_data_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        *(f"sim/_data/platforms/{name}.toml" for name in platform_ids()),
        *(
            f"sim/_data/firmware/runner-cortex-{core}{variant}.elf"
            for core in CORES
            for variant in ("", "-compact")
        ),
        "sim/_data/firmware/manifest.json",
        "sim/_data/firmware/operators.json",
        "sim/_data/firmware/operators-compact.json",
        "sim/_data/firmware/THIRD_PARTY_NOTICES",
        "sim/_data/firmware/rp2040-rom.elf",
        "sim/_data/platforms/variants/stm32l4r5-single-bank.toml",
        "sim/schema/result.v1.schema.json",
        "sim/energy/batteries.toml",
        "sim/demo/digits.tflite",
        "sim/demo/digits.json",
        "sim/demo/digits_inputs.npz",
        "sim/py.typed",
        "sim/machine/embedded/_hot.abi3.so",
        *(f"sim/machine/qemu/plugin/{path.name}" for path in (ROOT / "sim/machine/qemu/plugin").iterdir()),
        *(f"sim/machine/embedded/{path.name}" for path in (ROOT / "sim/machine/embedded").glob("hot_*.h")),
    }
    assert not wanted - names


def test_the_wheel_holds_every_module_of_the_package_and_nothing_else(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "sim").rglob("*.py")}
    assert inside == modules
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert top == {"sim", wheel.name.split("-cp311")[0] + ".dist-info"}


def test_the_wheel_carries_the_licence_and_the_notice(wheel: Path) -> None:
    names = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/licenses/" in name}
    assert {"LICENSE", "NOTICE"} <= names


def test_an_installation_answers_like_the_clone(installation: Path, tmp_path: Path) -> None:
    def demo(package: Path) -> dict[str, Any]:
        environment = {"PYTHONPATH": str(package), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        found = call(sys.executable, "-c", "import sim; print(sim.__file__)", cwd=tmp_path, **environment)
        assert found.strip() == str(package / "sim" / "__init__.py")
        command = (sys.executable, "-m", "sim", "run", "--platform", "stm32f746", "--json")
        document: dict[str, Any] = json.loads(call(*command, cwd=tmp_path, **environment))
        del document["host"]
        return document

    assert demo(installation) == demo(ROOT)


@pytest.mark.parametrize(
    "verb", [["platforms"], ["doctor"], ["platforms", "rp2040"], ["--version"], ["--help"]]
)
def test_the_other_verbs_work_outside_the_clone(verb: list[str], installation: Path, tmp_path: Path) -> None:
    assert call(sys.executable, "-m", "sim", *verb, cwd=tmp_path, PYTHONPATH=str(installation))
