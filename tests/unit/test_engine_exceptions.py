"""Interrupts and system calls preempt, stack and return as the Armv7-M architecture says."""

from __future__ import annotations

import pytest

from sim.machine.protocol import RunLimits, StopReason
from tests.support.boards import PLENTY, AssembledBoard

RAM = 0x20004000
SYSTICK, PENDSV, SVC, IRQ0 = 15, 14, 11, 16

SYSTICK_EVERY_1000 = """
    ldr r7, =0xe000e010
    ldr r0, =999
    str r0, [r7, #4]
    movs r0, #0
    str r0, [r7, #8]
    movs r0, #7
    str r0, [r7]
"""
COUNTING_HANDLER = f"""
handler:
    ldr r0, ={RAM:#x}
    ldr r1, [r0]
    adds r1, #1
    str r1, [r0]
    bx lr
    .ltorg
"""


@pytest.mark.parametrize("platform", ["stm32g0b1", "stm32f103", "stm32l4r5", "stm32f746", "stm32u575"])
def test_systick_interrupts_once_per_period_of_virtual_time(platform: str) -> None:
    board = AssembledBoard(
        f"start: {SYSTICK_EVERY_1000}\n1: b 1b\n .ltorg\n{COUNTING_HANDLER}",
        platform,
        handlers={SYSTICK: "handler"},
    )
    assert board.machine.run(RunLimits(cycles=100_500)).reason is StopReason.CYCLE_LIMIT
    assert board.words(RAM, 1) == [100]


def test_sleeping_skips_to_the_next_interrupt() -> None:
    board = AssembledBoard(
        f"start: {SYSTICK_EVERY_1000}\n1: wfi\n b 1b\n .ltorg\n{COUNTING_HANDLER}",
        handlers={SYSTICK: "handler"},
    )
    board.machine.run(RunLimits(cycles=1_000_500))
    assert board.words(RAM, 1) == [1000]


def test_registers_and_flags_survive_an_interrupt() -> None:
    board = AssembledBoard(
        f"""
start: {SYSTICK_EVERY_1000}
    ldr r4, ={RAM:#x}
    movs r5, #0
    vmov.f32 s5, #2.0
    vmov.f32 s20, #3.0
2:  movs r0, #11
    movs r1, #22
    movs r2, #33
    movs r3, #44
    movs r6, #200
1:  subs r6, #1             @ most interrupts come between these two
    bne 1b
    add r0, r1
    add r0, r2
    add r0, r3
    cmp r0, #110
    it ne
    addne r5, #1            @ counts wrong sums
    ldr r6, [r4]
    cmp r6, #50
    blo 2b
    str r5, [r4, #4]
    vstr s5, [r4, #8]
    vstr s20, [r4, #12]
    b stop_end
stop_end: b stop_end
    .ltorg
handler:
    ldr r0, ={RAM:#x}
    ldr r1, [r0]
    adds r1, #1
    str r1, [r0]
    vmov.f32 s5, #9.0       @ the interrupted code's s5 is on the stack
    movs r2, #0
    movs r3, #0
    bx lr
    .ltorg
""",
        handlers={SYSTICK: "handler"},
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(RAM + 4, 3) == [0, 0x40000000, 0x40400000]


def test_a_system_call_returns_behind_the_instruction() -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r4, ={RAM:#x}
    movs r0, #5
    svc #7
    str r0, [r4]
    b stop_end
stop_end: b stop_end
handler:
    ldr r1, [sp, #24]       @ stacked return address
    ldrb r1, [r1, #-2]      @ number in the svc instruction
    ldr r0, [sp]
    adds r0, r1
    str r0, [sp]
    bx lr
    .ltorg
""",
        handlers={SVC: "handler"},
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(RAM, 1) == [12]


def test_a_more_urgent_interrupt_preempts_and_a_less_urgent_one_waits() -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r4, =0xe000e100
    movs r0, #7
    str r0, [r4]            @ enable interrupts 0 to 2
    ldr r5, =0xe000e400
    ldr r0, =0x00c04080
    str r0, [r5]            @ priorities: 0x80, 0x40, 0xc0
    ldr r6, ={RAM:#x}
    ldr r7, =0xe000ef00
    movs r0, #0
    str r0, [r7]            @ trigger interrupt 0
    nop
    nop
    b stop_end
stop_end: b stop_end
    .ltorg
irq0:
    movs r0, #1
    str r0, [r6], #4
    movs r0, #2
    str r0, [r7]            @ less urgent: waits until this handler ends
    isb
    movs r0, #1
    str r0, [r7]            @ more urgent: comes at once
    isb                     @ ends the basic block: exceptions are taken between blocks
    movs r0, #11
    str r0, [r6], #4
    bx lr
irq1:
    movs r0, #2
    str r0, [r6], #4
    bx lr
irq2:
    movs r0, #3
    str r0, [r6], #4
    bx lr
""",
        handlers={IRQ0: "irq0", IRQ0 + 1: "irq1", IRQ0 + 2: "irq2"},
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(RAM, 4) == [1, 2, 11, 3]


@pytest.mark.parametrize(
    ("mask", "unmask"),
    [("cpsid i", "cpsie i"), ("movs r0, #0x40\n msr basepri, r0", "movs r0, #0\n msr basepri, r0")],
)
def test_a_masked_exception_waits_until_it_is_unmasked(mask: str, unmask: str) -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r5, =0xe000ed20
    ldr r0, =0x00800000
    str r0, [r5]            @ PendSV at priority 0x80
    ldr r4, =0xe000ed04
    ldr r6, ={RAM:#x}
    {mask}
    ldr r0, =0x10000000
    str r0, [r4]            @ pend PendSV
    nop
    movs r1, #1
    str r1, [r6], #4
    {unmask}
    nop
    movs r1, #3
    str r1, [r6], #4
    b stop_end
stop_end: b stop_end
    .ltorg
handler:
    movs r0, #2
    str r0, [r6], #4
    bx lr
""",
        handlers={PENDSV: "handler"},
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(RAM, 3) == [1, 2, 3]


def test_threads_on_the_process_stack_come_back_to_it() -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r0, ={RAM + 0x800:#x}
    msr psp, r0
    movs r0, #2
    msr control, r0
    isb
    push {{r0}}
    svc #0
    mov r1, sp
    mrs r2, control
    ldr r4, ={RAM:#x}
    str r1, [r4]
    str r2, [r4, #4]
    str r3, [r4, #8]
    b stop_end
stop_end: b stop_end
    .ltorg
handler:
    mov r3, sp              @ the main stack
    mrs r0, psp
    str r3, [r0, #12]       @ into the stacked r3
    bx lr
""",
        handlers={SVC: "handler"},
    )
    assert board.machine.run(PLENTY).marker == "end"
    process_stack, control, main_stack = board.words(RAM, 3)
    assert process_stack == RAM + 0x800 - 4
    assert control & 2
    assert 0x20001000 < main_stack <= 0x20002000
