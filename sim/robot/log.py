"""A run as it appears in Robot Framework's log: HTML with an inline chart."""

from __future__ import annotations

from html import escape

from sim.report.one_line import render_line
from sim.report.outputs import answer_entries
from sim.report.units import UNKNOWN, percent, ratio, shape, si
from sim.result import Operator, Result

_ANSWER_COLUMNS = 100
_ROW_HEIGHT = 18
_LABEL_WIDTH = 220
_BAR_WIDTH = 300
_FIGURE_WIDTH = 160
_MAX_BARS = 12
_HEADINGS = ("#", "operator", "output", "cycles", "share", "energy", "MACs", "cycles/MAC")


def render_html(result: Result) -> str:
    """Return a run as HTML: its main figures, a chart of the costliest operators, and all operators."""
    parts = [f"<b>{escape(render_line(result))}</b>"]
    parts += [f"{escape(label)}: {escape(text)}" for label, text in answer_entries(result, _ANSWER_COLUMNS)]
    if result.operators:
        parts += [_chart(result), _table(result)]
    return "<div>" + "".join(f"<div>{part}</div>" for part in parts) + "</div>"


def _table(result: Result) -> str:
    head = "".join(f'<th style="text-align:left;padding:0 8px">{heading}</th>' for heading in _HEADINGS)
    body = "".join(f"<tr>{''.join(map(_cell, _cells(operator)))}</tr>" for operator in result.operators)
    return f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table>'


def _cells(operator: Operator) -> tuple[str, ...]:
    return (
        str(operator.index),
        operator.name,
        "" if operator.output_shape is None else shape(operator.output_shape),
        UNKNOWN if operator.cycles is None else f"{operator.cycles:,}",
        UNKNOWN if operator.share is None else percent(operator.share),
        UNKNOWN if operator.energy_joules is None else si(operator.energy_joules, "J"),
        si(operator.macs) if operator.macs else "",
        "" if operator.cycles_per_mac is None else ratio(operator.cycles_per_mac),
    )


def _cell(text: str) -> str:
    return f'<td style="padding:0 8px">{escape(text)}</td>'


def _chart(result: Result) -> str:
    """Return the cycles of the costliest operators as horizontal bars, in execution order."""
    ranked = sorted(result.operators, key=lambda operator: -(operator.cycles or 0))[:_MAX_BARS]
    bars = sorted(ranked, key=lambda operator: operator.index)
    most_cycles = max(operator.cycles or 0 for operator in bars) or 1
    width, height = _LABEL_WIDTH + _BAR_WIDTH + _FIGURE_WIDTH, _ROW_HEIGHT * len(bars)
    rows = "".join(_bar(operator, most_cycles, _ROW_HEIGHT * row) for row, operator in enumerate(bars))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="cycles per operator" '
        f'width="{width}" height="{height}" font-size="12" fill="currentColor">{rows}</svg>'
    )


def _bar(operator: Operator, most_cycles: int, top: int) -> str:
    cycles = operator.cycles or 0
    length = round(_BAR_WIDTH * cycles / most_cycles, 1)
    text_y = top + _ROW_HEIGHT - 5
    return (
        f'<text x="{_LABEL_WIDTH - 8}" y="{text_y}" text-anchor="end">'
        f"{operator.index} {escape(operator.name)}</text>"
        f'<rect x="{_LABEL_WIDTH}" y="{top + 2}" width="{length}" height="{_ROW_HEIGHT - 4}" fill="#4a90d9"/>'
        f'<text x="{_LABEL_WIDTH + length + 6}" y="{text_y}">{cycles:,}</text>'
    )
