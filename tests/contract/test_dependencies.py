"""The versions that the doctor wants are those that the package declares."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from sim.doctor import DEPENDENCIES, check_environment

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_the_doctor_checks_exactly_the_declared_dependencies() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    assert [dependency.requirement for dependency in DEPENDENCIES] == declared


def test_what_the_doctor_wants_to_be_installed_is_an_optional_part_of_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    optional = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    hints = " ".join(check.hint for check in check_environment() if not check.required)
    named = re.findall(r"boardless\[(\w+)\]", hints)
    assert set(named) == {"verify", "serve", "robot", "calibrate"}
    assert set(named) <= set(optional)
