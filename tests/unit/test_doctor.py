"""What the doctor finds, and how it says it."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from sim.cli import main
from sim.doctor import (
    Check,
    Dependency,
    Status,
    check_dependency,
    check_environment,
    check_qemu,
    check_renode,
)
from sim.report.doctor import render_checks

GOOD = Check("unicorn", Status.OK, True, "2.1.3")
MISSING_TOOL = Check("QEMU", Status.MISSING, False, "qemu-system-arm is not installed", "apt install it")
BROKEN = Check("numpy", Status.BROKEN, True, "1.0, but numpy>=1.26 is needed", "pip install 'numpy>=1.26'")


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2.1.0", Status.BROKEN),
        ("2.1.1", Status.OK),
        ("2.1.3", Status.OK),
        ("2.1.4", Status.BROKEN),
        ("2.1.10", Status.BROKEN),
        ("3.0", Status.BROKEN),
    ],
)
def test_a_version_outside_the_range_is_found(
    monkeypatch: pytest.MonkeyPatch, version: str, status: Status
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: version)
    check = check_dependency(Dependency("unicorn", "json", at_least="2.1.1", below="2.1.4"))
    assert check.status is status
    assert (check.hint == "pip install 'unicorn>=2.1.1,<2.1.4'") == (status is Status.BROKEN)


def test_a_distribution_that_is_not_installed_is_missing() -> None:
    check = check_dependency(Dependency("no-such-distribution", "json", at_least="1"))
    assert (check.status, check.required) == (Status.MISSING, True)


def test_a_distribution_whose_module_cannot_be_loaded_is_broken() -> None:
    check = check_dependency(Dependency("pytest", "no_such_module", at_least="1"))
    assert check.status is Status.BROKEN
    assert "no_such_module" in check.detail


def test_every_check_that_does_not_pass_says_what_to_do() -> None:
    checks = check_environment()
    assert {check.name for check in checks if check.required} >= {
        "Python",
        "unicorn",
        "C extension",
        "runner images",
    }
    assert all(check.hint for check in checks if check.status is not Status.OK)
    assert all(check.detail for check in checks)


def test_an_engine_that_is_missing_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RENODE_PATH", raising=False)
    qemu, renode = check_qemu(), check_renode()
    assert (qemu.status, qemu.required) == (Status.MISSING, False)
    assert "apt install qemu-system-arm" in qemu.hint
    assert renode.status is Status.MISSING
    assert "RENODE_PATH" in renode.hint


def test_an_engine_that_is_there_says_its_version_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "qemu-system-arm"
    program.write_text("#!/bin/sh\necho QEMU emulator version 8.1.2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sim.machine.qemu.plugin_build.build_plugin", lambda _: tmp_path)
    check = check_qemu()
    assert (check.status, check.detail) == (Status.OK, f"8.1.2, {program}")


def test_qemu_without_a_compiler_for_its_plugin_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "qemu-system-arm"
    program.write_text("#!/bin/sh\necho QEMU emulator version 8.1.2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    check = check_qemu()
    assert check.status is Status.BROKEN
    assert "C compiler" in check.detail
    assert "apt install gcc" in check.hint


def test_only_required_things_stand_in_the_way() -> None:
    assert "ready for `sim run`" in render_checks([GOOD, MISSING_TOOL])
    assert "1 problem to solve before `sim run` works" in render_checks([GOOD, BROKEN, MISSING_TOOL])


def test_a_check_is_rendered_with_a_mark_and_its_hint_below() -> None:
    assert render_checks([GOOD, BROKEN, MISSING_TOOL]).splitlines()[:5] == [
        "✓ unicorn            2.1.3",
        "✗ numpy              1.0, but numpy>=1.26 is needed",
        "                     pip install 'numpy>=1.26'",
        "· QEMU               qemu-system-arm is not installed",
        "                     apt install it",
    ]


@pytest.mark.parametrize(("checks", "code"), [([GOOD, MISSING_TOOL], 0), ([GOOD, BROKEN], 4)])
def test_the_exit_code_says_whether_a_run_is_possible(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checks: list[Check], code: int
) -> None:
    monkeypatch.setattr("sim.doctor.check_environment", lambda: checks)
    assert main(["doctor", "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "boardless.doctor"
    assert [check["status"] for check in document["checks"]] == [check.status for check in checks]
