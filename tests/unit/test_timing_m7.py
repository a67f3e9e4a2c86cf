"""Cortex-M7 against published measurements of its pipeline ([JNK-M7], STM32H743)."""

from __future__ import annotations

import pytest

from tests.support.timing import block_timing, iteration_cycles

CORE = "cortex-m7f"


def issue_cycles(text: str) -> tuple[int, ...]:
    return block_timing(text, CORE).offsets


@pytest.mark.parametrize(
    "text",
    [
        "add.w r0, r1, r2; add.w r3, r4, r5",
        "add.w r0, r1, r2; eor.w r3, r0, r4",  # the early ALU forwards to the late one in the same cycle
        "lsl.w r0, r1, #2; eor.w r3, r0, r4",
        "movw r0, #1; movt r0, #2",
        "add.w r0, r1, r2; ldr.w r3, [r4]",
        "ldr.w r0, [r1]; str.w r2, [r3]",
        "ldr.w r0, [r1]; str.w r0, [r3]",  # stores take any result of the same cycle
        "ldrb.w r0, [r1]; strb.w r0, [r3]",
        "mul r0, r1, r2; add.w r3, r4, r5",
        "smlabb r0, r1, r2, r0; add.w r3, r4, r5, lsl #2",
        "ldr.w r0, [r1]; ldr.w r2, [r1, #4]",  # even and odd words
        "ldr.w r0, [r1], #8; ldr.w r2, [r3, #4]",
        "uxtb.w r0, r1; add.w r2, r3, r4",
        "subs.w r0, #1; bne.w .",
        "cmp.w r0, r1; bne.w .",
        "vadd.f32 s0, s1, s2; add.w r0, r1, r2",
        "vldr s0, [r0]; vadd.f32 s1, s2, s3",
        "vldr s0, [r0]; vldr s1, [r0, #4]",
        "vldr s3, [r0]; vfma.f32 s0, s1, s2",  # the first multiply-accumulate of a series
        "vdiv.f32 s0, s1, s2; add.w r0, r1, r2",
        "nop.w; nop.w",
    ],
)
def test_a_pair_that_was_measured_to_dual_issue_does(text: str) -> None:
    assert issue_cycles(text) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "uxtb.w r0, r1; uxtb.w r2, r3",  # bit-field and DSP instructions, one per cycle
        "uadd8 r0, r1, r2; qadd r3, r4, r5",
        "add.w r0, r1, r2; uxtb.w r3, r4",  # and those from the older slot only
        "bfi r0, r1, #2, #3; add.w r2, r3, r4, lsl #2",
        "mul r0, r1, r2; mla r3, r4, r5, r6",  # one multiplication per cycle
        "smlad r0, r1, r2, r0; smlad r3, r4, r5, r3",
        "mul r0, r1, r2; str.w r3, [r4]",  # and none with a store
        "str.w r3, [r4]; mul r0, r1, r2",
        "str.w r0, [r1]; str.w r2, [r3]",  # one store per cycle
        "ldr.w r0, [r1]; ldr.w r2, [r1, #8]",  # the same bank
        "ldr.w r0, [r1, r4]; ldr.w r2, [r3, r4]",  # an unknown bank
        "ldm r0, {r1-r2}; add.w r3, r4, r5",  # multiples issue alone
        "add.w r3, r4, r5; ldrd r0, r1, [r2]",
        "add.w r3, r4, r5; push {r0, r1}",
        "vldm r0!, {s0}; add.w r3, r4, r5",  # also those of one register
        "add.w r3, r4, r5; vstm r0!, {s0}",
        "vadd.f32 s0, s1, s2; vmul.f32 s3, s4, s5",  # one FP operation per cycle
        "vfma.f32 s0, s1, s2; vldr s3, [r0]",  # no FP data movement behind a multiply-accumulate
        "vmov.f32 s0, #1.0; vmov.f32 s1, #1.0",
        "vmov r0, r1, s0, s1; add.w r2, r3, r4",
        "vldr d0, [r0]; add.w r2, r3, r4",
        "sdiv r0, r1, r2; add.w r3, r4, r5",
    ],
)
def test_a_pair_that_was_measured_not_to_dual_issue_does_not(text: str) -> None:
    first, second = issue_cycles(text)
    assert second > first


SIMPLE, PATTERN, CONSTANT, REGISTER, BY_CONSTANT, BY_REGISTER = range(6)
OPERAND2 = {
    SIMPLE: "add.w r{d}, r{s}, #1",
    PATTERN: "eor r{d}, r{s}, #0x1b1b1b1b",
    CONSTANT: "eor r{d}, r{s}, #0x1fc0",
    REGISTER: "add.w r{d}, r{s}, r6, ror #24",
    BY_CONSTANT: "lsr.w r{d}, r{s}, #12",
    BY_REGISTER: "ror.w r{d}, r{s}, r6",
}
INCOMPATIBLE = {
    (older, younger)
    for older in (CONSTANT, REGISTER, BY_CONSTANT, BY_REGISTER)
    for younger in (CONSTANT, REGISTER)
}


@pytest.mark.parametrize("older", OPERAND2)
@pytest.mark.parametrize("younger", OPERAND2)
def test_second_operands_pair_as_in_the_measured_matrix(older: int, younger: int) -> None:
    text = f"{OPERAND2[older].format(d=0, s=1)}; {OPERAND2[younger].format(d=2, s=3)}"
    assert block_timing(text, CORE).cycles == (2 if (older, younger) in INCOMPATIBLE else 1)


@pytest.mark.parametrize(
    ("producer", "consumer", "latency"),
    [
        ("eor.w r0, r1, r2", "eor.w r3, r0, r4", 1),
        ("eor.w r0, r1, r2", "ldr.w r3, [r0]", 2),  # late result, needed by the address generation
        ("eor.w r0, r1, r2", "add.w r3, r4, r0, lsl #2", 2),  # or by the shifter
        ("eor.w r0, r1, r2", "add.w r3, r0, r4, lsl #2", 1),
        ("add.w r0, r1, r2", "ldr.w r3, [r0]", 1),  # early result
        ("eor.w r0, r1, r2", "ubfx r3, r0, #1, #2", 2),
        ("uxtb.w r0, r1", "ldr.w r3, [r0]", 2),
        ("ldr.w r0, [r1]", "eor.w r3, r0, r4", 1),
        ("ldr.w r0, [r1]", "ldr.w r3, [r0]", 2),
        ("ldr.w r0, [r1]", "eor.w r3, r4, r0, ror #2", 2),
        ("ldr.w r0, [r1]", "eor.w r3, r0, r4, ror #2", 2),  # the unshifted operand, too
        ("ldr.w r0, [r1]", "mul r3, r0, r4", 2),
        ("ldr.w r0, [r1]", "sxtb16 r3, r0, ror #8", 1),  # a plain extension rotates without the shifter
        ("ldr.w r0, [r1]", "sxtab16 r3, r4, r0", 2),  # one that adds needs it, rotated or not
        ("ldrb.w r0, [r1]", "eor.w r3, r0, r4", 2),
        ("ldrh.w r0, [r1]", "eor.w r3, r0, r4", 2),
        ("ldrb.w r0, [r1]", "eor.w r3, r4, r0, ror #2", 3),
        ("ldrb.w r0, [r1]", "mla r3, r4, r5, r0", 1),  # as the addend
        ("mul r0, r1, r2", "eor.w r3, r0, r4", 2),
        ("smlad r0, r1, r2, r3", "eor.w r3, r0, r4", 2),
        ("smlad r0, r1, r2, r0", "smlad r0, r3, r4, r0", 1),  # accumulators chain
        ("smlal r0, r1, r2, r3", "smlal r0, r1, r4, r5", 1),
        ("mul r0, r1, r2", "smlad r3, r0, r4, r5", 2),
        ("ldr.w r0, [r1], #4", "ldr.w r3, [r1], #4", 1),
        # [LLVM-M7]: saturation takes a cycle more, and its operand a cycle earlier
        ("sadd16 r0, r1, r2", "eor.w r3, r0, r4", 1),
        ("qadd r0, r1, r2", "eor.w r3, r0, r4", 2),
        ("ssat r0, #8, r1", "eor.w r3, r0, r4", 2),
        ("eor.w r0, r1, r2", "ssat r3, #8, r0", 2),
        # single-precision FPU
        ("vadd.f32 s0, s1, s2", "vmul.f32 s3, s0, s4", 3),
        ("vmul.f32 s0, s1, s2", "vadd.f32 s3, s0, s4", 3),
        ("vmul.f32 s0, s1, s2", "vfma.f32 s0, s3, s4", 3),
        ("vmul.f32 s0, s1, s2", "vmla.f32 s0, s3, s4", 2),
        ("vmul.f32 s0, s1, s2", "vstr s0, [r0]", 1),
        ("vfma.f32 s0, s1, s2", "vfma.f32 s0, s3, s4", 3),
        ("vfma.f32 s0, s1, s2", "vfma.f32 s5, s0, s4", 5),
        ("vfma.f32 s0, s1, s2", "vmul.f32 s5, s0, s4", 5),
        ("vmla.f32 s0, s1, s2", "vmla.f32 s0, s3, s4", 3),
        ("vmla.f32 s0, s1, s2", "vmul.f32 s5, s0, s4", 6),
        ("vmla.f32 s0, s1, s2", "vstr s0, [r0]", 4),
        ("vldr s0, [r0]", "vadd.f32 s1, s0, s2", 1),
        ("vldr s0, [r0]", "vfma.f32 s0, s1, s2", 3),
        ("vldr s0, [r0]", "vmla.f32 s0, s1, s2", 2),
        ("vldr s0, [r0]", "vmov r0, s0", 2),
        ("vadd.f32 s0, s1, s2", "vmov r0, s0", 3),
        ("vfma.f32 s0, s1, s2", "vmov r0, s0", 5),
        ("vmov s0, r0", "vadd.f32 s1, s0, s2", 3),
        ("vmov s0, s1", "vadd.f32 s1, s0, s2", 3),
        ("vmov r0, s0", "eor.w r1, r0, r2", 1),
        ("mul r0, r1, r2", "vmov s0, r0", 1),
        # what a multiply-accumulate shuts out for three cycles
        ("vfma.f32 s0, s1, s2", "vadd.f32 s3, s4, s5", 4),
        ("vfma.f32 s0, s1, s2", "vldm r0, {s3-s4}", 4),
        ("vfma.f32 s0, s1, s2", "vldm r0!, {s3}", 4),
        ("vfma.f32 s0, s1, s2", "vldr s3, [r0]", 4),  # from the younger slot
        ("vfma.f32 s0, s1, s2", "vstr s3, [r0]", 4),
        ("vfma.f32 s0, s1, s2", "vmov r0, s3", 4),
        ("vfma.f32 s0, s1, s2", "vmul.f32 s3, s4, s5", 1),
        ("vmla.f32 s0, s1, s2", "vfma.f32 s3, s4, s5", 2),
        ("vdiv.f32 s0, s1, s2", "vadd.f32 s3, s4, s5", 16),
        ("vsqrt.f32 s0, s1", "vadd.f32 s3, s4, s5", 14),
    ],
)
def test_a_result_can_be_used_after_its_measured_latency(producer: str, consumer: str, latency: int) -> None:
    assert issue_cycles(f"{producer}; {consumer}") == (0, latency)


def test_an_fp_transfer_from_the_older_slot_passes_a_multiply_accumulate() -> None:
    assert issue_cycles("vfma.f32 s0, s1, s2; nop.w; vldr s3, [r0]") == (0, 0, 1)


def test_a_fused_result_can_be_stored_after_three_cycles_from_the_older_slot() -> None:
    fillers = "; ".join(["nop.w"] * 5)
    assert issue_cycles(f"vfma.f32 s0, s1, s2; {fillers}; vstr s0, [r0]")[-1] == 3


def test_only_the_first_multiply_accumulate_of_a_series_shares_its_cycle_with_a_load() -> None:
    text = "vldr s4, [r0]; vfma.f32 s0, s8, s9; vldr s5, [r0, #4]; vfma.f32 s1, s8, s9"
    assert issue_cycles(text) == (0, 0, 1, 2)


def test_a_load_held_behind_a_multiply_accumulate_takes_the_next_one_along() -> None:
    text = "vfma.f32 s0, s8, s9; vldr s4, [r0]; vfma.f32 s1, s8, s9; vldr s5, [r0, #4]"
    assert issue_cycles(text) == (0, 4, 4, 5)


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("ldm r0, {r1-r8}", 4),
        ("ldm r0, {r1-r7}", 4),
        ("push {r4-r7, lr}", 3),
        ("pop {r4-r7}", 2),
        ("ldrd r0, r1, [r2]", 1),
        ("strd r0, r1, [r2]", 1),
        ("vldm r0, {s0-s7}", 4),
        ("tbb [pc, r0]", 2),
    ],
)
def test_multiples_transfer_two_registers_per_cycle(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).cycles == cycles


def test_an_early_result_feeds_a_shifted_neighbour_and_an_address_without_a_stall() -> None:
    text = "add.w r0, r2; eor.w r6, r0, r6, ror #22; ldr.w r4, [r14, r0]"
    assert issue_cycles(text) == (0, 0, 1)


def test_twenty_independent_instructions_with_a_branch_take_ten_cycles() -> None:
    adds = "; ".join(f"add.w r{i % 8}, r8, r9" for i in range(18))
    assert iteration_cycles(f"{adds}; subs.w r10, #1; bne.w 1b", CORE) == 10


def test_a_predicted_branch_adds_nothing_and_a_wrong_one_eight_cycles() -> None:
    timing = block_timing("subs.w r0, #1; bne.w .", CORE)
    assert (timing.cycles, timing.taken_cycles, timing.mispredict_cycles) == (1, 0, 8)


def test_flags_three_cycles_ahead_of_the_branch_reduce_the_penalty_to_six() -> None:
    filler = "; ".join("mul r1, r2, r3" for _ in range(4))
    assert block_timing(f"subs.w r0, #1; {filler}; bne.w .", CORE).mispredict_cycles == 6
    assert block_timing("subs.w r0, #1; mul r1, r2, r3; bne.w .", CORE).mispredict_cycles == 8


@pytest.mark.parametrize(("text", "cycles"), [("b .", 0), ("bl .", 0), ("bx lr", 8), ("pop {pc}", 8)])
def test_direct_jumps_cannot_be_mispredicted(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).mispredict_cycles == cycles


def test_three_interleaved_sums_keep_the_fused_multiply_adder_busy() -> None:
    body = "; ".join(f"vfma.f32 s{i}, s8, s9" for i in (0, 1, 2))
    assert iteration_cycles(f"{body}; {body}; subs.w r0, #1; bne.w 1b", CORE) == 7


def test_a_single_sum_waits_for_its_addend() -> None:
    assert iteration_cycles("vfma.f32 s0, s8, s9; subs.w r0, #1; bne.w 1b", CORE) == 3


def test_unpacking_four_weights_into_two_products_takes_three_cycles() -> None:
    # ldr | sxtb16 | sxtb16 + smlad | smlad + ldr of the next four; the last pair takes the branch in
    four = (
        "ldr.w r4, [r2, #128]; sxtb16 r8, r4, ror #8; sxtb16 r4, r4;"
        "smlad r5, r8, r1, r5; smlad r5, r4, r3, r5;"
    )
    assert iteration_cycles(f"{four * 6} cmp r10, r9; bne.w 1b", CORE) == 1 + 6 * 3 + 1


def test_the_loads_of_a_scheduled_dot_product_hide_behind_its_multiplications() -> None:
    # the loads of the next products pair with the current ones; the accumulator chains
    body = (
        "ldr.w r3, [r0], #8; smlad r12, r5, r6, r12;"
        "ldr.w r4, [r1], #8; smlad r12, r7, r8, r12;"
        "ldr.w r5, [r0, #4]; smlad r12, r9, r10, r12; subs.w r2, #1; bne.w 1b"
    )
    assert iteration_cycles(body, CORE) == 4
