"""A run in one line."""

from __future__ import annotations

from pathlib import PurePath

from sim.report.style import printable
from sim.report.units import si, size
from sim.result import Provenance, Result

_BUNDLED_MODEL = "bundled model"


def render_line(result: Result) -> str:
    """Return board, model or firmware, and the main figures of a run; those not known are left out."""
    parts = [result.platform.id, _what_ran(result.provenance)]
    if result.cycles is not None:
        parts.append(f"{result.cycles:,} cycles")
    if result.latency_seconds is not None:
        parts.append(si(result.latency_seconds, "s"))
    if result.energy_joules is not None:
        parts.append(si(result.energy_joules, "J"))
    if result.memory.arena_used_bytes is not None:
        parts.append(f"{size(result.memory.arena_used_bytes)} of arena")
    return printable(" · ".join(parts))


def _what_ran(provenance: Provenance) -> str:
    if provenance.model_sha256 is None and provenance.image_name is not None:
        return provenance.image_name
    return _BUNDLED_MODEL if provenance.model_path is None else PurePath(provenance.model_path).name
