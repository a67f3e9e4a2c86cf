"""Aligned tables of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.style import PLAIN, Style, printable
from sim.report.units import shorten

GAP = "  "
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    title
        Heading.
    right
        Whether cells are aligned to the right, as numbers are.
    min_width
        Width down to which cells may be cut when the table is too wide, the smallest first; ``None`` when
        they may not.
    styles
        Styles of the cells.
    """

    title: str
    right: bool = False
    min_width: int | None = None
    styles: tuple[str, ...] = ()


def render_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    style: Style = PLAIN,
    indent: str = INDENT,
) -> list[str]:
    """Return a heading and one line per row, not wider than ``width`` where the columns allow it."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = _natural_widths(columns, rows)
    excess = table_width(columns, rows, indent) - width
    shrinkable = [(column.min_width, i) for i, column in enumerate(columns) if column.min_width is not None]
    for min_width, i in sorted(shrinkable):
        cut = max(0, min(excess, widths[i] - min_width))
        widths[i] -= cut
        excess -= cut

    def line(cells: Sequence[str], styles: Sequence[tuple[str, ...]]) -> str:
        padded = [
            shorten(cell, widths[i]).rjust(widths[i])
            if columns[i].right
            else shorten(cell, widths[i]).ljust(widths[i])
            for i, cell in enumerate(cells)
        ]
        padded[-1] = padded[-1].rstrip()
        return (
            indent + GAP.join(style(cell, *names) for cell, names in zip(padded, styles, strict=True))
        ).rstrip()

    heading = line([column.title for column in columns], [("dim",)] * len(columns))
    return [heading, *(line(row, [column.styles for column in columns]) for row in rows)]


def table_width(columns: Sequence[Column], rows: Sequence[Sequence[str]], indent: str = INDENT) -> int:
    """Return the width of a table of which nothing is cut."""
    return len(indent) + sum(_natural_widths(columns, rows)) + len(GAP) * (len(columns) - 1)


def _natural_widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([len(column.title), *(len(row[position]) for row in rows)])
        for position, column in enumerate(columns)
    ]


def bar(fraction: float, width: int) -> str:
    """Return a horizontal bar of up to ``width`` characters, in steps of an eighth."""
    eighths = round(min(1.0, max(0.0, fraction)) * width * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]
