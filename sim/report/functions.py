"""The table of the functions in which a firmware spent its cycles."""

from __future__ import annotations

from collections.abc import Sequence

from sim.inference.symbols import readable_name
from sim.report.style import Style
from sim.report.table import Column, render_table
from sim.report.units import UNKNOWN, si
from sim.result import Function, Result

_LISTED = 15


def function_lines(result: Result, *, width: int, style: Style) -> list[str]:
    """Return the functions with the most cycles; the result document has all of them."""
    if not result.functions:
        return []
    listed = result.functions[:_LISTED]
    rows = [
        [
            readable_name(function.name),
            f"{function.cycles:,}",
            f"{100 * function.share:.1f}",
            f"{function.calls:,}",
            _energy([function]),
        ]
        for function in listed
    ]
    if others := result.functions[_LISTED:]:
        rows.append(
            [
                f"{len(others)} more",
                f"{sum(function.cycles for function in others):,}",
                f"{100 * sum(function.share for function in others):.1f}",
                "",
                _energy(others),
            ]
        )
    columns = [
        Column("function", min_width=16),
        Column("cycles", right=True),
        Column("%", right=True),
        Column("calls", right=True),
        Column("energy", right=True),
    ]
    return render_table(columns, rows, width=width, style=style)


def _energy(functions: Sequence[Function]) -> str:
    known = [function.energy_joules for function in functions if function.energy_joules is not None]
    return si(sum(known), "J") if len(known) == len(functions) else UNKNOWN
