"""The ``sim`` fixture, run as a user's own test suite would."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

import sim.pytest_plugin.simulation  # noqa: F401 (inner runs forget what they import, and NumPy cannot be loaded twice)
from tests.support.service import running_server

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite with this plugin, however Boardless is installed, and without any other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\naddopts = --strict-markers -p sim.pytest_plugin\n")
    return pytester


def test_a_model_runs_and_its_result_is_that_of_the_library(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from sim.inference import RunRequest, run_inference

        def test_digit(sim):
            result = sim.run(platform="stm32f746")
            assert result.outputs[0].label == "7"
            assert result.cycles == run_inference(RunRequest(platform="stm32f746")).cycles
    """)
    suite.runpytest().assert_outcomes(passed=1)


def test_markers_give_defaults_and_the_closest_one_wins(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest

        pytestmark = pytest.mark.sim(platform="stm32l4r5", clock_hz=40_000_000)

        def test_module(sim):
            assert sim.run().platform.id == "stm32l4r5"

        @pytest.mark.sim(platform="stm32u575")
        def test_function(sim):
            platform = sim.run().platform
            assert (platform.id, platform.clock_hz) == ("stm32u575", 40_000_000)
            assert sim.run(clock_hz=20_000_000).platform.clock_hz == 20_000_000
    """)
    suite.runpytest().assert_outcomes(passed=2)


def test_a_marker_with_a_positional_argument_is_refused(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest

        @pytest.mark.sim("stm32f746")
        def test_digit(sim):
            sim.run()
    """)
    result = suite.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes keyword arguments only*"])


def test_inputs_are_files_generators_or_arrays(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import numpy as np
        import pytest
        from sim.demo import demo_input

        pytestmark = pytest.mark.sim(platform="stm32f746")

        def label(sim, inputs):
            return sim.run(inputs=inputs).outputs[0].label

        def test_array(sim):
            assert label(sim, demo_input(3)) == "3"

        def test_array_for_each_input(sim):
            assert label(sim, [demo_input(4)]) == "4"

        def test_array_by_name(sim):
            name = sim.run().inputs[0].name
            assert label(sim, {name: demo_input(5)}) == "5"

        def test_file(sim, tmp_path):
            np.save(tmp_path / "six.npy", demo_input(6))
            assert label(sim, tmp_path / "six.npy") == "6"

        def test_nested_numbers(sim):
            assert label(sim, (demo_input(8) + 128.0).__truediv__(255).tolist()) == "8"

        def test_generator(sim):
            assert sim.run(inputs="random:1").provenance.inputs[0].source == "random:1"
    """)
    suite.runpytest().assert_outcomes(passed=6)


def test_a_budget_that_is_exceeded_names_figure_limit_and_costliest_operators(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        def test_budget(sim):
            result = sim.run(platform="stm32f746")
            result.assert_budget(cycles=result.cycles, arena_bytes=result.memory.arena_used_bytes)
            result.assert_budget(latency_ms=60_000, energy_uj=1e9)
            result.assert_budget(cycles=result.cycles - 1, latency_ms=0.001, energy_uj=1, arena_bytes=1000)
    """)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: the cycle count of * on stm32f746 is * over its budget of * cycles*CONV_2D*",
            "E*the latency of * ms on stm32f746 is * over its budget of 1 µs; it goes mostly to*CONV_2D*",
            "E*the energy of * on stm32f746 is * over its budget of 1 µJ; it goes mostly to*CONV_2D*",
            "E*the arena use of * bytes on stm32f746 is * over its budget of 1,000 bytes",
        ]
    )
    result.stdout.no_fnmatch_line("*simulation.py*")


def test_an_output_that_differs_is_shown_beside_what_was_expected(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        def test_output(sim):
            result = sim.run(platform="stm32f746")
            result.assert_output([0, 0, 0, 0, 0, 0, 0, 1, 0, 0], abs=0.02)
            result.assert_output([0, 0, 0, 1, 0, 0, 0, 0, 0, 0], abs=0.02)
    """)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E*output 0 on stm32f746 differs*in 2 of 10 values: *[[]0, 3] is * instead of 1*"]
    )


def test_a_budget_without_a_limit_and_an_unknown_argument_are_refused(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest
        from sim.errors import UsageError

        def test_budget(sim):
            with pytest.raises(UsageError, match="nothing to check"):
                sim.run(platform="stm32f746").assert_budget()

        def test_argument(sim):
            with pytest.raises(UsageError, match="no argument 'clok_hz'"):
                sim.run(platform="stm32f746", clok_hz=1)

        def test_platform(sim):
            with pytest.raises(UsageError, match="needs a platform"):
                sim.run()
    """)
    suite.runpytest().assert_outcomes(passed=3)


def test_an_error_brings_its_hint_and_an_early_stop_fails_the_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        def test_typing_error(sim):
            sim.run(platform="stm32f74")

        def test_cycle_limit(sim):
            sim.run(platform="stm32f746", timeout_cycles=100_000)
    """)
    result = suite.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E*unknown platform 'stm32f74'",
            "E*hint: did you mean 'stm32f746'?*",
            "E*the run on stm32f746 stopped early (cycle limit)*",
        ]
    )


def test_every_run_has_a_line_at_the_end_when_asked_for_details(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        def test_two(sim):
            sim.run(platform="stm32f746")
            assert not sim.run(platform="stm32l4r5")
    """)
    line = "test_every_run*::test_two: stm32{} · bundled model · * cycles · * ms · *J · *KiB of arena"
    suite.runpytest("-v").stdout.fnmatch_lines(
        ["*simulated boards*", line.format("f746"), line.format("l4r5")]
    )
    suite.runpytest().stdout.no_fnmatch_line("*simulated boards*")


def test_lines_come_back_from_parallel_workers_and_go_into_junit_xml(suite: pytest.Pytester) -> None:
    suite.makepyfile('def test_one(sim):\n    sim.run(platform="stm32f746")\n')
    result = suite.runpytest_subprocess("-v", "-p", "xdist", "-n", "1", "--junit-xml", "junit.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*simulated boards*", "*::test_one: stm32f746 *"])
    properties = ElementTree.parse(suite.path / "junit.xml").findall(".//testcase/properties/property")
    assert [item.get("name") for item in properties] == ["sim"]


def test_the_example_of_the_documentation_passes(suite: pytest.Pytester) -> None:
    page = (ROOT / "docs/pytest.md").read_text(encoding="utf-8")
    suite.makepyfile(page.partition("```python\n")[2].partition("```")[0])
    suite.runpytest().assert_outcomes(passed=1)


def test_boards_run_on_a_server_when_asked(suite: pytest.Pytester, tmp_path: Path) -> None:
    suite.makepyfile("""
        from sim.inference import RunRequest, run_inference

        def test_digit(sim):
            result = sim.run(platform="stm32f746")
            assert result.operators == run_inference(RunRequest(platform="stm32f746")).operators
            result.assert_output([0, 0, 0, 0, 0, 0, 0, 1, 0, 0], abs=0.02)
    """)
    with running_server(tmp_path / "data", workers=1) as server:
        suite.runpytest_subprocess(f"--sim-server={server.address}").assert_outcomes(passed=1)
    nobody = suite.runpytest_subprocess(f"--sim-server=unix:{tmp_path}/nobody")
    nobody.assert_outcomes(failed=1)
    nobody.stdout.fnmatch_lines([f"E*unix:{tmp_path}/nobody*"])


def test_a_suite_that_does_not_use_the_fixture_loads_nothing_heavy(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import sys

        def test_nothing():
            packages = ("sim", "numpy", "unicorn", "capstone")
            loaded = {name for name in sys.modules if name.split(".")[0] in packages}
            assert loaded == {"sim", "sim.pytest_plugin"}
    """)
    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_distribution_registers_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (module,) = project["entry-points"]["pytest11"].values()
    assert import_module(module).sim is not None


def test_the_marker_is_documented() -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--markers", "-p", "sim.pytest_plugin"],
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        cwd=ROOT / "docs",
        check=True,
        capture_output=True,
        text=True,
    )
    assert "@pytest.mark.sim(platform=..., model=..., ...)" in listing.stdout
