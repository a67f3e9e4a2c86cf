"""Faults stop the run with the status a Cortex-M would report, at the instruction that caused them."""

from __future__ import annotations

import pytest

from sim.errors import SimulationError
from sim.machine.fault import Fault, FaultKind
from sim.machine.protocol import StopReason
from tests.support.boards import PLENTY, AssembledBoard


def fault_of(program: str, platform: str = "stm32l4r5") -> tuple[AssembledBoard, Fault]:
    board = AssembledBoard(program, platform)
    stop = board.machine.run(PLENTY)
    assert stop.reason is StopReason.FAULT
    assert stop.fault is not None
    return board, stop.fault


def test_a_read_of_nothing_is_a_precise_bus_fault_at_the_load_itself() -> None:
    board, fault = fault_of(
        """
start:
    ldr r0, =0x50001000
    nop
    movs r1, #3
    ldr r2, [r0, #8]
    nop
1:  b 1b
    .ltorg
"""
    )
    assert fault.kind is FaultKind.READ_UNMAPPED
    assert fault.address == 0x50001008
    assert fault.access_bytes == 4
    load = board.machine.read_memory(fault.pc, 2)
    assert load == bytes.fromhex("8268")  # ldr r2, [r0, #8]
    assert fault.cfsr == 0x8200
    assert fault.hfsr == 1 << 30


def test_a_write_to_flash_is_refused_and_changes_nothing() -> None:
    board, fault = fault_of(
        """
start:
    ldr r0, =0x08001000
    movs r1, #1
    str r1, [r0]
1:  b 1b
    .ltorg
"""
    )
    assert fault.kind is FaultKind.WRITE_READ_ONLY
    assert board.machine.read_memory(0x08001000, 4) == b"\xff" * 4


def test_a_write_to_flash_that_holds_only_data_is_refused_as_well() -> None:
    program = "start: ldr r0, =0x08002000\n movs r1, #1\n str r1, [r0]\n1: b 1b\n .ltorg"
    board = AssembledBoard(program, data_only_flash=range(0x08001000, 0x08200000))
    stop = board.machine.run(PLENTY)
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.WRITE_READ_ONLY
    assert stop.fault.address == 0x08002000


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("start: udf #0", FaultKind.UNDEFINED),
        ("start: svc #0", FaultKind.SUPERVISOR_CALL),
        ("start: bkpt #0", FaultKind.BREAKPOINT),
        ("start: ldr r0, =0x60000001\n bx r0\n .ltorg", FaultKind.FETCH_UNMAPPED),
        ("start: ldr r0, =0xfffffff9\n bx r0\n .ltorg", FaultKind.FETCH_FORBIDDEN),
    ],
)
def test_each_kind_of_fault_has_its_name(program: str, kind: FaultKind) -> None:
    _, fault = fault_of(program)
    assert fault.kind is kind


def test_an_overflowing_stack_faults_below_the_ram() -> None:
    _, fault = fault_of("start: push {r0-r7}\n b start")
    assert fault.kind is FaultKind.WRITE_UNMAPPED
    assert fault.address is not None
    assert 0x20000000 - 64 <= fault.address < 0x20000000


def test_firmware_reads_the_fault_status_after_a_fault() -> None:
    board, fault = fault_of("start: ldr r0, =0x50001000\n ldr r0, [r0]\n1: b 1b\n .ltorg")
    assert board.machine.peripherals.read(0xE000ED28) == fault.cfsr
    assert board.machine.peripherals.read(0xE000ED38) == 0x50001000


def test_a_vector_table_of_erased_flash_is_refused() -> None:
    board = AssembledBoard("start: b start")
    with pytest.raises(SimulationError, match="vector table at 0x08100000"):
        board.machine.reset(0x08100000)
