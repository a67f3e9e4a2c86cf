"""Colours and weights of terminal text, or none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_SEQUENCE = re.compile(r"\033\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in ANSI sequences when ``colour`` is set; pad text before styling it."""

    colour: bool = False

    def __call__(self, text: str, *names: str) -> str:
        """Return the text in the named styles: bold, dim, red, green, yellow, cyan."""
        if not self.colour or not text or not names:
            return text
        return f"\033[{';'.join(_CODES[name] for name in names)}m{text}\033[0m"

    def grey_pair(self, upper: int, lower: int) -> str:
        """Return one character whose upper and lower halves have the given grey levels (0 to 255)."""
        upper, lower = (232 + level * 23 // 255 for level in (upper, lower))
        return f"\033[38;5;{upper};48;5;{lower}m▀"


PLAIN = Style()


def printable(text: str) -> str:
    """Return the text with a replacement for each character that a terminal would obey instead of showing.

    Names come from model files, and a model file may come from anywhere.
    """
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def visible_width(text: str) -> int:
    """Return the columns that a text takes on a terminal, styles not counted."""
    return len(_SEQUENCE.sub("", text))
