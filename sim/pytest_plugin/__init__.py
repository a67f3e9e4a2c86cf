"""The pytest plugin: the ``sim`` fixture and marker.

Every pytest run on a machine with Boardless loads this module, so it imports nothing else of the package.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sim.backends import Backend
    from sim.pytest_plugin.simulation import Simulation

_MARKER = "sim"
_PROPERTY = "sim"
_SIMULATION = pytest.StashKey["Simulation"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.getgroup("boardless", "simulated boards").addoption(
        "--sim-server",
        metavar="ADDR",
        help="run boards on the server (`sim serve`) at HOST:PORT or unix:PATH",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(platform=..., model=..., ...): default arguments of sim.run() in this test"
    )


@pytest.fixture(scope="session")
def _sim_backend(pytestconfig: pytest.Config) -> Iterator[Backend]:
    from sim.backends import backend_at

    backend = backend_at(pytestconfig.getoption("--sim-server"))
    yield backend
    backend.close()


@pytest.fixture
def sim(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _sim_backend: Backend
) -> Iterator[Simulation]:
    """Run models and firmware on simulated boards: ``sim.run(platform="stm32f746", model="m.tflite")``."""
    from sim.pytest_plugin.simulation import Simulation

    defaults: dict[str, object] = {}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args:
            raise pytest.UsageError(
                f"@pytest.mark.{_MARKER} takes keyword arguments only, like platform='stm32f746'"
            )
        defaults |= marker.kwargs

    def note(line: str) -> None:
        # User properties travel from the workers of pytest-xdist, and into JUnit XML.
        request.node.user_properties.append((_PROPERTY, line))

    simulation = Simulation(_sim_backend, defaults, lambda: tmp_path_factory.mktemp("sim"), note)
    request.node.stash[_SIMULATION] = simulation
    yield simulation
    simulation.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the serial ports of a failed test's boards have sent."""
    report = yield
    simulation = item.stash.get(_SIMULATION, None)
    if simulation is not None and report.when == "call" and report.failed:
        report.sections += simulation.transcripts()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line for each run, with ``-v``."""
    if terminalreporter.verbosity < 1:
        return
    lines = [
        f"{report.nodeid}: {value}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == _PROPERTY
    ]
    if lines:
        terminalreporter.section("simulated boards")
        for line in lines:
            terminalreporter.write_line(line)
