"""The command line as a whole: verbs, errors, exit codes, and what importing it costs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.cli import app, main
from sim.errors import EnvironmentMissingError, SimError, SimulationError

Raise = Callable[[BaseException], None]
ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"capstone", "numpy", "PIL", "tensorflow", "tflite_micro", "unicorn"}


@pytest.fixture
def raise_in_platforms(monkeypatch: pytest.MonkeyPatch) -> Raise:
    def install(error: BaseException) -> None:
        def execute(*_: object) -> None:
            raise error

        monkeypatch.setattr("sim.cli.platforms.execute", execute)

    return install


def run_sim(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, env=environment, check=False
    )


@pytest.mark.parametrize(
    "code",
    [
        "import sim.cli",
        "import sim.cli; sim.cli.main(['--version'])",
        "import sim.cli; sim.cli.main(['--help'])",
    ],
)
def test_no_heavy_module_is_imported_before_it_is_needed(code: str) -> None:
    listing = run_sim("-c", f"{code}\nimport sys\nprint('modules:', *sys.modules)")
    assert listing.returncode == 0, listing.stderr
    modules = {name.partition(".")[0] for name in listing.stdout.partition("modules:")[2].split()}
    assert modules & HEAVY == set()
    assert "argparse" in modules


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"boardless {sim.__version__}\n"


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb} " in text for verb in app.VERBS)


def test_no_verb_at_all_is_a_usage_error_that_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: sim VERB" in captured.err


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["rnu"], "unknown verb 'rnu'", "did you mean run?"),
        (["xyzzy"], "unknown verb 'xyzzy'", "`sim --help` lists the verbs"),
        (["--versoin"], "unknown option --versoin", "did you mean --version?"),
        (
            ["run"],
            "the following arguments are required: --platform",
            "`sim run --help` explains all options",
        ),
        (["run", "--platfrom", "x"], "unknown option --platfrom", "did you mean --platform?"),
        (["run", "--platform=x", "--clokc=1"], "unknown option --clokc", "did you mean --clock?"),
        (["run", "--plat", "x"], "unknown option --plat", "did you mean --platform?"),
        (
            ["run", "--platform", "x", "--clock", "0"],
            "--clock: '0' is not a positive frequency",
            "write it like 80MHz",
        ),
        (
            ["run", "--platform", "x", "--repeat", "-3"],
            "--repeat: '-3' is not a positive whole number",
            "write it like",
        ),
        (["platforms", "a", "b"], "unrecognized arguments: b", "`sim platforms --help` explains all options"),
        (["platforms", "stm32f764"], "unknown platform 'stm32f764'", "did you mean 'stm32f746'?"),
        (["inspect", "--", "--jason"], "model --jason does not exist", "check the path"),
        (["inspect", "/nowhere/m.tflite"], "/nowhere/m.tflite does not exist", "check the path"),
    ],
)
def test_a_usage_error_is_one_line_with_a_hint(
    capsys: pytest.CaptureFixture[str], arguments: list[str], error: str, hint: str
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    first, second = captured.err.splitlines()
    assert captured.out == ""
    assert first.startswith("sim: error: ")
    assert error in first
    assert second.startswith(f"hint: {hint}")


@pytest.mark.parametrize(
    ("error", "code"),
    [(SimError("m"), 2), (SimulationError("m"), 3), (EnvironmentMissingError("m"), 4)],
)
def test_each_branch_of_the_error_tree_has_its_exit_code(
    raise_in_platforms: Raise, capsys: pytest.CaptureFixture[str], error: SimError, code: int
) -> None:
    raise_in_platforms(error)
    assert main(["platforms"]) == code
    assert capsys.readouterr().err == "sim: error: m\n"


def test_a_message_of_several_lines_is_put_on_one(
    raise_in_platforms: Raise, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_in_platforms(SimError("a\n  b", "c\nd\033"))
    main(["platforms"])
    assert capsys.readouterr().err == "sim: error: a b\nhint: c d\ufffd\n"


def test_an_interruption_ends_with_130(raise_in_platforms: Raise, capsys: pytest.CaptureFixture[str]) -> None:
    raise_in_platforms(KeyboardInterrupt())
    assert main(["platforms"]) == 130
    assert capsys.readouterr().err == "sim: interrupted\n"


def test_a_defect_is_reported_without_a_traceback(
    raise_in_platforms: Raise, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIM_DEBUG", raising=False)
    raise_in_platforms(ZeroDivisionError("by zero"))
    assert main(["platforms"]) == app.EXIT_INTERNAL
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "sim: error: internal error: ZeroDivisionError: by zero"
    assert "SIM_DEBUG=1" in hint


def test_a_traceback_is_shown_when_it_is_asked_for(
    raise_in_platforms: Raise, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIM_DEBUG", "1")
    raise_in_platforms(ZeroDivisionError("by zero"))
    assert main(["platforms"]) == app.EXIT_INTERNAL
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def run_in_shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command.replace("sim ", f"{sys.executable} -m sim ")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    shell = run_in_shell("sim platforms --json | head -c 1; echo ${PIPESTATUS[0]}")
    assert (shell.stdout, shell.stderr) == ("{0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_full_is_an_error_of_the_environment() -> None:
    shell = run_in_shell("sim platforms > /dev/full")
    assert shell.returncode == 4
    assert shell.stderr == "sim: error: cannot write the result: No space left on device\n"


@pytest.mark.parametrize(("command", "code"), [("sim platforms >&-", 0), ("sim platforms nope 2>&-", 2)])
def test_closed_standard_streams_are_no_error(command: str, code: int) -> None:
    shell = run_in_shell(command)
    assert (shell.returncode, shell.stdout, shell.stderr) == (code, "", "")


def test_a_terminal_that_cannot_show_a_character_is_no_error() -> None:
    shown = run_sim("-m", "sim", "platforms", "stm32f746", PYTHONIOENCODING="ascii")
    assert shown.returncode == 0, shown.stderr
    assert "STM32F746" in shown.stdout
