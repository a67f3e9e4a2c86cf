"""A benchmark run as text."""

from __future__ import annotations

from sim.mlperf import MlperfReport
from sim.report.entries import entry_lines
from sim.report.style import PLAIN, Style, printable
from sim.report.units import frequency, si, si_with_uncertainty


def render_mlperf(report: MlperfReport, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return the figures of a benchmark run and what to know about them."""
    title = f"{style(report.board, 'bold')} at {frequency(report.clock_hz)} · {report.benchmark}"
    energy = si_with_uncertainty(report.energy_joules, report.energy_uncertainty_joules, "J")
    entries = [
        ("image", printable(f"{report.image} ({report.device_name or 'no name'})")),
        ("throughput", f"{report.inferences_per_second:.3f} inferences per second"),
        ("latency", f"{si(report.latency_seconds, 's')}, mean of {report.iterations}"),
        ("firmware", f"{si(report.firmware_latency_seconds, 's')} by its own timer"),
        ("cycles", f"{report.cycles:,.0f}, {report.cycles / report.instructions:.2f} per instruction"),
        ("energy", f"{energy} per inference"),
    ]
    lines = [line for label, text in entries for line in entry_lines(label, text, width, style)]
    issues = [f"{issue.severity}: {issue.message}" for issue in report.issues]
    return "\n".join([title, "", *lines, "", *issues, ""])
