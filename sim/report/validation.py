"""A validation as text and as a page of documentation."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.style import PLAIN, Style
from sim.report.table import INDENT, Column, render_table, table_width
from sim.report.units import UNKNOWN, count, end_of, si
from sim.validation import Comparison, Summary, Validation

_TEXT_COLUMNS = (
    Column("board", styles=("bold",)),
    Column("measured by, on"),
    Column("benchmark"),
    Column("measured", right=True),
    Column("simulated", right=True),
    Column("error", right=True, styles=("bold",)),
    Column("of energy", right=True, styles=("bold",)),
)
_PAGE_COLUMNS = (
    Column("board"),
    Column("measured by, on"),
    Column("benchmark"),
    Column("latency, measured", right=True),
    Column("simulated", right=True),
    Column("error", right=True),
    Column("energy, measured", right=True),
    Column("simulated", right=True),
    Column("error", right=True),
)
_SYSTEM = 1
_SUMMARY_COLUMNS = (
    Column("", styles=("bold",)),
    Column("images", right=True),
    Column("latency, mean", right=True),
    Column("worst", right=True),
    Column("energy, mean", right=True),
    Column("worst", right=True),
)


def render_validation(validation: Validation, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return the tables for a terminal."""
    title = f"{style(validation.source, 'bold')} · {count(len(validation.comparisons), 'image')}"
    lines = [title, ""]
    lines += render_table(_TEXT_COLUMNS, _text_rows(validation.comparisons, width), width=width, style=style)
    for summaries in (validation.platforms, validation.cores):
        rows = [_summary_row(summary) for summary in summaries]
        lines += ["", *render_table(_SUMMARY_COLUMNS, rows, width=width, style=style)]
    lines += ["", *_remarks(validation)]
    return "\n".join(lines).rstrip() + "\n"


def validation_page(validation: Validation) -> str:
    """Return the tables as Markdown."""
    images = [_page_row(comparison) for comparison in validation.comparisons]
    parts = [
        "# Validation",
        "",
        "Unmodified firmware images that vendors published together with what they measured on the board,",
        "run on the simulated board. Written by `sim validate`, not by hand.",
        "",
        f"{validation.source}, simulated on {validation.date} with Boardless "
        f"{validation.boardless_version}, timing model `{validation.timing_model}`.",
        "The error is simulated over measured, less one. Energy is compared where it was measured.",
        "",
        "## By core",
        "",
        *_markdown(_SUMMARY_COLUMNS, [_summary_row(summary) for summary in validation.cores]),
        "",
        "## By board",
        "",
        *_markdown(_SUMMARY_COLUMNS, [_summary_row(summary) for summary in validation.platforms]),
        "",
        "## By image",
        "",
        *_markdown(_PAGE_COLUMNS, images),
    ]
    if remarks := _remarks(validation):
        parts += ["", *(f"- {remark}" for remark in remarks)]
    return "\n".join(parts) + "\n"


def _text_rows(comparisons: Sequence[Comparison], width: int) -> list[list[str]]:
    rows = [[*_latency_cells(comparison), _signed(comparison.energy_error)] for comparison in comparisons]
    title = _TEXT_COLUMNS[_SYSTEM].title
    others = [[*row[:_SYSTEM], title, *row[_SYSTEM + 1 :]] for row in rows]
    spare = max(0, width - table_width(_TEXT_COLUMNS, others, INDENT)) + len(title)
    # Systems of one vendor differ at the end of their names.
    return [[*row[:_SYSTEM], end_of(row[_SYSTEM], spare), *row[_SYSTEM + 1 :]] for row in rows]


def _page_row(comparison: Comparison) -> list[str]:
    return [
        *_latency_cells(comparison),
        _quantity(comparison.measured_joules, "J"),
        _quantity(comparison.simulated_joules, "J") if comparison.measured_joules else UNKNOWN,
        _signed(comparison.energy_error),
    ]


def _latency_cells(comparison: Comparison) -> list[str]:
    return [
        comparison.platform,
        comparison.system,
        comparison.benchmark,
        _quantity(comparison.measured_seconds, "s"),
        _quantity(comparison.simulated_seconds, "s"),
        _signed(comparison.latency_error),
    ]


def _summary_row(summary: Summary) -> list[str]:
    errors = (
        summary.mean_latency_error,
        summary.worst_latency_error,
        summary.mean_energy_error,
        summary.worst_energy_error,
    )
    return [summary.name, str(summary.images), *map(_unsigned, errors)]


def _remarks(validation: Validation) -> list[str]:
    failed = [
        f"{item.system} {item.benchmark} did not run: {item.failure}"
        for item in validation.comparisons
        if item.failure is not None
    ]
    return [*failed, *(f"not run: {reason}" for reason in validation.skipped)]


def _quantity(value: float | None, unit: str) -> str:
    return UNKNOWN if value is None else si(value, unit, 4)


def _signed(error: float | None) -> str:
    return UNKNOWN if error is None else f"{100 * error:+.1f} %"


def _unsigned(error: float | None) -> str:
    return UNKNOWN if error is None else f"{100 * error:.1f} %"


def _markdown(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(column.title for column in columns)} |",
        f"|{'|'.join('---:' if column.right else '---' for column in columns)}|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
