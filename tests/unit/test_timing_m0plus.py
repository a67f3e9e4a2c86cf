"""Cortex-M0+ against its cycle table ([TRM-M0+] table 3-1, single-cycle multiplier)."""

from __future__ import annotations

import pytest

from tests.support.timing import block_timing

CORE = "cortex-m0plus"


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("movs r0, #1", 1),
        ("adds r0, r1, r2", 1),
        ("lsls r0, r1, #3", 1),
        ("rev r0, r1", 1),
        ("muls r0, r1, r0", 1),
        ("nop", 1),
        ("ldr r0, [r1]", 2),
        ("ldrb r0, [r1, r2]", 2),
        ("strh r0, [r1]", 2),
        ("ldr r0, [r1]; ldr r2, [r3]", 4),
        ("ldmia r0!, {r1-r4}", 5),
        ("stmia r0!, {r1-r3}", 4),
        ("push {r4-r7, lr}", 6),
        ("pop {r4, r5}", 3),
        ("mrs r0, primask", 3),
        ("dmb", 3),
        ("ldr r0, [r1]; adds r0, #1; str r0, [r1]", 5),
    ],
)
def test_straight_code_costs_what_the_table_says(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).cycles == cycles


@pytest.mark.parametrize(
    ("text", "not_taken", "taken"),
    [
        ("beq .", 1, 2),
        ("b .", 1, 2),
        ("bl .", 1, 3),
        ("bx lr", 1, 2),
        ("blx r3", 1, 2),
        ("mov pc, r3", 1, 2),
        ("pop {pc}", 2, 4),
        ("pop {r4-r7, pc}", 6, 8),
    ],
)
def test_branches_cost_what_the_table_says(text: str, not_taken: int, taken: int) -> None:
    timing = block_timing(text, CORE)
    assert (timing.cycles, timing.cycles + timing.taken_cycles) == (not_taken, taken)
    assert timing.mispredict_cycles == 0
