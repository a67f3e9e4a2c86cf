"""A progress line for runs that take longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from sim.inference import Progress

_QUIET_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_ERASE_LINE = "\r\033[K"


class ProgressLine:
    """Shows progress: on a terminal a line that is redrawn and finally erased, elsewhere a single line.

    Parameters
    ----------
    stream
        Where to write.
    clock
        Source of seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._redraws = stream.isatty()
        self._next = clock() + _QUIET_SECONDS
        self._shown = False

    def __call__(self, progress: Progress) -> None:
        """Show the progress, when it is time to."""
        now = self._clock()
        if now < self._next or (self._shown and not self._redraws):
            return
        self._next = now + _REDRAW_SECONDS
        self._shown = True
        text = _describe(progress)
        self._stream.write(f"{_ERASE_LINE}sim: {text}" if self._redraws else f"sim: {text}\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        """Start the clock's first second."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Erase the line."""
        if self._redraws and self._shown:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()


def _describe(progress: Progress) -> str:
    share = f", {100 * progress.fraction:.0f} %" if progress.fraction else ""
    return f"{progress.phase}{share}"
