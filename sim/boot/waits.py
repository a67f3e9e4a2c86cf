"""What a board can wait for on its serial ports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from sim.boot.terminal import Match, Received, Terminal
from sim.errors import UsageError


class Wait(Protocol):
    """Something that will have been received, sooner or later."""

    def __str__(self) -> str:
        """Name it, as in "did not send ..."."""

    def check(self, terminal: Terminal) -> Received | None:
        """Return it once it is there, and count it as read."""


@dataclass
class LineWait:
    """A line that contains a text, or that a regular expression finds something in.

    Attributes
    ----------
    pattern
        The text or regular expression.
    unfinished
        Whether the line may still lack its end, as a prompt does.
    next_only
        Whether it has to be the next line.
    """

    pattern: str
    regex: bool = False
    unfinished: bool = False
    next_only: bool = False
    _match: Match = field(init=False)
    _first: int = 0

    def __post_init__(self) -> None:
        self._match = text_match(self.pattern, regex=self.regex)

    def __str__(self) -> str:
        kind = "a line that matches" if self.regex else "a line with"
        return f"{kind} {self.pattern!r}" + (" next" if self.next_only else "")

    def check(self, terminal: Terminal) -> Received | None:
        """Return the line once it is there."""
        taken = terminal.take_line(
            self._match, self._first, unfinished=self.unfinished, next_only=self.next_only
        )
        self._first = terminal.line_count
        return taken


@dataclass
class AnyLineWait:
    """The next line, whatever it is."""

    def __str__(self) -> str:
        return "another line"

    def check(self, terminal: Terminal) -> Received | None:
        """Return the line once it is there."""
        return terminal.take_line(lambda _: ())


@dataclass
class LinesWait:
    """Lines that follow each other without others between them.

    Attributes
    ----------
    patterns
        One for each line.
    unfinished
        Whether the last line may still lack its end.
    next_only
        Whether they have to begin with the next line.
    """

    patterns: tuple[str, ...]
    regex: bool = False
    unfinished: bool = False
    next_only: bool = False
    _matches: list[Match] = field(init=False)

    def __post_init__(self) -> None:
        self._matches = [text_match(pattern, regex=self.regex) for pattern in self.patterns]

    def __str__(self) -> str:
        return f"{len(self.patterns)} lines in a row, from {self.patterns[0]!r}"

    def check(self, terminal: Terminal) -> Received | None:
        """Return the last of the lines once they are there."""
        return terminal.take_lines(self._matches, unfinished=self.unfinished, next_only=self.next_only)


@dataclass
class BytesWait:
    """Bytes in a row, whatever is sent before them.

    Attributes
    ----------
    pattern
        The bytes, or a regular expression.
    at_start
        Whether nothing may come before them.
    """

    pattern: bytes
    regex: bool = False
    at_start: bool = False
    _compiled: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._compiled = compile_bytes(self.pattern if self.regex else re.escape(self.pattern))

    def __str__(self) -> str:
        shown = repr(self.pattern.decode("latin-1")) if self.regex else self.pattern.hex(" ")
        return f"bytes that match {shown}" if self.regex else f"the bytes {shown}"

    def check(self, terminal: Terminal) -> Received | None:
        """Return the bytes once they are there."""
        return terminal.take_bytes(self._compiled, at_start=self.at_start)


@dataclass
class GuardedWait:
    """Another wait, which fails at once at a line that must not come.

    Attributes
    ----------
    forbidden
        The lines, which are looked for before what is awaited.
    refused
        The first of them that came.
    """

    wait: Wait
    forbidden: tuple[LineWait, ...]
    refused: Received | None = None

    def __str__(self) -> str:
        return str(self.wait)

    def check(self, terminal: Terminal) -> Received | None:
        """Return what is awaited, or a line that must not come, once either is there."""
        for line in self.forbidden:
            self.refused = line.check(terminal)
            if self.refused is not None:
                return self.refused
        return self.wait.check(terminal)


class SilenceBroken:
    """Any byte that has not been sent yet."""

    def __init__(self, terminal: Terminal) -> None:
        self._sent = len(terminal.sent)

    def __str__(self) -> str:
        return "anything"

    def check(self, terminal: Terminal) -> Received | None:
        """Return what is unfinished once there is a new byte; nothing counts as read."""
        return terminal.unfinished if len(terminal.sent) > self._sent else None


def text_match(pattern: str, *, regex: bool) -> Match:
    """Return a test whether a line contains a text, or matches somewhere.

    Raises
    ------
    UsageError
        It is no regular expression.
    """
    if not regex:
        return lambda line: () if pattern in line else None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from error

    def match(line: str) -> tuple[str, ...] | None:
        found = compiled.search(line)
        return None if found is None else tuple(group or "" for group in found.groups())

    return match


def compile_bytes(pattern: bytes) -> re.Pattern[bytes]:
    """Return a regular expression over bytes; a dot stands for any byte.

    Raises
    ------
    UsageError
        It is none.
    """
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        shown = pattern.decode("latin-1")
        raise UsageError(f"{shown!r} is no regular expression: {error}") from error
