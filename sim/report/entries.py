"""Lists of labelled facts."""

from __future__ import annotations

import textwrap

from sim.report.style import Style, printable

_INDENT = "  "
LABEL_WIDTH = 15
"""Columns in front of a text, indentation included."""


def entry_lines(label: str, text: str, width: int, style: Style) -> list[str]:
    """Return a label and its text, wrapped to ``width`` columns."""
    first, *more = textwrap.wrap(printable(text), width - LABEL_WIDTH) or [""]
    head = _INDENT + style(label.ljust(LABEL_WIDTH - len(_INDENT)), "dim")
    return [head + first, *(" " * LABEL_WIDTH + line for line in more)]
