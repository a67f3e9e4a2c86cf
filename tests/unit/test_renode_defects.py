"""Versions of Renode whose answers are not to be trusted on some cores."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.inference import RunRequest, run_inference
from sim.machine.renode.defects import known_defect
from tests.support import fake_renode


@pytest.mark.parametrize(
    ("version", "core", "named"),
    [
        ("1.6.2", "cortex-m4f", "SSUB8"),
        ("1.15.3", "cortex-m7f", "SSUB8"),
        ("1.16.1", "cortex-m55", "LETP"),
    ],
)
def test_what_a_version_executes_wrongly_is_named(version: str, core: str, named: str) -> None:
    defect = known_defect(version, core)
    assert version in defect
    assert named in defect


@pytest.mark.parametrize(
    ("version", "core"),
    [
        ("1.16.0", "cortex-m4f"),
        ("1.6.2", "cortex-m3"),
        ("1.15.3", "cortex-m0plus"),
        ("unknown", "cortex-m4f"),
    ],
)
def test_nothing_is_said_of_cores_that_a_version_executes_rightly(version: str, core: str) -> None:
    assert known_defect(version, core) == ""


def test_a_result_of_such_a_version_is_degraded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "sim.machine.renode.board.known_defect", lambda version, core: f"{version} adds wrongly on {core}."
    )
    monkeypatch.setenv("RENODE_PATH", str(fake_renode.install_fake_renode(tmp_path)))
    result = run_inference(RunRequest(platform="rp2040", engine="renode", level="timing"))
    issue = next(issue for issue in result.issues if issue.code == "engine.defect")
    assert issue.message.startswith(fake_renode.VERSION)
    assert issue.message.endswith(" adds wrongly on cortex-m0plus.")
    assert result.validity == "degraded"
