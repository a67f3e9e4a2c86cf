"""YIELD, SEV and WFE: hints that firmware waits with."""

from __future__ import annotations

import pytest

from sim.machine.embedded.hints import Hint, hint_at_end, sends_event
from sim.machine.protocol import Level, StopReason
from tests.support.boards import PLENTY, AssembledBoard

TICK_CYCLES = 10_000
SYS_TICK = 15
RAM = 0x20004000
START_SYSTICK = f"""
    ldr r0, =0xe000e010
    ldr r1, ={TICK_CYCLES - 1}
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
    ldr r4, ={RAM:#x}
"""
HANDLER = """
tick:
    ldr r2, [r4]
    adds r2, #1
    str r2, [r4]
    bx lr
    .ltorg
"""


def ticking(wait: str) -> AssembledBoard:
    """A board that waits for three ticks of a timer."""
    program = f"""
start: {START_SYSTICK}
again:
    {wait}
    ldr r3, [r4]
    cmp r3, #3
    blt again
    b stop_end
stop_end: b .
{HANDLER}
"""
    return AssembledBoard(program, handlers={SYS_TICK: "tick"})


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("hint", ["yield", "yield.w", "it eq\n yieldeq", "sev\n wfe", "sev.w\n wfe.w"])
def test_a_hint_with_nothing_to_wait_for_goes_on(hint: str, level: Level) -> None:
    board = AssembledBoard(f"start: cmp r0, r0\n {hint}\n b stop_end\nstop_end: b .\n", level=level)
    assert board.machine.run(PLENTY).marker == "end"


def test_yield_costs_no_more_than_a_no_operation() -> None:
    cycles = []
    for hint in ("nop", "yield"):
        board = AssembledBoard(f"start: {hint}\n {hint}\n movs r0, #1\n b stop_end\nstop_end: b .\n")
        board.machine.run(PLENTY)
        cycles.append(board.machine.cycles)
    assert cycles[1] == pytest.approx(cycles[0], abs=2)


def test_wfe_sleeps_until_an_interrupt_and_not_longer() -> None:
    board = ticking("wfe")
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(RAM, 1) == [3]
    assert board.machine.cycles == pytest.approx(3 * TICK_CYCLES, rel=0.05)
    assert board.machine.hit("end").executions.sum() < 60


def test_the_sequence_that_clears_the_event_sleeps_once() -> None:
    board = ticking("sev\n wfe\n wfe")
    assert board.machine.run(PLENTY).marker == "end"
    assert board.machine.cycles == pytest.approx(3 * TICK_CYCLES, rel=0.05)


def test_wfe_with_nothing_that_could_wake_it_is_idle() -> None:
    board = AssembledBoard("start: wfe\n b start\n")
    assert board.machine.run(PLENTY).reason is StopReason.IDLE


def test_an_undefined_instruction_behind_a_hint_is_still_a_fault() -> None:
    board = AssembledBoard("start: yield\n udf #0\n")
    assert board.machine.run(PLENTY).reason is StopReason.FAULT


def test_hints_are_told_from_other_instructions() -> None:
    assert hint_at_end(b"\x00\xbf\x20\xbf") is Hint.WFE
    assert hint_at_end(b"\xaf\xf3\x01\x80") is Hint.YIELD
    assert hint_at_end(b"\x30\xbf") is None  # WFI, which Unicorn knows
    assert sends_event(b"\x40\xbf\x20\xbf")
    assert not sends_event(b"\x00\x40\xbf\x20")
