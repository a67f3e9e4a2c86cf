"""The text report of a run, compared with golden texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.report.run import render_run
from sim.report.style import Style
from sim.result import Result
from tests.support.results import full_result, small_result

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\033\[[0-9;]*[mK]")


@pytest.mark.parametrize(
    ("name", "result", "width"),
    [
        ("run-80.txt", full_result(), 80),
        ("run-120.txt", full_result(), 120),
        ("run-stopped.txt", small_result(), 80),
    ],
)
def test_a_report_is_the_golden_text(name: str, result: Result, width: int) -> None:
    assert render_run(result, width=width) == (GOLDEN / name).read_text(encoding="utf-8")


def test_colours_change_nothing_but_the_picture() -> None:
    coloured = ANSI.sub("", render_run(full_result(), style=Style(colour=True)))
    plain = render_run(full_result())

    def without_picture(text: str) -> list[str]:
        return [re.sub(r"[ ░▒▓█▀]+$", "", line) for line in text.splitlines()]

    assert without_picture(coloured) == without_picture(plain)
