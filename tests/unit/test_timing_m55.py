"""Cortex-M55 against LLVM's description of its pipelines ([LLVM-M55]) and SLOTHY's ([SLOTHY-M55])."""

from __future__ import annotations

import pytest

from tests.support.timing import block_timing, iteration_cycles

CORE = "cortex-m55"


def starts(text: str) -> tuple[int, ...]:
    return block_timing(text, CORE).offsets


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        # the two diagrams at the head of [LLVM-M55]
        ("vldrw.u32 q0, [r0]; vadd.i32 q1, q0, q0; vmul.i32 q2, q1, q1; vstrw.32 q3, [r1]", (0, 1, 2, 3)),
        ("vldrw.u32 q0, [r0]; vldrb.u8 q1, [r1]; vadd.i32 q2, q1, q1; vstrw.32 q3, [r2]", (0, 2, 3, 4)),
        ("vadd.i32 q0, q1, q2; vadd.i32 q3, q4, q5", (0, 2)),
        ("vmul.i32 q0, q1, q2; vfma.f32 q3, q4, q5", (0, 2)),  # one pipeline for both
        ("vmul.i32 q0, q1, q2; vadd.i32 q3, q0, q4", (0, 2)),
        ("vmul.i32 q0, q1, q2; vstrw.32 q0, [r0]", (0, 1)),  # [SLOTHY-M55]: as little as one cycle
        ("vmovnb.i32 q0, q1; vstrh.16 q0, [r0]", (0, 3)),
        ("vctp.32 r0; vpst; vldrwt.u32 q0, [r1]", (0, 1, 2)),
        ("vadd.i32 q1, q2, q3; vldrw.u32 q0, [r0, q1]", (0, 5)),
        ("vldrw.u32 q0, [r0, q1]; vadd.i32 q2, q0, q0", (0, 2)),
        ("vmaxv.s32 r0, q1; add r0, r1", (0, 4)),
        ("vmladav.s8 r0, q1, q2; add.w r3, r0, r4", (0, 2)),
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s4", (0, 2)),
        ("vmla.f32 s0, s1, s2; vadd.f32 s3, s0, s4", (0, 4)),
        ("vdiv.f32 s0, s1, s2; vadd.f32 s3, s0, s4", (0, 16)),
        ("vmul.f64 d0, d1, d2; vadd.f64 d3, d0, d4", (0, 21)),
        ("ldr r0, [r1]; add.w r2, r0, r3", (0, 2)),
        ("mul r0, r1, r2; add.w r3, r0, r4", (0, 2)),
        ("add.w r0, r1, r2, lsl #3; add.w r3, r0, r4", (0, 2)),
        ("add.w r0, r1, r2; add.w r3, r0, r4", (0, 1)),
    ],
)
def test_instructions_start_as_the_descriptions_say(text: str, offsets: tuple[int, ...]) -> None:
    assert starts(text) == offsets


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("ldr r0, [r1]; adds r2, #1", 1),
        ("adds r2, #1; ldr r0, [r1]", 1),
        ("movs r0, #1; adds r1, r2, r3", 1),
        ("adds r0, r1, r2; ands r3, r4", 2),  # neither is one of the simple ones
        ("adds r0, #1; adds r1, #1", 1),
        ("adds r0, #1; adcs r1, r2", 2),  # takes the flags
        ("mov r0, r1; mov r2, r3", 1),
        ("mov r0, r1; mov r2, r0", 2),
        ("add.w r0, r1, #1; mov r2, r3", 2),  # only 16-bit encodings pair
        ("mov r0, r1; mov r2, r3; mov r4, r5", 2),
        ("cmp r0, r1; bne .", 1),
    ],
)
def test_pairs_have_16_bits_and_a_simple_partner(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).cycles == cycles


def test_multiplications_and_loads_of_a_loop_overlap_and_its_end_is_free() -> None:
    dot = "vldrb.u8 q0, [r0], #16; vldrb.u8 q1, [r1], #16; vmladava.s8 r2, q0, q1; letp lr, 1b"
    assert iteration_cycles(dot, CORE) == 4  # two loads of two cycles, everything else beside them
    four_rows = "; ".join(f"vldrb.u8 q1, [r{row}], #16; vmladava.s8 r8, q0, q1" for row in range(4))
    assert iteration_cycles(f"vldrb.u8 q0, [r9], #16; {four_rows}; letp lr, 1b", CORE) == 10


def test_a_loop_pays_for_its_first_branch_when_it_starts() -> None:
    assert block_timing("dls lr, r0", CORE).cycles == 3
    assert block_timing("1: nop; le lr, 1b", CORE).taken_cycles == 0


def test_taken_branches_refill_the_pipeline() -> None:
    assert block_timing("b .+64", CORE).taken_cycles == 2
    assert block_timing("bx lr", CORE).taken_cycles == 3
