"""Cortex-M0 against its cycle table ([TRM-M0] table 3-1, single-cycle multiplier)."""

from __future__ import annotations

import pytest

from tests.support.timing import block_timing, iteration_cycles

CORE = "cortex-m0"


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("movs r0, #1", 1),
        ("adds r0, r1, r2", 1),
        ("lsls r0, r1, #3", 1),
        ("muls r0, r1, r0", 1),
        ("cpsid i", 1),
        ("nop", 1),
        ("ldr r0, [r1]", 2),
        ("strh r0, [r1]", 2),
        ("ldmia r0!, {r1-r4}", 5),
        ("stmia r0!, {r1-r3}", 4),
        ("push {r4-r7, lr}", 6),
        ("pop {r4, r5}", 3),
        ("mrs r0, primask", 4),
        ("msr primask, r0", 4),
        ("dmb", 4),
        ("isb", 4),
        ("wfi", 2),
        ("ldr r0, [r1]; adds r0, #1; str r0, [r1]", 5),
    ],
)
def test_straight_code_costs_what_the_table_says(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).cycles == cycles


@pytest.mark.parametrize(
    ("text", "not_taken", "taken"),
    [
        ("beq .", 1, 3),
        ("b .", 1, 3),
        ("bl .", 1, 4),
        ("bx lr", 1, 3),
        ("blx r3", 1, 3),
        ("mov pc, r3", 1, 3),
        ("pop {pc}", 2, 5),
        ("pop {r4-r7, pc}", 6, 9),
    ],
)
def test_branches_cost_what_the_table_says(text: str, not_taken: int, taken: int) -> None:
    timing = block_timing(text, CORE)
    assert (timing.cycles, timing.cycles + timing.taken_cycles) == (not_taken, taken)
    assert timing.mispredict_cycles == 0


def test_a_loop_that_copies_words_takes_one_cycle_more_than_on_a_cortex_m0plus() -> None:
    """Two transfers of 2 cycles each, one subtraction, and a branch of 3 instead of 2."""
    body = "ldr r3, [r1, r2]; str r3, [r0, r2]; subs r2, #4; bne 1b"
    assert iteration_cycles(body, CORE) == 2 + 2 + 1 + 3
    assert iteration_cycles(body, "cortex-m0plus") == 2 + 2 + 1 + 2
