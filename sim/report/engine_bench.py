"""The speed of the engines as text."""

from __future__ import annotations

import textwrap

from sim.engine_bench import EngineBenchmark, EngineSpeed
from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import count, frequency, si


def render_engine_benchmark(benchmark: EngineBenchmark, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return a table of engines, and what to do about those that are missing."""
    rows = render_table(
        [
            Column("engine", styles=("bold",)),
            Column("level"),
            Column("inference", right=True),
            Column("instructions", right=True),
            Column("of embedded", right=True),
            Column("of plain QEMU", right=True),
        ],
        [_row(speed) for speed in benchmark.engines],
        width=width,
        style=style,
    )
    title = f"{style(benchmark.platform, 'bold')} at {frequency(benchmark.clock_hz)}"
    what = f"{benchmark.model} model, {si(benchmark.instructions)} instructions"
    head = f"{title} · {what} · best of {count(benchmark.rounds, 'round')}"
    reasons = {speed.engine: speed.missing for speed in benchmark.engines if speed.missing}
    notes = [line for engine, why in reasons.items() for line in textwrap.wrap(f"{engine}: {why}", width)]
    return "\n".join([head, "", *rows, *(["", *notes] if notes else []), ""])


def _row(speed: EngineSpeed) -> list[str]:
    if speed.instructions_per_second is None:
        return [speed.engine, speed.level, "missing", "", "", ""]
    return [
        speed.engine,
        speed.level,
        "" if speed.host_seconds is None else si(speed.host_seconds, "s"),
        f"{si(speed.instructions_per_second)}/s",
        _ratio(speed.relative_to_embedded),
        _ratio(speed.relative_to_plain),
    ]


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
