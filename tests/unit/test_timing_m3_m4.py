"""Cortex-M3 and Cortex-M4 against the cycle tables of Arm and published measurements."""

from __future__ import annotations

import pytest

from tests.support.timing import block_timing, iteration_cycles

M3, M4 = "cortex-m3", "cortex-m4f"
BOTH = pytest.mark.parametrize("core", [M3, M4])


@BOTH
@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        # [TRM-M3], [TRM-M4] table 3-1
        ("add r0, r1, r2", 1),
        ("add.w r0, r1, r2, lsl #3", 1),
        ("ubfx r0, r1, #2, #3", 1),
        ("clz r0, r1", 1),
        ("mul r0, r1, r2", 1),
        ("ssat r0, #8, r1", 1),
        ("ldr r0, [r1]", 2),
        ("ldrd r0, r1, [r2]", 3),
        ("strd r0, r1, [r2]", 3),
        ("ldm r0, {r1-r4}", 5),
        ("stm r0, {r1-r8}", 9),
        ("push {r4-r7, lr}", 6),
        ("pop {r4-r7}", 5),
        ("ldrex r0, [r1]", 2),
        ("strex r0, r1, [r2]", 2),
        ("nop", 1),
        # section 3.3.2: pipelined loads, 1 + N
        ("ldr r0, [r1]; ldr r1, [r2]", 3),
        ("ldr r0, [r1, r5]; ldr r1, [r2]; ldr r2, [r3, #4]", 4),
        ("ldr r0, [r1, r2]; str r1, [r3, r2]", 3),
        ("ldr r0, [r1]; ldr r2, [r0]", 4),
        ("str r0, [r1, #4]", 1),
        ("str r0, [r1, r2]", 2),
        ("ldr r0, [r1]; ldm r2, {r3-r4}", 5),
        ("ldr r0, [r1]; add r2, r3, r4; ldr r5, [r6]", 5),
        # [JNK-M34]
        ("ldr r0, [r1]; str r2, [r3, #4]", 2),
        ("str r0, [r1, #4]; str r2, [r3, #4]", 2),
        ("str r0, [r1, #4]; ldr r2, [r3]", 4),
        ("str r0, [r1, #4]; stm r3, {r4-r5}", 4),
        ("str r0, [r1, #4]; ldm r3, {r4-r5}", 5),
        ("add r0, r1, r2; ldr r3, [r0]", 4),
        ("add r0, r1, r2; nop; ldr r3, [r0]", 4),
        ("add r0, r1, r2; str r0, [r3]", 2),
        # section 3.3.1: IT folds onto a 16-bit instruction
        ("cmp r0, r1; it eq; moveq r2, r3", 2),
        ("cmp.w r0, r1; it eq; moveq r2, r3", 3),
    ],
)
def test_both_cores_cost_what_the_manual_or_a_measurement_says(core: str, text: str, cycles: int) -> None:
    assert block_timing(text, core).cycles == cycles


@pytest.mark.parametrize(
    ("text", "m3_cycles", "m4_cycles"),
    [
        ("mla r0, r1, r2, r3", 2, 1),
        ("mls r0, r1, r2, r3", 2, 1),
        # [JNK-M34]: loads with write-back on alternating bases chain on Cortex-M4 only
        ("ldr r0, [r1], #4; ldr r2, [r3], #4", 4, 3),
        ("ldr r0, [r1], #4; ldr r2, [r3]", 3, 3),
        # M4: published latencies of an STM32L4R5, see ArmV7MVariant.chains_indexed_loads
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 4, 3),
        ("ldr r0, [r1]; str r2, [r3], #4", 3, 2),
    ],
)
def test_the_two_cores_differ_where_the_sources_say(text: str, m3_cycles: int, m4_cycles: int) -> None:
    assert (block_timing(text, M3).cycles, block_timing(text, M4).cycles) == (m3_cycles, m4_cycles)


@pytest.mark.parametrize(("mnemonic", "bounds"), [("umull", (3, 5)), ("smull", (3, 5)), ("smlal", (4, 7))])
def test_long_multiplications_of_the_m3_stay_within_the_published_range(
    mnemonic: str, bounds: tuple[int, int]
) -> None:
    assert bounds[0] <= block_timing(f"{mnemonic} r0, r1, r2, r3", M3).cycles <= bounds[1]


@BOTH
def test_divisions_stay_within_the_published_range(core: str) -> None:
    assert 2 <= block_timing("sdiv r0, r1, r2", core).cycles <= 12


@BOTH
@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        # 1 + P; [TRM-M3] table 15-3: these issue their target in the decode stage,
        ("beq .", 2),
        ("b .", 2),
        ("bl .", 2),
        ("bx lr", 2),
        ("mov pc, lr", 2),
        # and these in the execute stage
        ("cbz r0, .+4", 3),
        ("blx r3", 3),
        ("bx r3", 3),
        ("add pc, r3", 3),
        ("mov lr, r3; bx lr", 4),
        ("ldr pc, [r0]", 5),  # section 3.3.2: at least five
        ("tbb [pc, r0]", 6),  # at least six
        ("pop {r4, pc}", 6),  # 1 + N + P
    ],
)
def test_taken_branches_refill_the_pipeline(core: str, text: str, cycles: int) -> None:
    timing = block_timing(text, core)
    assert timing.cycles + timing.taken_cycles == cycles
    assert timing.mispredict_cycles == 0


@BOTH
def test_an_unaligned_wide_target_costs_one_more_fetch(core: str) -> None:
    aligned = block_timing("beq.w .+8", core, target="add.w r0, r1, r2")
    unaligned = block_timing("beq.w .+10", core, target="add.w r0, r1, r2")
    narrow = block_timing("beq.w .+10", core, target="adds r0, r1, r2")
    assert (aligned.taken_cycles, unaligned.taken_cycles, narrow.taken_cycles) == (1, 2, 1)


@BOTH
@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        # three words of buffer, two cycles for a fetch: aligned, one word leaves and one arrives per cycle
        ("add.w r0, r1, r2;" * 8, 8),
        # off the word boundaries, the third waits, and every second one behind it
        ("adds r0, r1, r2;" + "add.w r0, r1, r2;" * 2, 3),
        ("adds r0, r1, r2;" + "add.w r0, r1, r2;" * 3, 5),
        ("adds r0, r1, r2;" + "add.w r0, r1, r2;" * 4, 6),
        ("adds r0, r1, r2;" + "add.w r0, r1, r2;" * 5, 8),
        # every second word is free again behind a pair of narrow ones
        ("adds r0, r1, r2;" + "add.w r0, r1, r2; add.w r0, r1, r2; adds r0, r1, r2; adds r0, r1, r2;" * 2, 9),
        # what takes two cycles lets the buffer catch up
        ("adds r0, r1, r2;" + "add.w r0, r1, r2; ldr.w r3, [r4];" * 3, 10),
    ],
)
def test_wide_instructions_off_the_word_boundaries_outrun_the_prefetch_buffer(
    core: str, text: str, cycles: int
) -> None:
    assert block_timing(text, core).cycles == cycles


@BOTH
def test_the_classic_delay_loop_takes_three_cycles(core: str) -> None:
    # as the delay functions of the Arduino cores for SAM3X (M3) and Teensy 3 (M4) count on
    assert iteration_cycles("subs r0, #1; bne 1b", core) == 3


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        # [TRM-M4] table 7-1
        ("vadd.f32 s0, s1, s2", 1),
        ("vmul.f32 s0, s1, s2", 1),
        ("vcvt.f32.s32 s0, s1", 1),
        ("vcmp.f32 s0, s1", 1),
        ("vfma.f32 s0, s1, s2", 3),
        ("vmla.f32 s0, s1, s2", 3),
        ("vdiv.f32 s0, s1, s2", 14),
        ("vsqrt.f32 s0, s1", 14),
        ("vldr s0, [r0]", 2),
        ("vldr d0, [r0]", 3),
        ("vstr d0, [r0]", 3),
        ("vldm r0, {s0-s3}", 5),
        ("vldm r0, {d0-d3}", 9),
        ("vpush {d8-d9}", 5),
        ("vmov s0, s1", 1),
        ("vmov.f32 s0, #1.0", 1),
        ("vmov r0, s0", 1),
        ("vmov r0, r1, s0, s1", 2),
        ("vmrs APSR_nzcv, fpscr", 1),
        # notes of the table: a stall when the result is used at once, the addend of a MAC excepted
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 3),
        ("vadd.f32 s0, s1, s2; nop; vadd.f32 s3, s0, s4", 3),
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 2),
        ("vcmp.f32 s0, s1; vmrs APSR_nzcv, fpscr", 2),  # [GCC-M4]
        ("vmul.f32 s0, s1, s2; vmla.f32 s0, s3, s4", 4),
        ("vmul.f32 s0, s1, s2; vmla.f32 s3, s0, s4", 5),
        ("vfma.f32 s0, s1, s2; vfma.f32 s0, s3, s4", 6),
        # division lets integer instructions pass, and holds up floating-point ones
        ("vdiv.f32 s0, s1, s2; add r0, r1, r2; add r3, r4, r5", 14),
        ("vdiv.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 15),
    ],
)
def test_the_fpu_of_the_m4_costs_what_the_table_says(text: str, cycles: int) -> None:
    assert block_timing(text, M4).cycles == cycles


@pytest.mark.parametrize(
    "text",
    [
        "smlad r0, r1, r2, r0",
        "smlal r0, r1, r2, r3",
        "umaal r0, r1, r2, r3",
        "sxtb16 r0, r1",
        "pkhbt r0, r1, r2, lsl #16",
        "qadd r0, r1, r2",
        "usat16 r0, #3, r1",
        "sadd16 r0, r1, r2",
    ],
)
def test_dsp_instructions_of_the_m4_take_one_cycle_back_to_back(text: str) -> None:
    assert block_timing(f"{text}; {text}", M4).cycles == 2


def test_an_unrolled_dot_product_takes_the_sum_of_its_parts() -> None:
    loads = "; ".join(f"ldr r{2 + i}, [r0, #{4 * i}]; ldr r{6 + i}, [r1, #{4 * i}]" for i in range(4))
    products = "; ".join(f"smlad r12, r{2 + i}, r{6 + i}, r12" for i in range(4))
    assert block_timing(f"{loads}; {products}", M4).cycles == (1 + 8) + 4


def test_a_dot_product_loop_with_write_back_loads_takes_seven_cycles() -> None:
    # two chained loads 3, smlad 1, subs 1, branch 2; the second of two post-indexed loads has another base
    body = "ldr r2, [r0], #4; ldr r3, [r1], #4; smlad r4, r2, r3, r4; subs r5, #1; bne 1b"
    assert iteration_cycles(body, M4) == 3 + 1 + 1 + 2
