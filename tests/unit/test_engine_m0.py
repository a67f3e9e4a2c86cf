"""What a Cortex-M0 lacks beside a Cortex-M0+: its vector table stays where it is, and there is no MPU."""

from __future__ import annotations

import dataclasses

from sim.platform import load_platform
from tests.support.boards import PLENTY, AssembledBoard

_SVC = 11
_PROGRAM = """
start: ldr r0, =0xe000ed00
    ldr r4, [r0]
    ldr r1, =0x20000000
    str r1, [r0, #8]
    ldr r0, =0xe000ed90
    ldr r5, [r0]
    svc #0
stop_after: b .
handler: bx lr
    .ltorg
"""


def test_an_exception_takes_its_vector_from_address_zero_whatever_is_written_to_vtor() -> None:
    board = AssembledBoard(_PROGRAM, "microbit", handlers={_SVC: "handler"})
    assert board.machine.run(PLENTY).marker == "after"


def test_core_and_absent_memory_protection_are_told_by_their_registers() -> None:
    cpuid, mpu_type = 0xE000ED00, 0xE000ED90
    registers = AssembledBoard(_PROGRAM, "microbit").machine.peripherals
    assert registers.read(cpuid) >> 4 & 0xFFF == 0xC20
    registers.write(mpu_type + 4, 1)  # MPU_CTRL.ENABLE
    assert (registers.read(mpu_type), registers.read(mpu_type + 4)) == (0, 0)
    assert AssembledBoard(_PROGRAM, "rp2040").machine.peripherals.read(mpu_type) == 8 << 8


def test_entering_an_exception_takes_one_cycle_more() -> None:
    def cycles(core: str) -> int:
        board = dataclasses.replace(load_platform("microbit"), core=core)
        program = "start: svc #0\nstop_handler:\nhandler: b ."
        machine = AssembledBoard(program, board, handlers={_SVC: "handler"}).machine
        assert machine.run(PLENTY).marker == "handler"
        return int(machine.cycles)

    assert cycles("cortex-m0") == cycles("cortex-m0plus") + 1
