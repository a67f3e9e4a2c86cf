"""A run in one line."""

from __future__ import annotations

from pathlib import PurePath

from sim.report.style import printable
from sim.report.units import si, size
from sim.result import Result

_BUNDLED_MODEL = "bundled model"


def render_line(result: Result) -> str:
    """Return board, model and the main figures of a run; figures that are not known are left out."""
    path = result.provenance.model_path
    parts = [result.platform.id, _BUNDLED_MODEL if path is None else PurePath(path).name]
    if result.cycles is not None:
        parts.append(f"{result.cycles:,} cycles")
    if result.latency_seconds is not None:
        parts.append(si(result.latency_seconds, "s"))
    if result.energy_joules is not None:
        parts.append(si(result.energy_joules, "J"))
    if result.memory.arena_used_bytes is not None:
        parts.append(f"{size(result.memory.arena_used_bytes)} of arena")
    return printable(" · ".join(parts))
