"""The MPU refuses what its regions forbid, with the status that QEMU's model of the same core reports."""

from __future__ import annotations

import pytest

from sim.machine.fault import FaultKind
from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.registers import RegisterBank
from sim.machine.protocol import Stop
from sim.result import StopReason
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.two_machines import PAIRS, boot_here, semihosting_text, text_on_qemu

RAM = 0x20004000
TIMER = 0x40000000
HARD_FAULT, MEM_MANAGE, SVC = 3, 4, 11
NO_ACCESS, READ_ONLY, ANY = 0, 6, 3


@pytest.mark.parametrize("core", PAIRS)
def test_regions_forbid_the_same_as_on_qemu(core: str) -> None:
    result = boot_here("mpu_regions.c", core)
    assert result.stop_reason is StopReason.COMPLETED
    # Of Armv8-M, no region forbids everything.
    assert semihosting_text(result).count("mmfar") == (5 if core == "cortex-m33f" else 6)
    assert semihosting_text(result) == text_on_qemu("mpu_regions.c", core)


def region(number: int, base: int, size_bytes: int, access: int, disabled_subregions: int = 0) -> str:
    attributes = access << 24 | disabled_subregions << 8 | size_bytes.bit_length() - 2 << 1 | 1
    return f"""
    ldr r0, =0xe000ed98
    movs r1, #{number}
    str r1, [r0]
    ldr r1, ={base:#x}
    str r1, [r0, #4]
    ldr r1, ={attributes:#x}
    str r1, [r0, #8]
"""


def enable(control: int = 5) -> str:
    return f"ldr r0, =0xe000ed94\n movs r1, #{control}\n str r1, [r0]\n dsb\n isb\n"


def run(program: str, handlers: dict[int, str] | None = None) -> tuple[AssembledBoard, Stop]:
    board = AssembledBoard(f"start: {program}\n b stop_end\nstop_end: b .\n .ltorg\n", handlers=handlers)
    return board, board.machine.run(PLENTY)


@pytest.mark.parametrize("offset", [0, 28])
def test_a_guard_smaller_than_a_page_of_the_emulator_is_watched_as_well(offset: int) -> None:
    store = f"ldr r2, ={RAM + 64 + offset:#x}\n movs r3, #1\n str r3, [r2]\n movs r3, #2\n"
    _, stop = run(region(0, RAM + 64, 32, NO_ACCESS) + enable() + store)
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.DATA_FORBIDDEN
    assert stop.fault.address == RAM + 64 + offset


@pytest.mark.parametrize("address", [RAM + 60, RAM + 96, RAM + 1024])
def test_memory_beside_a_small_guard_stays_usable(address: int) -> None:
    store = f"ldr r2, ={address:#x}\n movs r3, #1\n str r3, [r2]\n"
    board, stop = run(region(0, RAM + 64, 32, NO_ACCESS) + enable() + store)
    assert stop.marker == "end"
    assert board.words(address, 1) == [1]


def test_a_disabled_subregion_leaves_the_decision_to_the_region_below() -> None:
    regions = region(0, RAM, 8192, ANY) + region(1, RAM, 8192, NO_ACCESS, disabled_subregions=0b10)
    store = "ldr r2, ={:#x}\n str r2, [r2]\n"
    assert run(regions + enable() + store.format(RAM + 1024))[1].marker == "end"
    fault = run(regions + enable() + store.format(RAM + 2048))[1].fault
    assert fault is not None
    assert fault.kind is FaultKind.DATA_FORBIDDEN


@pytest.mark.parametrize(("control", "is_allowed"), [(5, True), (7, False)])
def test_the_handler_of_a_hard_fault_is_checked_only_when_asked_for(control: int, is_allowed: bool) -> None:
    program = region(0, RAM, 1024, READ_ONLY) + enable(control) + "udf #0"
    handler = f"handler: ldr r2, ={RAM:#x}\n str r2, [r2]\n b stop_done\nstop_done: b .\n"
    board = AssembledBoard(f"start: {program}\n{handler}\n.ltorg\n", handlers={HARD_FAULT: "handler"})
    assert (board.machine.run(PLENTY).marker == "done") is is_allowed


def test_stacking_where_the_mpu_forbids_writing_is_a_fault_of_its_own() -> None:
    program = region(0, 0x20001000, 4096, READ_ONLY) + enable() + "svc #0"
    _, stop = run(f"{program}\n svc: bx lr\n hard: b .", {HARD_FAULT: "hard", SVC: "svc"})
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.STACKING_FORBIDDEN


def test_a_snapshot_brings_its_regions_back() -> None:
    program = f"""
start: {region(0, RAM, 1024, READ_ONLY)} {enable()} b stop_on
stop_on: nop
    {enable(0)}
    ldr r2, ={RAM:#x}
    str r2, [r2]
    b stop_off
stop_off: b .
    .ltorg
"""
    board = AssembledBoard(program)
    assert board.machine.run(PLENTY).marker == "on"
    snapshot = board.machine.snapshot()
    assert board.machine.run(PLENTY).marker == "off"
    board.machine.restore(snapshot)
    assert board.machine.peripherals.mpu.is_enabled
    assert board.machine.run(PLENTY).marker == "off"


def test_nothing_behind_a_forbidden_access_reaches_a_peripheral() -> None:
    registers = RegisterBank("TIM2", TIMER, 0x400)
    board = AssembledBoard(
        f"""start: {region(0, TIMER, 1024, READ_ONLY)} {enable()}
        ldr r2, ={TIMER:#x}
        ldr r3, ={TIMER + 1024:#x}
        str r2, [r2]
        str r2, [r3]
        b stop_end
stop_end: b .
        .ltorg
        """,
        bus=(bus := Bus([registers])),
    )
    stop = board.machine.run(PLENTY)
    assert stop.fault is not None
    assert (stop.fault.kind, stop.fault.address) == (FaultKind.DATA_FORBIDDEN, TIMER)
    assert registers.values == {}
    assert not bus.unmodelled


def test_peripherals_are_not_checked_once_the_mpu_is_off_again() -> None:
    registers = RegisterBank("TIM2", TIMER, 0x400)
    board = AssembledBoard(
        f"""start: {region(0, TIMER, 1024, NO_ACCESS)} {enable()} {enable(0)}
        ldr r2, ={TIMER:#x}
        str r2, [r2]
        b stop_end
stop_end: b .
        .ltorg
        """,
        bus=Bus([registers]),
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert registers.values == {0: TIMER}
