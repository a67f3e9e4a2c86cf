"""A run says often that it is alive, so that it can be ended at once, and ends where it is told to."""

from __future__ import annotations

import itertools

import pytest

from sim.machine.embedded import engine
from sim.machine.protocol import RunLimits
from tests.support.boards import PLENTY, AssembledBoard

FOREVER = """
start:
    adds r0, #1
    b start
"""
MANY_BLOCKS = (
    "start:\n"
    + "\n".join(f"    b block{i}\nblock{i}:\n    nop" for i in range(200))
    + "\n    b stop_end\nstop_end:\n    b stop_end\n"
)
SLICE_CYCLES = 2_000_000


class GivenUpError(Exception):
    pass


def test_two_reports_are_never_further_apart_than_a_slice() -> None:
    reports: list[int] = []
    AssembledBoard(FOREVER, on_progress=reports.append).machine.run(RunLimits(cycles=10 * SLICE_CYCLES + 1))
    longest_block_cycles = 100
    assert len(reports) >= 10
    assert max(b - a for a, b in itertools.pairwise([0, *reports])) < SLICE_CYCLES + longest_block_cycles


def test_code_that_is_new_does_not_delay_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_REPORT_SECONDS", 0.0)
    reports: list[int] = []
    watched, quiet = AssembledBoard(MANY_BLOCKS, on_progress=reports.append), AssembledBoard(MANY_BLOCKS)
    assert watched.machine.run(PLENTY).marker == quiet.machine.run(PLENTY).marker == "end"
    assert len(reports) >= 200
    assert watched.machine.cycles == quiet.machine.cycles


def test_nothing_is_executed_after_a_report_has_ended_the_run() -> None:
    reports: list[int] = []

    def give_up_at_the_third(cycles: int) -> None:
        reports.append(cycles)
        if len(reports) == 3:
            raise GivenUpError

    board = AssembledBoard(FOREVER, on_progress=give_up_at_the_third)
    with pytest.raises(GivenUpError):
        board.machine.run(RunLimits(cycles=10**12))
    assert board.machine.cycles == reports[-1] < 4 * SLICE_CYCLES
