"""What a block costs in the blocks that follow it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ImageError
from sim.timing.cores import CORE_NAMES, core_model
from sim.timing.decode import decode_block
from sim.timing.lookahead import time_block
from tests.support.assembler import BLOCK_ADDRESS, assemble
from tests.support.timing import block_timing


@settings(max_examples=150, deadline=None)
@given(
    first=st.binary(min_size=2, max_size=32),
    second=st.binary(min_size=2, max_size=32),
    core=st.sampled_from(CORE_NAMES),
)
def test_two_blocks_take_as_long_as_one_that_joins_them(first: bytes, second: bytes, core: str) -> None:
    model = core_model(core)
    before, after = decode_block(first, 0, core), decode_block(second, len(first), core)
    joined = model.block_timing([*before, *after]).cycles
    split = model.block_timing(before, fall_through=after).cycles + model.block_timing(after).cycles
    may_pair_otherwise = core == "cortex-m55"  # with the instruction before instead of the one behind
    assert joined <= split <= joined + may_pair_otherwise


@pytest.mark.parametrize(
    ("core", "text", "successor", "cycles"),
    [
        ("cortex-m4f", "ldr r0, [r1]", "ldr r2, [r3]", 1),  # the second load chains behind the first
        ("cortex-m4f", "adds r0, r1, r2", "ldr r3, [r0]", 2),  # the address is late
        ("cortex-m7f", "adds r1, #1; adds r2, #1; bne .", "adds r0, #1", 1),  # pairs with the branch
        ("cortex-m7f", "adds r1, #1; bne .", "adds r0, #1", 1),
        ("cortex-m7f", "ldrb r0, [r1]", "eor.w r2, r3, r0", 2),
        ("cortex-m33f", "ldr r0, [r1]", "adds r0, #1", 2),
        ("cortex-m0", "ldr r0, [r1]", "adds r0, #1", 2),
        ("cortex-m0plus", "ldr r0, [r1]", "adds r0, #1", 2),
    ],
)
def test_falling_through_includes_the_hazard_with_the_next_block(
    core: str, text: str, successor: str, cycles: int
) -> None:
    assert block_timing(text, core, fall_through=successor).cycles == cycles


def test_a_taken_branch_includes_the_hazard_with_its_target() -> None:
    text = "mul r0, r1, r2; ldrb.w r3, [r4]; b .+64"
    assert block_timing(text, "cortex-m7f", target="adds r5, #1").taken_cycles == 0
    assert block_timing(text, "cortex-m7f", target="add.w r5, r6, r3, lsl #2").taken_cycles == 1


def _code_of(text: str) -> bytes:
    return assemble(text.replace(";", "\n"), "cortex-m4f")


def test_a_timed_block_reads_the_code_at_both_of_its_exits() -> None:
    program = _code_of("beq 1f; ldr r2, [r3]; bx lr; nop; 1: add.w r0, r1, r2; bx lr")
    reads: list[int] = []

    def read(address: int, size: int) -> bytes:
        reads.append(address - BLOCK_ADDRESS)
        return program[address - BLOCK_ADDRESS :][:size]

    timing = time_block(core_model("cortex-m4f"), program[:2], BLOCK_ADDRESS, read)
    assert sorted(reads) == [2, 8]
    assert (timing.cycles, timing.taken_cycles) == (1, 1)


def test_an_unaligned_wide_instruction_at_the_target_is_seen() -> None:
    program = _code_of("beq 1f; ldr r2, [r3]; bx lr; 1: add.w r0, r1, r2; bx lr")
    timing = time_block(
        core_model("cortex-m4f"),
        program[:2],
        BLOCK_ADDRESS,
        lambda address, size: program[address - BLOCK_ADDRESS :][:size],
    )
    assert timing.taken_cycles == 2


def test_an_unconditional_branch_does_not_look_behind_itself() -> None:
    def read(address: int, size: int) -> bytes:
        assert address == BLOCK_ADDRESS + 16
        return bytes(size)

    time_block(core_model("cortex-m4f"), _code_of("b .+16"), BLOCK_ADDRESS, read)


def test_a_block_at_the_end_of_memory_is_timed_alone() -> None:
    def read(address: int, size: int) -> bytes:
        raise ImageError(f"nothing at {address:#x}")

    model = core_model("cortex-m7f")
    code = assemble("adds r0, r1, r2", "cortex-m7f")
    assert time_block(model, code, BLOCK_ADDRESS, read).cycles == 1
