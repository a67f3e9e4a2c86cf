"""Waits for a line among everything that firmware sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_LONGEST_LINE_BYTES = 4096  # so that endless output without line feeds stays cheap to look at


class LineWatch:
    """Looks at the current line of each output while it is being sent.

    Parameters
    ----------
    on_match
        Called once when a line matches what is awaited.
    """

    def __init__(self, on_match: Callable[[], None]) -> None:
        self._on_match = on_match
        self._awaited: re.Pattern[bytes] | None = None
        self._starts: dict[str, int] = {}  # by output; from the beginning where there is none

    def expect(self, awaited: re.Pattern[bytes] | None, sent_bytes: Mapping[str, int]) -> None:
        """Wait for a pattern from now on, unless the same is awaited already; None for nothing."""
        if awaited is not self._awaited:
            self._starts = dict(sent_bytes)
        self._awaited = awaited

    def look(self, name: str, sent: bytearray) -> None:
        """Take notice of what an output has sent just now."""
        if self._awaited is None:
            return
        start = self._starts.get(name, 0)
        if self._awaited.search(sent, start):
            self._awaited = None
            self._on_match()
        elif sent.endswith(b"\n") or len(sent) - start >= _LONGEST_LINE_BYTES:
            self._starts[name] = len(sent)
