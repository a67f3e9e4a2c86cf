"""The speed of the simulation as text."""

from __future__ import annotations

from sim.bench import Benchmark
from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import count, frequency, si


def render_benchmark(benchmark: Benchmark, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return a table of levels and one of models."""
    title = f"{style(benchmark.platform, 'bold')} at {frequency(benchmark.clock_hz)}"
    levels = render_table(
        [
            Column("level", styles=("bold",)),
            Column("host time", right=True),
            Column("instructions", right=True),
            Column("of bare", right=True),
        ],
        [
            [
                speed.level,
                si(speed.host_seconds, "s"),
                f"{si(speed.instructions_per_second)}/s",
                f"{speed.relative_to_bare:.2f}",
            ]
            for speed in benchmark.levels
        ],
        width=width,
        style=style,
    )
    models = render_table(
        [
            Column("model", min_width=16, styles=("bold",)),
            Column("board time", right=True),
            Column("host time", right=True),
            Column("speed vs. board", right=True),
        ],
        [
            [
                speed.model,
                si(speed.board_seconds, "s"),
                si(speed.host_seconds, "s"),
                f"{speed.relative_to_board:.2f}×",
            ]
            for speed in benchmark.models
        ],
        width=width,
        style=style,
    )
    head = f"{title} · best of {count(benchmark.rounds, 'round')}"
    return "\n".join([head, "", *levels, "", *models, ""])
