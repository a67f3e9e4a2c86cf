"""Lists of labelled facts."""

from __future__ import annotations

import textwrap

from sim.report.style import Style, printable

_INDENT = "  "
_NO_BREAK_SPACE = "\u00a0"
LABEL_WIDTH = 15
"""Columns in front of a text, indentation included."""


def entry_lines(label: str, text: str, width: int, style: Style) -> list[str]:
    """Return a label and its text, wrapped to ``width`` columns."""
    joined = printable(text).replace(" %", f"{_NO_BREAK_SPACE}%")
    wrapped = textwrap.wrap(joined, width - LABEL_WIDTH) or [""]
    first, *more = (line.replace(_NO_BREAK_SPACE, " ") for line in wrapped)
    head = _INDENT + style(label.ljust(LABEL_WIDTH - len(_INDENT)), "dim")
    return [head + first, *(" " * LABEL_WIDTH + line for line in more)]
