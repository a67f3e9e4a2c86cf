"""Generated pages and the published schema are current."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.cli.app import VERBS
from sim.cli.reference import PAGES, ROOT
from sim.errors import ExitCode
from sim.result import StopReason
from sim.result.issues import REGISTRY


@pytest.mark.parametrize(("path", "generate"), PAGES.items(), ids=[path.name for path in PAGES])
def test_a_generated_page_is_current(path: Path, generate: Callable[[], str]) -> None:
    assert path.read_text(encoding="utf-8") == generate(), "run `python -m sim.cli.reference`"


def test_every_verb_and_every_exit_code_is_explained_in_the_command_line_page() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert all(f"\n## sim {verb}\n" in page for verb in VERBS)
    assert all(re.search(rf"^\| {code.value} \|", page, re.MULTILINE) for code in ExitCode)


def test_the_registered_issue_codes_are_those_that_the_sources_raise() -> None:
    used = {
        match[1]
        for source in (ROOT / "sim").rglob("*.py")
        for match in re.finditer(r'make_issue\(\s*"([^"]+)"', source.read_text(encoding="utf-8"))
    }
    # The codes of early stops are put together from the stop reason.
    stops = {f"run.{reason}" for reason in set(StopReason) - {StopReason.COMPLETED}}
    assert used | stops == set(REGISTRY)
