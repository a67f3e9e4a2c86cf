"""What firmware sends on a port, as a terminal takes it: lines, unfinished lines, bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

_LONGEST_LINE_BYTES = 4096  # so that endless output without line feeds stays cheap to look at
CHANNELS = ("semihosting", "itm")
"""Names of the terminals that listen to other ways out of the core than serial ports."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_UNPRINTED = dict.fromkeys(map(ord, "\0\r"))


@dataclass(frozen=True, slots=True)
class Received:
    """What a wait has found on a serial port.

    Attributes
    ----------
    data
        The bytes, of a line without its end.
    seconds
        Virtual time since reset when they were complete.
    groups
        What the groups of a regular expression matched.
    """

    data: bytes
    seconds: float
    groups: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The bytes as text, without carriage returns, NULs and colours; what is no UTF-8 is replaced."""
        return _COLOUR.sub("", self.data.decode("utf-8", "replace").translate(_UNPRINTED))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    """Behind its end-of-line character, if it has one."""
    seconds: float


Match = Callable[[str], "tuple[str, ...] | None"]
"""Returns the groups of a match in a text, or None."""


class Terminal:
    """Listens to a serial port or channel. What a wait has found counts as read, and all before it.

    Parameters
    ----------
    name
        Name of the port.
    sent
        Every byte that firmware has sent there; it grows.
    uptime_seconds
        Returns the virtual time.
    """

    def __init__(self, name: str, sent: bytearray, uptime_seconds: Callable[[], float]) -> None:
        self.name = name
        self.sent = sent
        self._line_end = b"\n"
        self._uptime_seconds = uptime_seconds
        self._lines: list[_Line] = []
        self._unread_line = 0
        self._line_start = 0
        self._looked = 0
        self._read = 0

    @property
    def transcript(self) -> str:
        """Everything that firmware has sent; bytes that are no UTF-8 are replaced."""
        return self.sent.decode("utf-8", "replace")

    @property
    def looked(self) -> int:
        """How many of the bytes notice was taken of."""
        return self._looked

    @property
    def unfinished(self) -> Received:
        """What has been sent and not been read of a line that has no end yet."""
        return self._received(self._unfinished_line)

    def look(self) -> None:
        """Take notice of what was sent just now."""
        while (end := self.sent.find(self._line_end, self._looked)) >= 0:
            self._end_line(end + 1)
        self._looked = len(self.sent)
        if self._looked - self._line_start >= _LONGEST_LINE_BYTES:
            self._end_line(self._looked)

    def end_lines_at_carriage_returns(self) -> None:
        """Let lines end there from now on, instead of at line feeds."""
        self._line_end = b"\r"

    def skip(self) -> None:
        """Count everything as read."""
        self._read_to(len(self.sent))

    def line(self, index: int) -> Received:
        """Return a line by its number since reset."""
        return self._received(self._lines[index])

    @property
    def line_count(self) -> int:
        """Number of lines since reset that have an end or were read without one."""
        return len(self._lines)

    def lines(self) -> list[Received]:
        """Return all lines since reset, read or not, without the unfinished one."""
        return [self.line(index) for index in range(len(self._lines))]

    def report(self) -> str:
        """Return everything since reset line by line, with the virtual time of each in milliseconds."""
        lines = [f"[{line.seconds * 1e3:12.6f} ms] {line.text}" for line in self.lines()]
        rest = self.unfinished.text
        return "\n".join([*lines, f"[{'unfinished':>15}] {rest}"] if rest else lines)

    # -- taking ----------------------------------------------------------------------------------------------

    def take_line(
        self, match: Match, first: int = 0, *, unfinished: bool = False, next_only: bool = False
    ) -> Received | None:
        """Take the first unread line that matches.

        Parameters
        ----------
        first
            Lines before this number are known not to match.
        unfinished
            Whether the line that has no end yet may match.
        next_only
            Whether only the first unread line may match.
        """
        stop = min(len(self._lines), self._unread_line + 1) if next_only else len(self._lines)
        for index in range(max(first, self._unread_line), stop):
            line = self.line(index)
            if (groups := match(line.text)) is not None:
                self._read_to(self._lines[index].end)
                return replace(line, groups=groups)
        if not unfinished or (next_only and self._unread_line < len(self._lines)):
            return None
        rest = self.unfinished
        groups = match(rest.text)
        if groups is None:
            return None
        self.skip()
        return replace(rest, groups=groups)

    def take_lines(
        self, matches: Sequence[Match], *, unfinished: bool = False, next_only: bool = False
    ) -> Received | None:
        """Take unread lines that follow each other and match one by one; return the last of them.

        Parameters
        ----------
        unfinished
            Whether the last of them may still lack its end.
        next_only
            Whether they have to begin with the first unread line.
        """
        ends = [*self._lines, *([self._unfinished_line] if unfinished else [])]
        last_first = len(ends) - len(matches)
        if next_only:
            last_first = min(last_first, self._unread_line)
        for first in range(self._unread_line, last_first + 1):
            lines = [self._received(line) for line in ends[first : first + len(matches)]]
            groups = [match(line.text) for match, line in zip(matches, lines, strict=True)]
            if None not in groups:
                self._read_to(ends[first + len(matches) - 1].end)
                return replace(lines[-1], groups=groups[-1] or ())
        return None

    def take_bytes(self, pattern: re.Pattern[bytes], *, at_start: bool = False) -> Received | None:
        """Take the unread bytes that match, and skip those before; `at_start`, there may be none before."""
        sent = self.sent
        found = pattern.match(sent, self._read) if at_start else pattern.search(sent, self._read)
        if found is None:
            return None
        groups = tuple((group or b"").decode("latin-1") for group in found.groups())
        taken = Received(found.group(), self._uptime_seconds(), groups)
        self._read_to(found.end())
        return taken

    def _end_line(self, end: int) -> None:
        self._lines.append(_Line(self._line_start, end, self._uptime_seconds()))
        self._line_start = self._looked = end

    @property
    def _unfinished_line(self) -> _Line:
        return _Line(self._line_start, len(self.sent), self._uptime_seconds())

    def _received(self, line: _Line) -> Received:
        data = bytes(self.sent[line.start : line.end])
        return Received(data.removesuffix(self._line_end), line.seconds)

    def _read_to(self, end: int) -> None:
        """Count what was sent before an index as read; a line that this cuts becomes two."""
        self._read = end
        if self._line_start < end:
            self._end_line(end)
        while self._unread_line < len(self._lines):
            line = self._lines[self._unread_line]
            if line.end > end:
                if line.start < end:
                    self._lines[self._unread_line] = replace(line, start=end)
                    self._lines.insert(self._unread_line, replace(line, end=end))
                    self._unread_line += 1
                break
            self._unread_line += 1
