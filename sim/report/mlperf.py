"""A benchmark run as text."""

from __future__ import annotations

from sim.mlperf import Accuracy, MlperfReport
from sim.report.entries import entry_lines
from sim.report.style import PLAIN, Style, printable
from sim.report.units import UNKNOWN, count, frequency, percent, si, si_with_uncertainty


def render_mlperf(report: MlperfReport, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return the figures of a benchmark run and what to know about them."""
    title = f"{style(report.board, 'bold')} at {frequency(report.clock_hz)} · {report.benchmark}"
    energy = si_with_uncertainty(report.energy_joules, report.energy_uncertainty_joules, "J")
    entries = [
        ("image", printable(f"{report.image} ({report.device_name or 'no name'})")),
        ("throughput", f"{report.inferences_per_second:.3f} inferences per second"),
        ("latency", _latency(report)),
        ("firmware", _own_latency(report)),
        ("cycles", f"{report.cycles:,.0f}, {report.cycles / report.instructions:.2f} per instruction"),
        ("energy", f"{energy} per inference"),
        *([] if report.accuracy is None else [("accuracy", _accuracy(report.accuracy))]),
    ]
    lines = [line for label, text in entries for line in entry_lines(label, text, width, style)]
    issues = [f"{issue.severity}: {issue.message}" for issue in report.issues]
    return "\n".join([title, "", *lines, "", *issues, ""])


def _latency(report: MlperfReport) -> str:
    windows = len(report.windows)
    spread = f", median of {windows} windows" if windows > 1 else ""
    return f"{si(report.latency_seconds, 's')}, mean of {report.iterations}{spread}"


def _own_latency(report: MlperfReport) -> str:
    if report.firmware_latency_seconds is None:
        return "gives its timestamps on a pin"
    return f"{si(report.firmware_latency_seconds, 's')} by its own timer"


def _accuracy(accuracy: Accuracy) -> str:
    value = UNKNOWN if accuracy.value is None else percent(accuracy.value)
    inputs = count(accuracy.inputs, "input")
    return f"{accuracy.metric} {value} over {inputs}; the closed division asks for {percent(accuracy.target)}"
