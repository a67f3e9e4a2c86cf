"""Where a verb writes: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from sim.errors import EnvironmentMissingError
from sim.report.style import Style, printable

_DEFAULT_WIDTH = 80
_MIN_WIDTH = 60
_MAX_WIDTH = 140


class Console:
    """The two streams of a process, with their width and colours.

    Parameters
    ----------
    stdout, stderr
        The streams; those of the process by default.
    """

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.stdout = stdout or sys.stdout or _nowhere()
        self.stderr = stderr or sys.stderr or _nowhere()
        for stream in (self.stdout, self.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="replace")
        self.style = Style(colour=_wants_colour(self.stdout))
        self.width = _DEFAULT_WIDTH
        if self.stdout.isatty() or "COLUMNS" in os.environ:
            columns = shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns
            self.width = min(_MAX_WIDTH, max(_MIN_WIDTH, columns))

    def result(self, text: str) -> None:
        """Write what was asked for.

        Raises
        ------
        BrokenPipeError
            The reader went away, as ``head`` does.
        EnvironmentMissingError
            It cannot be written for another reason, such as a full disk.
        """
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError as error:
            # Keeps the interpreter from trying once more at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise
            raise EnvironmentMissingError(f"cannot write the result: {error.strerror}") from error

    def note(self, text: str) -> None:
        """Write a line about what is going on."""
        self.stderr.write(f"{text}\n")
        self.stderr.flush()

    def error(self, message: str, hint: str = "") -> None:
        """Write an error as one line, and its hint as another."""
        self.note(f"sim: error: {_one_line(message)}")
        if hint:
            self.note(f"hint: {_one_line(hint)}")


def _nowhere() -> TextIO:
    # A process may be started with its standard streams closed.
    return Path(os.devnull).open("w", encoding="utf-8")


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
