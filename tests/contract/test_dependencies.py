"""The versions that the doctor wants are those that the package declares."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sim.doctor import DEPENDENCIES

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_the_doctor_checks_exactly_the_declared_dependencies() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    assert [dependency.requirement for dependency in DEPENDENCIES] == declared
