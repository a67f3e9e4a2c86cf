"""Boards with firmware of the user's own, in tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sim.boot import FirmwareBoard
from sim.boot.board import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.boot.waits import Wait
from sim.errors import CheckFailedError


class CheckedBoard(FirmwareBoard):
    """A board that fails the test when what it waits for does not come."""

    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received, as in the base class; miss it as AssertionError."""
        __tracebackhide__ = True
        with _assertion():
            return super().wait_for(wait, timeout_seconds, uart)

    def expect_nothing(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> None:
        """Run while something must not be received, as in the base class; get it as AssertionError."""
        __tracebackhide__ = True
        with _assertion():
            super().expect_nothing(wait, timeout_seconds, uart)

    def transcripts(self) -> list[tuple[str, str]]:
        """Return the name of each serial port that has sent something, and all of that."""
        return [
            (f"{name} of {self.platform.id}", terminal.report())
            for name, terminal in self.terminals.items()
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
