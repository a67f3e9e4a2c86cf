"""A main stack below its limit is noticed, with the instruction that took it there."""

from __future__ import annotations

import pytest

from sim.machine.embedded.stack_watch import stack_moves
from sim.machine.protocol import Level
from tests.support.assembler import assemble
from tests.support.boards import PLENTY, AssembledBoard

LIMIT = 0x20001F00  # the stack of the test board begins at 0x20002000


def run(program: str, level: Level = Level.FULL) -> AssembledBoard:
    board = AssembledBoard(f"start: {program}\n b stop_end\nstop_end: b .\n .ltorg\n", level=level)
    board.machine.watch_stack(LIMIT)
    assert board.machine.run(PLENTY).marker == "end"
    return board


@pytest.mark.parametrize(
    "instruction",
    [
        "push {r4, lr}",
        "push.w {r4, r8, lr}",
        "sub sp, #8",
        "sub.w sp, sp, #1024",
        "subw sp, sp, #1023",
        "sub.w sp, sp, r3",
        "add sp, r4",
        "str r0, [sp, #-8]!",
        "strd r0, r1, [sp, #-16]!",
        "vpush {d8-d9}",
        "vpush {s16}",
    ],
)
def test_what_makes_room_on_the_stack_is_known(instruction: str) -> None:
    code = assemble(f"nop\n {instruction}\n nop\n", "cortex-m4f")
    assert [(move.offset, move.is_growth) for move in stack_moves(code)] == [(2, True)]


@pytest.mark.parametrize(
    "instruction", ["mov sp, r3", "mov.w sp, r3", "msr msp, r0", "ldr sp, [r0]", "ldr sp, [pc, #8]"]
)
def test_what_puts_the_stack_elsewhere_is_told_apart(instruction: str) -> None:
    assert [move.is_growth for move in stack_moves(assemble(instruction, "cortex-m4f"))] == [False]


@pytest.mark.parametrize(
    "instruction",
    [
        "add sp, #8",
        "pop {r4, pc}",
        "msr psp, r0",
        "ldr r0, [sp, #4]",
        "str r0, [sp]",
        "vpop {d8}",
        "add r0, sp, #8",
    ],
)
def test_what_leaves_the_stack_or_shrinks_it_does_not_count(instruction: str) -> None:
    assert not list(stack_moves(assemble(instruction, "cortex-m4f")))


@pytest.mark.parametrize("level", [Level.FULL, Level.TIMING, Level.INSTRUCTIONS])
def test_the_first_instruction_behind_the_limit_is_reported(level: Level) -> None:
    board = run(
        "bl deep\n b stop_end\ndeep: sub sp, #0x100\n b 1f\n 1: push {r4, lr}\n b 2f\n2: push {r4, lr}\n",
        level,
    )
    overflow = board.machine.stack_watch.overflow
    assert overflow is not None
    assert (overflow.sp, overflow.limit) == (LIMIT - 8, LIMIT)
    code = board.machine.read_memory(overflow.pc, 2)
    assert code == assemble("push {r4, lr}", "cortex-m4f")
    assert board.machine.read_memory(overflow.pc - 4, 2) == assemble("sub sp, #0x100", "cortex-m4f")


def test_a_stack_that_is_just_full_is_no_overflow() -> None:
    assert run("sub sp, #0x100\n b 1f\n1: nop").machine.stack_watch.overflow is None


def test_a_stack_that_firmware_moves_elsewhere_is_no_overflow() -> None:
    program = "ldr r0, =0x20001000\n msr msp, r0\n isb\n push {r4, lr}\n b 1f\n1: push {r4, lr}"
    assert run(program).machine.stack_watch.overflow is None


def test_a_process_stack_may_be_anywhere() -> None:
    program = """
    ldr r0, =0x20001000
    msr psp, r0
    movs r0, #2
    msr control, r0
    isb
    push {r4, lr}
    b 1f
    1: push {r4, lr}
    """
    assert run(program).machine.stack_watch.overflow is None


def test_a_snapshot_goes_back_to_before_the_overflow() -> None:
    program = "stop_before: nop\n sub sp, #0x108\n b 1f\n1: nop"
    board = AssembledBoard(f"start: b stop_before\n{program}\n b stop_end\nstop_end: b .\n .ltorg\n")
    machine = board.machine
    machine.watch_stack(LIMIT)
    assert machine.run(PLENTY).marker == "before"
    before = machine.snapshot()
    for _ in range(2):
        assert machine.stack_watch.overflow is None
        assert machine.run(PLENTY).marker == "end"
        assert machine.stack_watch.overflow is not None
        machine.restore(before)
