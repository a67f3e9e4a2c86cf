"""The progress line."""

from __future__ import annotations

import io

import pytest

from sim.cli.progress import ProgressLine
from sim.inference import Progress


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("stream", [io.StringIO(), FakeTerminal()])
def test_a_run_of_less_than_a_second_shows_nothing(stream: io.StringIO) -> None:
    clock = FakeClock()
    with ProgressLine(stream, clock) as progress:
        for clock.now in (0.1, 0.5, 0.99):
            progress(Progress("booting"))
    assert stream.getvalue() == ""


def test_outside_a_terminal_a_long_run_says_so_once() -> None:
    stream, clock = io.StringIO(), FakeClock()
    with ProgressLine(stream, clock) as progress:
        for clock.now in (0.5, 1.5, 2.5, 3.5):
            progress(Progress("inference 1 of 2", 0.5))
    assert stream.getvalue() == "sim: inference 1 of 2, 50 %\n"


def test_on_a_terminal_the_line_is_redrawn_and_erased_in_the_end() -> None:
    stream, clock = FakeTerminal(), FakeClock()
    with ProgressLine(stream, clock) as progress:
        for clock.now in (1.5, 1.55, 2.5):
            progress(Progress(f"at {clock.now}"))
    assert stream.getvalue() == "\r\033[Ksim: at 1.5\r\033[Ksim: at 2.5\r\033[K"


def test_the_line_is_erased_also_when_the_run_fails() -> None:
    stream, clock = FakeTerminal(), FakeClock()

    def fail() -> None:
        with ProgressLine(stream, clock) as progress:
            clock.now = 2.0
            progress(Progress("booting"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stream.getvalue().endswith("\r\033[K")
