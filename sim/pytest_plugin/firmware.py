"""Boards with firmware of the user's own, in tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.backends import TalkingBoard
from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS, SerialTalk
from sim.boot.terminal import Received
from sim.boot.waits import Wait
from sim.errors import CheckFailedError


class CheckedBoard(SerialTalk):
    """A board that fails the test when what it waits for does not come; in all else, the board itself.

    Parameters
    ----------
    name
        What reports call it.
    """

    def __init__(self, board: TalkingBoard, name: str) -> None:
        self._board = board
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """Return what the board has of that name."""
        return getattr(self._board, name)

    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received; miss it as AssertionError."""
        __tracebackhide__ = True
        with _assertion():
            return self._board.wait_for(wait, timeout_seconds, uart)

    def expect_nothing(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> None:
        """Run while something must not be received; get it as AssertionError."""
        __tracebackhide__ = True
        with _assertion():
            self._board.expect_nothing(wait, timeout_seconds, uart)

    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port."""
        self._board.write(data, uart=uart)

    def close(self) -> None:
        """Let the board go."""
        self._board.close()

    def transcripts(self) -> list[tuple[str, str]]:
        """Return the name of each serial port that has sent something, and all of that."""
        return [
            (f"{name} of {self._name}", terminal.report())
            for name, terminal in self._board.terminals.items()
            if terminal.sent
        ]


@contextmanager
def _assertion() -> Iterator[None]:
    __tracebackhide__ = True
    try:
        yield
    except CheckFailedError as error:
        assertion = AssertionError(error.message)
        if error.hint:
            assertion.add_note(f"hint: {error.hint}")
        raise assertion from None
