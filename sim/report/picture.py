"""A small picture of an image, in characters."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.style import PLAIN, Style

_SHADES = " ░▒▓█"
_ENLARGED_UP_TO_COLUMNS = 16


def render_picture(rows: Sequence[Sequence[int]], style: Style = PLAIN) -> list[str]:
    """Return the lines of a picture; each character shows two grey levels, one above the other.

    Parameters
    ----------
    rows
        Grey levels by row, 0 black to 255 white. Small pictures are doubled in size.
    """
    if len(rows[0]) <= _ENLARGED_UP_TO_COLUMNS:
        rows = [[level for level in row for _ in range(2)] for row in rows for _ in range(2)]
    pairs = [
        list(zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], _lower_rows(rows), strict=True)
    ]
    if style.colour:
        return ["".join(style.grey_pair(*pair) for pair in line) + "\033[0m" for line in pairs]
    return ["".join(_SHADES[(sum(pair) * len(_SHADES)) // 511] for pair in line) for line in pairs]


def _lower_rows(rows: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    lower = list(rows[1::2])
    return lower if len(rows) % 2 == 0 else [*lower, [0] * len(rows[0])]
