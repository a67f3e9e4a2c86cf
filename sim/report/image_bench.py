"""The speed of MLPerf Tiny firmware as text."""

from __future__ import annotations

from sim.image_bench import ImageBenchmark
from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import count, end_of, si

_NAME_WIDTH = 24


def render_image_benchmark(benchmark: ImageBenchmark, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return a table of images, per inference."""
    rows = render_table(
        [
            Column("image", min_width=16, styles=("bold",)),
            Column("board time", right=True),
            Column("host time", right=True),
            Column("instructions", right=True),
            Column("speed vs. board", right=True),
        ],
        [
            [
                end_of(speed.image, _NAME_WIDTH),
                si(speed.board_seconds, "s"),
                si(speed.host_seconds, "s"),
                f"{si(speed.instructions_per_second)}/s",
                f"{speed.relative_to_board:.2f}×",
            ]
            for speed in benchmark.images
        ],
        width=width,
        style=style,
    )
    title = f"{style(benchmark.platform, 'bold')} with the full memory model"
    return "\n".join([f"{title} · best of {count(benchmark.rounds, 'round')}", "", *rows, ""])
