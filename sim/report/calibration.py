"""A calibration as text."""

from __future__ import annotations

from sim.energy.calibration import Calibration
from sim.energy.model import class_weights
from sim.platform import Platform
from sim.report.entries import entry_lines
from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import UNKNOWN, count, end_of, percent, si

_NAME_WIDTH = 32

_COLUMNS = (
    Column("measured", min_width=16, styles=("bold",)),
    Column("energy", right=True),
    Column("error before", right=True),
    Column("after", right=True),
    Column("held out", right=True),
)


def render_calibration(
    platform: Platform, calibration: Calibration, *, width: int = 80, style: Style = PLAIN
) -> str:
    """Return the errors before and after, and the constants that changed."""
    residuals = calibration.residuals
    title = f"{style(platform.name, 'bold')} · {count(len(residuals), 'measurement')}"
    rows = [
        [
            end_of(residual.name, _NAME_WIDTH),
            si(residual.measured_joules, "J"),
            _signed(residual.before),
            _signed(residual.after),
            _signed(residual.held_out),
        ]
        for residual in residuals
    ]
    power = platform.power
    changes = [
        ("per cycle", f"{power.picojoules_per_cycle:.4g} pJ → {calibration.picojoules_per_cycle:.4g} pJ"),
        ("flash line", f"{_line(platform):.4g} pJ → {calibration.picojoules_per_line:.4g} pJ"),
        ("static", f"{si(power.static_watts, 'W')} → {si(calibration.static_watts, 'W')}"),
        ("weights", _weights(platform, calibration)),
        ("uncertainty", f"{percent(calibration.relative_uncertainty)}, one standard deviation"),
    ]
    lines = [line for label, text in changes for line in entry_lines(label, text, width, style)]
    return "\n".join([title, "", *render_table(_COLUMNS, rows, width=width, style=style), "", *lines, ""])


def _line(platform: Platform) -> float:
    return platform.flash_energy.picojoules_per_line


def _weights(platform: Platform, calibration: Calibration) -> str:
    shipped = {kind.name.lower(): weight for kind, weight in class_weights(platform).items()}
    moved = [
        f"{name} {shipped[name]:.3g} → {weight:.3g}"
        for name, weight in calibration.class_weights.items()
        if f"{weight:.3g}" != f"{shipped[name]:.3g}"
    ]
    return ", ".join(moved) or "as they were"


def _signed(error: float | None) -> str:
    return UNKNOWN if error is None else f"{100 * error:+.1f} %"
