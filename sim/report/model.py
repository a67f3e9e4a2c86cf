"""Facts about a model as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import PurePath

from sim.inspection import ModelFacts, TensorFacts
from sim.report.entries import entry_lines
from sim.report.style import PLAIN, Style, printable
from sim.report.table import Column, render_table
from sim.report.units import UNKNOWN, count, shape, size


def render_model(facts: ModelFacts, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return what is known about a model: summary, operators and boards."""
    sections = [
        [f"{style(printable(PurePath(facts.path).name), 'bold')} · {size(facts.size_bytes)}"],
        [line for label, text in _entries(facts) for line in entry_lines(label, text, width, style)],
        _operators(facts, width, style),
        _boards(facts, width, style),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _entries(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    for label, tensors in (("input", facts.inputs), ("output", facts.outputs)):
        for tensor in tensors:
            yield label, _tensor(tensor)
    yield "parameters", f"{facts.parameters:,}"
    yield "MACs", UNKNOWN if facts.macs is None else f"{facts.macs:,}"
    yield "tensors", f"{size(facts.tensors_at_least_bytes)} of RAM at the fullest moment"
    unsupported = [operator for operator in facts.operators if operator.problem is not None]
    number = count(len(facts.operators), "operator")
    if unsupported:
        yield "support", f"{number}, {len(unsupported)} of them not supported by the bundled runner"
    else:
        yield "support", f"{number}, all supported by the bundled runner"


def _tensor(tensor: TensorFacts) -> str:
    kind = f"{tensor.dtype} {shape(tensor.shape)}"
    if tensor.scale is None:
        return f"{kind} ({tensor.name})"
    return f"{kind}, scale {tensor.scale:.6g}, zero point {tensor.zero_point} ({tensor.name})"


def _operators(facts: ModelFacts, width: int, style: Style) -> list[str]:
    rows = [
        [
            str(operator.index),
            operator.name,
            str(operator.version),
            "" if operator.output_shape is None else shape(operator.output_shape),
            UNKNOWN if operator.macs is None else f"{operator.macs:,}" if operator.macs else "",
            operator.problem or "",
        ]
        for operator in facts.operators
    ]
    columns = [
        Column("#", right=True, styles=("dim",)),
        Column("operator", min_width=12),
        Column("version", right=True),
        Column("output", min_width=6),
        Column("MACs", right=True),
        Column("", styles=("red",), min_width=20),
    ]
    return render_table(columns, rows, width=width, style=style)


def _boards(facts: ModelFacts, width: int, style: Style) -> list[str]:
    rows = [
        [
            board.platform,
            UNKNOWN if board.flash_used_bytes is None else size(board.flash_used_bytes),
            size(board.flash_total_bytes),
            UNKNOWN if board.arena_used_bytes is None else size(board.arena_used_bytes),
            UNKNOWN if board.arena_available_bytes is None else size(board.arena_available_bytes),
            board.runner or "",
            "fits" if board.fits else "too large",
        ]
        for board in facts.boards
    ]
    columns = [
        Column("board", styles=("bold",)),
        Column("flash", right=True),
        Column("of", right=True),
        Column("arena", right=True),
        Column("of", right=True),
        Column("runner"),
        Column(""),
    ]
    problems = [f"- {board.problem}" for board in facts.boards if board.problem is not None]
    return [
        *render_table(columns, rows, width=width, style=style),
        *(
            line
            for problem in problems
            for line in textwrap.wrap(problem, width, initial_indent="  ", subsequent_indent="    ")
        ),
    ]
