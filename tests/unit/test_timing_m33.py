"""Cortex-M33 against published measurements of its pipeline ([JNK-M33], RP2350)."""

from __future__ import annotations

import pytest

from sim.timing.buses import BusName, assign_buses
from sim.timing.cores import core_model
from tests.support.timing import block_timing, decode_text, iteration_cycles

CORE = "cortex-m33f"


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("add r0, r1; add r2, r3", 2),  # arithmetic never pairs with arithmetic
        ("add r0, r1; nop", 1),
        ("ldr r0, [r1]; nop", 1),
        ("ldm r6!, {r0-r3}; nop", 4),
        ("nop; add r0, r1", 2),
        ("ldr r0, [r1]; add r2, r3", 2),
        ("add.w r8, r9, r10; nop", 2),  # only 16-bit encodings pair
        ("add r0, r1; nop.w", 2),
        ("add r0, r1; nop; nop", 2),
        ("cmp r0, r1; it eq; moveq r2, r3", 2),  # IT pairs with what sets its flags
        ("ldrd r0, r1, [r2]", 2),
        ("strd r0, r1, [r2]", 2),
        ("ldm r0, {r1-r7}", 7),
        ("push {r4-r7, lr}", 5),
        ("vldm r0, {s0-s3}", 4),
        ("muls r0, r1, r0", 2),  # Arm KA001260
        ("mul r0, r1, r2", 1),
        ("adds.w r0, r1, #0x1fc0", 2),
        ("add.w r0, r1, #0x1fc0", 1),
        ("adds.w r0, r1, r2, ror #3", 1),
        ("vmov r0, r1, s0, s1", 2),
        ("vmov s0, s1, r0, r1", 1),
    ],
)
def test_straight_code_takes_the_measured_cycles(text: str, cycles: int) -> None:
    assert block_timing(text, CORE).cycles == cycles


@pytest.mark.parametrize(
    ("producer", "consumer", "latency"),
    [
        ("add.w r0, r1, r2", "add.w r3, r0, r4", 1),
        ("add.w r0, r1, r2, ror #3", "add.w r3, r0, r4", 2),
        ("eor r0, r1, #0x1fc0", "add.w r3, r0, r4", 2),
        ("uadd8 r0, r1, r2", "add.w r3, r0, r4", 2),
        ("pkhbt r0, r1, r2", "add.w r3, r0, r4", 2),
        ("uxtab r0, r1, r2", "add.w r3, r0, r4", 2),
        ("uxtab r0, r1, r2", "uxtab r0, r0, r3", 1),
        ("bfi r0, r1, #2, #3", "add.w r3, r0, r4", 1),
        ("smlad r0, r1, r2, r3", "add.w r3, r0, r4", 2),
        ("smlad r0, r1, r2, r0", "smlad r0, r3, r4, r0", 1),
        ("add.w r0, r1, r2, ror #3", "mla r0, r3, r4, r0", 1),
        ("uadd8 r0, r1, r2", "mla r0, r3, r4, r0", 2),
        ("smlad r0, r1, r2, r3", "smlad r3, r0, r4, r5", 2),
        ("smlad r0, r1, r2, r3", "str r0, [r4]", 1),
        ("ldr r0, [r1]", "add.w r3, r0, r4", 2),
        ("ldr r0, [r1]", "ldr r3, [r0]", 2),
        ("ldr r0, [r1]", "str r0, [r4]", 1),
        ("ldr r0, [r1]", "mla r3, r4, r5, r0", 1),
        ("ldr r0, [r1]", "mla r3, r0, r4, r5", 2),
        ("ldr r0, [r1]", "uxtab r3, r0, r4", 2),
        ("adds.w r0, r1, r2, ror #3", "adc.w r3, r4, r5", 2),
        ("vldr s0, [r0]", "vadd.f32 s1, s0, s2", 1),
        ("vadd.f32 s0, s1, s2", "vmul.f32 s3, s0, s4", 2),
        ("vadd.f32 s0, s1, s2", "vmul.f32 s3, s4, s5", 1),
        ("vfma.f32 s0, s1, s2", "vfma.f32 s0, s3, s4", 3),
        ("vfma.f32 s0, s1, s2", "vfma.f32 s3, s0, s4", 4),
        ("vfma.f32 s0, s1, s2", "vadd.f32 s3, s4, s5", 3),
        ("vfma.f32 s0, s1, s2", "vldr s3, [r0]", 3),
        ("vfma.f32 s0, s1, s2", "add.w r0, r1, r2", 1),
        ("vmov r0, s0", "add.w r1, r0, r2", 2),
        ("vmov s0, r0", "vadd.f32 s1, s0, s2", 1),
        ("vmov s0, s1, r0, r1", "vadd.f32 s2, s0, s3", 2),
    ],
)
def test_a_result_can_be_used_after_its_measured_latency(producer: str, consumer: str, latency: int) -> None:
    assert block_timing(f"{producer}; {consumer}", CORE).offsets == (0, latency)


@pytest.mark.parametrize(
    ("loaded", "cycles"),
    [("r0", 4), ("r2", 4), ("r3", 5)],
)
def test_registers_of_a_list_arrive_in_order_behind_a_multiple_load(loaded: str, cycles: int) -> None:
    timing = block_timing(f"ldm r6!, {{r0-r3}}; add.w r4, {loaded}, r5", CORE)
    assert timing.offsets == (0, cycles)


def test_loads_on_the_code_bus_take_turns_with_fetches_of_32_bit_instructions() -> None:
    # A cycle goes to each load, and its first use, two cycles later, gives one back: one load is free, two
    # neighbours are not, and 16-bit code leaves the bus idle half of the time.
    wide = "; add.w r2, r3, r4" * 6
    assert on_code_bus(f"ldr.w r0, [r1]; add.w r5, r0, r2{wide}") == 0
    assert on_code_bus(f"ldr.w r0, [r1]; ldr.w r5, [r1, #4]; add.w r6, r0, r5{wide}") == 1
    assert on_code_bus("ldr r0, [r1]; ldr r5, [r1, #4]; add r2, r3; add r2, r3; add r2, r3; add r2, r3") == 0


def on_code_bus(text: str) -> int:
    """Return how many more cycles an iteration takes when its loads use the bus that its code comes from."""
    instructions = decode_text(f"1: {text}; subs r7, #1; bne 1b", CORE)
    model = core_model(CORE)
    cycles = []
    for bus in (BusName.SYSTEM, BusName.CODE):
        assigned = assign_buses(instructions, lambda _register, bus=bus: bus)  # type: ignore[misc]
        timing = model.block_timing(assigned)
        cycles.append(timing.cycles + timing.taken_cycles)
    return cycles[1] - cycles[0]


@pytest.mark.parametrize(
    ("text", "not_taken", "taken"),
    [
        ("subs r7, #1; bne .", 1, 3),  # measured: subs 1, bne 2 taken and 0 not taken
        ("adds r3, r4; beq .", 1, 3),
        ("add r0, r1; bne .", 1, 2),  # measured: bne effectively 1 behind an instruction without flags
        ("ldmia r6!, {r0-r3}; bne .", 4, 5),
        ("subs.w r7, #1; bne .", 2, 3),  # a 32-bit neighbour does not pair
        ("subs r7, #1; bne.w .", 2, 3),
    ],
)
def test_branches_take_the_measured_cycles(text: str, not_taken: int, taken: int) -> None:
    timing = block_timing(text, CORE)
    assert (timing.cycles, timing.cycles + timing.taken_cycles) == (not_taken, taken)


def test_the_measured_loops_take_their_cycles() -> None:
    assert iteration_cycles("subs r7, #1; add r0, r1; bne 1b", CORE) == 3
    assert iteration_cycles("subs r7, #1; ldmia r6!, {r0-r3}; bne 1b", CORE) == 6


def test_unfused_multiply_accumulates_reach_two_cycles_each_with_two_sums() -> None:
    # the interleaving that the measurements give; four FP instructions for two products
    body = "vmul.f32 s0, s1, s2; vmul.f32 s4, s5, s6; vadd.f32 s3, s3, s0; vadd.f32 s7, s7, s4"
    assert block_timing(f"{body}; {body}", CORE).cycles == 8
