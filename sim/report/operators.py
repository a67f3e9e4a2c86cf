"""The per-operator table of a run."""

from __future__ import annotations

from sim.report.style import Style
from sim.report.table import GAP, Column, bar, render_table, table_width
from sim.report.units import UNKNOWN, ratio, shape, si
from sim.result import Operator, Result

_MAX_BAR_WIDTH = 10
_MIN_BAR_WIDTH = 3
_BAR_COLUMN = 5
_VISIBLE_SHARE = 0.0005


def operator_lines(result: Result, *, width: int, style: Style) -> list[str]:
    """Return the table of operators and, below it, what the runtime spent between them and the sum."""
    if not result.operators:
        return []
    rows = [_row(operator) for operator in result.operators] + _closing_rows(result)
    columns = [
        Column("#", right=True, styles=("dim",)),
        Column("operator", min_width=12),
        Column("output", min_width=6, styles=("dim",)),
        Column("cycles", right=True),
        Column("%", right=True),
        Column("energy", right=True),
        Column("MACs", right=True),
        Column("c/MAC", right=True),
    ]
    bar_width = min(_MAX_BAR_WIDTH, width - table_width(columns, rows) - len(GAP))
    if bar_width >= _MIN_BAR_WIDTH:
        shares = [operator.share or 0.0 for operator in result.operators]
        bars = [bar(share / (max(shares) or 1.0), bar_width) for share in shares]
        bars += [""] * (len(rows) - len(bars))
        rows = [[*row[:_BAR_COLUMN], cell, *row[_BAR_COLUMN:]] for row, cell in zip(rows, bars, strict=True)]
        columns.insert(_BAR_COLUMN, Column("", styles=("cyan",)))
    return render_table(columns, rows, width=width, style=style)


def _row(operator: Operator) -> list[str]:
    return [
        str(operator.index),
        operator.name,
        "" if operator.output_shape is None else shape(operator.output_shape),
        UNKNOWN if operator.cycles is None else f"{operator.cycles:,}",
        UNKNOWN if operator.share is None else _percent(operator.share),
        UNKNOWN if operator.energy_joules is None else si(operator.energy_joules, "J"),
        si(operator.macs) if operator.macs else "",
        "" if operator.cycles_per_mac is None else ratio(operator.cycles_per_mac),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _closing_rows(result: Result) -> list[list[str]]:
    if result.cycles is None:
        return []
    rows = []
    between_cycles = result.cycles - sum(operator.cycles or 0 for operator in result.operators)
    if between_cycles > _VISIBLE_SHARE * result.cycles:
        share = _percent(between_cycles / result.cycles)
        rows.append(["", "(runtime)", "", f"{between_cycles:,}", share, "", "", ""])
    macs = sum(operator.macs or 0 for operator in result.operators)
    energy = UNKNOWN if result.energy_joules is None else si(result.energy_joules, "J")
    rows.append(
        [
            "",
            "total",
            "",
            f"{result.cycles:,}",
            "100",
            energy,
            si(macs) if macs else "",
            ratio(result.cycles / macs) if macs else "",
        ]
    )
    return rows
