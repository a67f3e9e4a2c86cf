"""Firmware in tests that use the ``sim`` fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim.pytest_plugin.simulation  # noqa: F401 (inner runs forget what they import, and NumPy cannot be loaded twice)
from tests.support.service import running_server

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
SHELL = ROOT / "firmware/shell/shell.elf"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite with this plugin, however Boardless is installed, and without any other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\naddopts = --strict-markers -p sim.pytest_plugin\n")
    return pytester


def make_tests(suite: pytest.Pytester, tests: str) -> None:
    suite.makepyfile(f"""
        import pytest

        SHELL = {str(SHELL)!r}
        pytestmark = pytest.mark.sim(platform="stm32l4r5")
        {tests}
    """)


TALK = """
        def test_shell(sim):
            board = sim.firmware(SHELL)
            board.wait_for_prompt("> ")
            board.write_line("version")
            assert board.wait_for_line(r"shell (.*)", 0.1, regex=True).groups == ("1.0",)
            assert not board.is_idle(1.0)  # a prompt comes
            board.run_for(0.01)
            assert board.is_idle(1.0)
        """


def test_a_test_talks_with_firmware(suite: pytest.Pytester) -> None:
    make_tests(suite, TALK)
    suite.runpytest().assert_outcomes(passed=1)


def test_tests_talk_with_firmware_on_a_server_and_show_its_transcript(
    suite: pytest.Pytester, tmp_path: Path
) -> None:
    make_tests(
        suite,
        TALK
        + """
        def test_miss(sim):
            board = sim.firmware(SHELL)
            board.wait_for_line("PASS", timeout_seconds=0.1)
        """,
    )
    with running_server(tmp_path / "data", workers=1) as server:
        result = suite.runpytest_subprocess(f"--sim-server={server.address}")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: lpuart1 did not send a line with 'PASS' within 0.1 s of virtual time*",
            "E*hint: the core sleeps, and nothing can wake it up",
            "*lpuart1 of stm32l4r5*",
            "[[]*ms[]] shell ready",
        ]
    )


def test_a_wait_that_is_missed_fails_the_test_and_shows_the_transcript(suite: pytest.Pytester) -> None:
    make_tests(
        suite,
        """
        def test_shell(sim):
            board = sim.firmware(SHELL)
            board.wait_for_line("PASS", timeout_seconds=0.1)

        def test_silence(sim):
            board = sim.firmware(SHELL)
            board.wait_for_line("shell ready")
            assert board.uptime_seconds > 1
        """,
    )
    result = suite.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: lpuart1 did not send a line with 'PASS' within 0.1 s of virtual time*",
            "E*hint: the core sleeps, and nothing can wake it up",
            "*lpuart1 of stm32l4r5*",
            "[[]*ms[]] shell ready",
            "[[]*unfinished[]] > ",
        ]
    )
    assert result.stdout.str().count("lpuart1 of stm32l4r5") == 2


def test_a_run_of_firmware_has_figures_to_check(suite: pytest.Pytester) -> None:
    make_tests(
        suite,
        """
        @pytest.mark.sim(kernels="reference")  # is about models only
        def test_work(sim):
            result = sim.run_firmware(
                SHELL, uart_input=b"work\\r", profile_from="work", profile_to="work_done", until="ticks"
            )
            result.assert_budget(cycles=6_000)
            with pytest.raises(AssertionError, match="over its budget of 3,000 cycles"):
                result.assert_budget(cycles=3_000)
        """,
    )
    suite.runpytest().assert_outcomes(passed=1)


def test_mistakes_are_answered_with_a_hint(suite: pytest.Pytester) -> None:
    make_tests(
        suite,
        """
        def test_argument(sim):
            sim.firmware(SHELL, kernels="reference")

        @pytest.mark.sim(platfrom="stm32f746")
        def test_marker(sim):
            sim.firmware(SHELL)

        def test_file(sim):
            sim.firmware("nowhere.elf")

        def test_board(sim):
            sim.firmware(SHELL, platform="nrf52840")
        """,
    )
    result = suite.runpytest()
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "E*UsageError: sim.firmware() has no argument 'kernels'",
            "E*hint: it has: base, clock_hz, level, platform, wall_timeout_seconds",
            "E*UsageError: sim.firmware() has no argument 'platfrom'",
            "E*ImageError: cannot read firmware 'nowhere.elf'*",
            "E*ImageError: shell.elf has * bytes for 0x08000000, which do not fit into a memory of nrf52840",
        ]
    )
