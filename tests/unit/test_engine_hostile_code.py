"""Code that rewrites itself, floods of interrupts and garbage on the line neither crash nor hang."""

from __future__ import annotations

import random

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.protocol import RunLimits, StopReason
from sim.result import StopReason as ResultStop
from sim.timing.instruction import InstructionClass
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.firmware import build_firmware

RAM = 0x20004000
IRQ0, PENDSV, SYSTICK = 16, 14, 15

# Runs a function in RAM twice, with other instructions of the same length the second time.
REWRITES_ITSELF = f"""
start:
    ldr r4, ={RAM:#x}
    ldr r0, first
    ldr r1, first + 4
    strd r0, r1, [r4]
    dsb
    isb
    adds r5, r4, #1
    movs r6, #0
    blx r5
    b log_first
log_first: nop
    ldr r0, second
    {{store}}
    dsb
    isb
    blx r5
    b stop_end
stop_end: b .
    .balign 4
first: adds r6, #1
    adds r6, #1
    bx lr
    nop
second: udiv r6, r6, r5
    .ltorg
"""


@pytest.mark.parametrize("store", ["str r0, [r4]", "strh r0, [r4]\n lsrs r0, #16\n strh r0, [r4, #2]"])
@pytest.mark.parametrize("platform", ["stm32l4r5", "stm32f746", "stm32u575"])
def test_code_that_rewrites_itself_runs_and_costs_what_is_there_now(platform: str, store: str) -> None:
    program = REWRITES_ITSELF.format(store=store).replace(f"{RAM:#x}", "0x20003000")
    board = AssembledBoard(program, platform)
    assert board.machine.run(PLENTY).marker == "end"
    profile = board.machine.profile()
    first, end = profile.hits
    counts = profile.span(first, end).class_counts
    assert counts[InstructionClass.DIV] == 1
    address = 0x20003000
    costs = [block.timing.cycles for block in profile.blocks if block.address == address]
    assert len(costs) == 2
    assert costs[1] > costs[0]


def test_an_interrupt_that_pends_itself_again_reaches_the_cycle_limit() -> None:
    program = """
start:
    ldr r0, =0xe000e100
    movs r1, #1
    str r1, [r0]
    str r1, [r0, #0x100]
    b .
again:
    ldr r0, =0xe000e200
    movs r1, #1
    str r1, [r0]
    bx lr
    .ltorg
"""
    board = AssembledBoard(program, handlers={IRQ0: "again"})
    assert board.machine.run(RunLimits(200_000, wall_seconds=60.0)).reason is StopReason.CYCLE_LIMIT


def test_the_shortest_systick_period_reaches_the_cycle_limit() -> None:
    program = """
start:
    ldr r0, =0xe000e010
    movs r1, #1
    str r1, [r0, #4]
    movs r1, #7
    str r1, [r0]
    b .
tick: bx lr
    .ltorg
"""
    board = AssembledBoard(program, handlers={SYSTICK: "tick"})
    assert board.machine.run(RunLimits(100_000, wall_seconds=60.0)).reason is StopReason.CYCLE_LIMIT


def test_every_interrupt_pending_at_once_is_served_in_order() -> None:
    program = f"""
start:
    ldr r4, ={RAM:#x}
    ldr r0, =0xe000e200
    mvn r1, #0
    str r1, [r0]
    ldr r0, =0xe000e100
    str r1, [r0]
    b stop_end
stop_end: b .
any:
    mrs r0, ipsr
    strb r0, [r4], #1
    bx lr
    .ltorg
"""
    board = AssembledBoard(program, handlers={IRQ0 + number: "any" for number in range(32)})
    assert board.machine.run(PLENTY).marker == "end"
    assert board.machine.read_memory(RAM, 32) == bytes(range(16, 48))


@pytest.mark.parametrize("seed", range(3))
def test_garbage_on_the_serial_line_is_answered_or_ignored(seed: int) -> None:
    garbage = random.Random(seed).randbytes(300) + b"%"
    image = build_firmware("serial_device.c") / "app.elf"
    result = run_firmware(
        BootRequest(
            "stm32l4r5", image, uart_input=garbage, timeout_cycles=6_000_000, wall_timeout_seconds=60.0
        )
    )
    assert result.stop_reason is ResultStop.COMPLETED
    assert result.uart is not None
    assert result.uart.startswith("m-ready")


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_as_code_end_in_a_stop_with_a_reason(seed: int) -> None:
    noise = random.Random(seed).randbytes(512)
    data = ", ".join(str(byte) for byte in noise)
    board = AssembledBoard(f"start: .byte {data}\n", handlers={3: "start", IRQ0: "start", PENDSV: "start"})
    stop = board.machine.run(RunLimits(300_000, wall_seconds=60.0))
    assert stop.reason in (StopReason.FAULT, StopReason.CYCLE_LIMIT, StopReason.IDLE, StopReason.EXIT)
