"""Decoding of single blocks: registers, predication, and bytes that are no code."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.timing.cores import CORE_NAMES
from sim.timing.decode import decode_block
from sim.timing.instruction import (
    FIRST_S_REGISTER,
    FLAGS,
    FP_FLAGS,
    GE_FLAGS,
    LR,
    PC,
    SP,
    BranchKind,
    Instruction,
    InstructionClass,
)
from tests.support.assembler import BLOCK_ADDRESS, assemble

S0 = FIRST_S_REGISTER


def decode(text: str, core: str = "cortex-m7f") -> list[Instruction]:
    return decode_block(assemble(text, core), BLOCK_ADDRESS, core)


@pytest.mark.parametrize(
    ("text", "kind", "reads", "writes"),
    [
        ("adds r0, #1", InstructionClass.ALU, {0}, {0, FLAGS}),
        ("adds r0, r1, r2", InstructionClass.ALU, {1, 2}, {0, FLAGS}),
        ("adc.w r0, r1, r2", InstructionClass.ALU, {1, 2, FLAGS}, {0}),
        ("cmp r0, r1", InstructionClass.ALU, {0, 1}, {FLAGS}),
        ("movt r0, #1", InstructionClass.ALU, {0}, {0}),
        ("movw r0, #1", InstructionClass.ALU, set(), {0}),
        ("bfi r0, r1, #2, #3", InstructionClass.ALU, {0, 1}, {0}),
        ("ubfx r0, r1, #2, #3", InstructionClass.ALU, {1}, {0}),
        ("lsls r0, r1", InstructionClass.SHIFT, {0, 1}, {0, FLAGS}),
        ("mov.w r0, r1, lsl #3", InstructionClass.SHIFT, {1}, {0}),
        ("mul r0, r1, r2", InstructionClass.MUL, {1, 2}, {0}),
        ("umull r0, r1, r2, r3", InstructionClass.MUL, {2, 3}, {0, 1}),
        ("mla r0, r1, r2, r3", InstructionClass.MAC, {1, 2, 3}, {0}),
        ("smlal r0, r1, r2, r3", InstructionClass.MAC, {0, 1, 2, 3}, {0, 1}),
        ("uadd8 r0, r1, r2", InstructionClass.DSP, {1, 2}, {0, GE_FLAGS}),
        ("uhadd8 r0, r1, r2", InstructionClass.DSP, {1, 2}, {0}),
        ("sel r0, r1, r2", InstructionClass.DSP, {1, 2, GE_FLAGS}, {0}),
        ("ssat r0, #8, r1, asr #3", InstructionClass.DSP, {1}, {0}),
        ("ldr r0, [r1, r2, lsl #2]", InstructionClass.LOAD, {1, 2}, {0}),
        ("ldrsb r0, [r1], #1", InstructionClass.LOAD, {1}, {0, 1}),
        ("str r0, [r1, #4]!", InstructionClass.STORE, {0, 1}, {1}),
        ("strex r0, r1, [r2]", InstructionClass.STORE, {1, 2}, {0}),
        ("ldrd r0, r1, [r2]", InstructionClass.LOAD_MULTIPLE, {2}, {0, 1}),
        ("push {r4, lr}", InstructionClass.STORE_MULTIPLE, {4, LR, SP}, {SP}),
        ("pop {r4, pc}", InstructionClass.LOAD_MULTIPLE, {SP}, {4, PC, SP}),
        ("ldmia r0, {r1-r3}", InstructionClass.LOAD_MULTIPLE, {0}, {1, 2, 3}),
        ("vldr s1, [r0]", InstructionClass.LOAD, {0}, {S0 + 1}),
        ("vldr d1, [r0]", InstructionClass.LOAD, {0}, {S0 + 2, S0 + 3}),
        ("vpush {d8}", InstructionClass.STORE_MULTIPLE, {SP, S0 + 16, S0 + 17}, {SP}),
        ("vmov r0, r1, d1", InstructionClass.FP_MOVE, {S0 + 2, S0 + 3}, {0, 1}),
        ("vmov d1, r0, r1", InstructionClass.FP_MOVE, {0, 1}, {S0 + 2, S0 + 3}),
        ("vmov s4, s5, r0, r1", InstructionClass.FP_MOVE, {0, 1}, {S0 + 4, S0 + 5}),
        ("vmov.f32 s0, #1.0", InstructionClass.FP_MOVE, set(), {S0}),
        ("vmrs APSR_nzcv, fpscr", InstructionClass.FP_MOVE, {FP_FLAGS}, {FLAGS}),
        ("vcmp.f32 s0, s1", InstructionClass.FP_ALU, {S0, S0 + 1}, {FP_FLAGS}),
        ("vseleq.f32 s0, s1, s2", InstructionClass.FP_ALU, {S0 + 1, S0 + 2, FLAGS}, {S0}),
        ("vmla.f32 s0, s1, s2", InstructionClass.FP_MAC, {S0, S0 + 1, S0 + 2}, {S0}),
        ("vsqrt.f32 s0, s1", InstructionClass.FP_DIV, {S0 + 1}, {S0}),
        ("bl .", InstructionClass.BRANCH, set(), {LR}),
        ("bx lr", InstructionClass.BRANCH, {LR}, set()),
        ("beq .", InstructionClass.BRANCH, {FLAGS}, set()),
        ("cbz r3, 1f\nnop\n1:", InstructionClass.BRANCH, {3}, set()),
    ],
)
def test_an_instruction_reads_and_writes_what_the_architecture_says(
    text: str, kind: InstructionClass, reads: set[int], writes: set[int]
) -> None:
    instruction = decode(text)[0]
    assert (instruction.kind, set(instruction.reads), set(instruction.writes)) == (kind, reads, writes)


@pytest.mark.parametrize(
    ("text", "accumulator"),
    [
        ("mla r0, r1, r2, r3", {3}),
        ("smlad r0, r1, r2, r0", {0}),
        ("smlal r0, r1, r2, r3", {0, 1}),
        ("vfma.f32 s0, s1, s2", {S0}),
        ("mul r0, r1, r2", set()),
        ("usada8 r0, r1, r2, r3", {3}),
    ],
)
def test_the_addend_of_a_multiply_accumulate_is_told_from_its_factors(
    text: str, accumulator: set[int]
) -> None:
    assert decode(text)[0].accumulator == accumulator


@pytest.mark.parametrize(
    ("text", "inline_shift"),
    [
        ("add.w r0, r1, r2, lsl #2", True),
        ("cmp.w r0, r1, asr #2", True),
        ("eor r0, r1, #0x1fc0", True),
        ("eor r0, r1, #0x1b1b1b1b", False),
        ("eor r0, r1, #0x001b001b", False),
        ("eor r0, r1, #0x1b001b00", False),
        ("add.w r0, r1, #255", False),
        ("addw r0, r1, #0xff9", False),
        ("lsl.w r0, r1, #2", False),
        ("add sp, #256", False),
        ("pkhbt r0, r1, r2, lsl #16", False),
    ],
)
def test_operands_that_pass_through_the_shifter_are_told_apart(text: str, inline_shift: bool) -> None:
    assert decode(text)[0].has_inline_shift is inline_shift


def test_a_condition_block_predicates_exactly_its_instructions() -> None:
    instructions = decode("ite lt\nmovlt r0, #1\nmovge r0, #2\nadds r0, #1")
    assert [item.condition for item in instructions] == ["", "lt", "ge", ""]
    assert [item.in_it_block for item in instructions] == [False, True, True, False]
    assert FLAGS in instructions[1].reads


def test_a_branch_inside_a_condition_block_keeps_its_kind() -> None:
    assert decode("it ne\nbxne lr")[1].branch is BranchKind.INDIRECT
    assert decode("it ne\npopne {r4, pc}")[1].branch is BranchKind.LOADED


def test_a_literal_load_is_told_from_a_table_branch() -> None:
    assert decode("ldr r0, [pc, #8]")[0].is_pc_relative_load
    assert not decode("tbb [pc, r0]")[0].is_pc_relative_load


def test_an_undecodable_halfword_becomes_a_flagged_system_instruction() -> None:
    code = bytes.fromhex("0130 ffff ffff 0130")
    instructions = decode_block(code, BLOCK_ADDRESS, "cortex-m4f")
    assert [(item.address, item.size_bytes, item.undefined) for item in instructions] == [
        (BLOCK_ADDRESS, 2, False),
        (BLOCK_ADDRESS + 2, 4, True),
        (BLOCK_ADDRESS + 6, 2, False),
    ]
    assert instructions[1].kind is InstructionClass.SYSTEM


@settings(max_examples=150, deadline=None)
@given(code=st.binary(min_size=1, max_size=64), core=st.sampled_from(CORE_NAMES))
def test_arbitrary_bytes_are_covered_without_a_gap(code: bytes, core: str) -> None:
    position = BLOCK_ADDRESS
    for instruction in decode_block(code, BLOCK_ADDRESS, core):
        assert instruction.address == position
        position += instruction.size_bytes
    assert position == BLOCK_ADDRESS + len(code)


def test_the_timing_package_loads_without_the_disassembler() -> None:
    code = "import sys, sim.timing.decode, sim.timing.cores; sys.exit('capstone' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
