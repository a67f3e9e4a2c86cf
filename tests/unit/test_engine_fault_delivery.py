"""Faults reach the firmware's own handlers as on the core, and a run that ends in one says what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.fault import FaultKind, FaultOutcome
from sim.machine.protocol import RunLimits, Stop
from sim.machine.protocol import StopReason as MachineStop
from sim.result import Result, StopReason
from tests.support.assembler import assemble
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.two_machines import PAIRS, boot_here, semihosting_text, text_on_qemu

HARD_FAULT, BUS_FAULT, SVC = 3, 5, 11
READ_NOWHERE = "ldr r0, =0x90000000\n ldr r0, [r0]\n"
ENABLE_ALL = "ldr r0, =0xe000ed24\n ldr r1, =0x70000\n str r1, [r0]\n"


@pytest.mark.parametrize("core", PAIRS)
def test_handlers_see_the_same_status_as_on_qemu(core: str) -> None:
    result = boot_here("fault_handlers.c", core)
    assert result.stop_reason is StopReason.COMPLETED
    assert "bfar 90000008" in semihosting_text(result)
    assert semihosting_text(result) == text_on_qemu("fault_handlers.c", core)


def stop_of(program: str, handlers: dict[int, str] | None = None) -> Stop:
    board = AssembledBoard(program + "\n.ltorg\n", handlers=handlers)
    return board.machine.run(PLENTY)


@pytest.mark.parametrize("loop", ["b .", "1: nop\n b 1b", "1: nop\n nop\n b 1b", "1: wfi\n b 1b"])
def test_a_handler_that_loops_forever_ends_the_run_with_its_fault(loop: str) -> None:
    stop = stop_of(f"start: {READ_NOWHERE} b .\n.ltorg\nhandler: {loop}", {HARD_FAULT: "handler"})
    assert stop.reason is MachineStop.FAULT
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.READ_UNMAPPED
    assert stop.fault.outcome is FaultOutcome.IN_HANDLER
    assert stop.fault.is_escalated


def test_a_handler_that_works_on_is_not_taken_for_an_endless_loop() -> None:
    program = f"""
start: {READ_NOWHERE}
handler:
    ldr r0, =3000000
1:  subs r0, #1
    bne 1b
    b stop_end
stop_end: b .
"""
    assert stop_of(program, {HARD_FAULT: "handler"}).marker == "end"


def test_a_fault_in_the_handler_of_a_hard_fault_locks_the_core_up() -> None:
    stop = stop_of(f"start: {READ_NOWHERE}\nhandler: udf #0", {HARD_FAULT: "handler"})
    assert stop.reason is MachineStop.FAULT
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.UNDEFINED
    assert stop.fault.outcome is FaultOutcome.LOCK_UP
    assert stop.fault.cause is not None
    assert stop.fault.cause.kind is FaultKind.READ_UNMAPPED


def test_a_fault_with_faultmask_set_locks_the_core_up() -> None:
    stop = stop_of(f"start: cpsid f\n {READ_NOWHERE}\nhandler: b .", {HARD_FAULT: "handler"})
    assert stop.fault is not None
    assert stop.fault.outcome is FaultOutcome.LOCK_UP


def test_a_fault_in_the_handler_of_another_fault_is_escalated() -> None:
    handlers = {HARD_FAULT: "hard", BUS_FAULT: "bus"}
    stop = stop_of(f"start: {ENABLE_ALL} {READ_NOWHERE}\nbus: {READ_NOWHERE}\nhard: b .", handlers)
    assert stop.fault is not None
    assert stop.fault.is_escalated
    assert stop.fault.cause is not None
    assert not stop.fault.cause.is_escalated


def test_an_overflowing_stack_that_takes_an_interrupt_is_a_stacking_error() -> None:
    program = f"start: ldr sp, =0x20000010\n svc #0\n b .\nsvc: bx lr\nhard: {READ_NOWHERE}"
    stop = stop_of(program, {HARD_FAULT: "hard", SVC: "svc"})
    assert stop.fault is not None
    assert stop.fault.outcome is FaultOutcome.LOCK_UP
    assert stop.fault.cause is not None
    assert stop.fault.cause.kind is FaultKind.STACKING


def test_a_return_to_a_frame_outside_memory_is_an_unstacking_error() -> None:
    program = "start: svc #0\n b .\nsvc: ldr r0, =0x10\n msr psp, r0\n ldr lr, =0xfffffffd\n bx lr\nhard: b ."
    stop = stop_of(program, {HARD_FAULT: "hard", SVC: "svc"})
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.UNSTACKING


def test_a_link_value_that_does_not_fit_is_an_invalid_return() -> None:
    # To thread mode, by a value that says handler mode.
    program = "start: svc #0\n b .\nsvc: ldr lr, =0xfffffff1\n bx lr\nhard: b ."
    stop = stop_of(program, {HARD_FAULT: "hard", SVC: "svc"})
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.EXCEPTION_RETURN


def test_division_by_zero_is_a_fault_only_while_it_is_trapped() -> None:
    divide = "movs r1, #0\n movs r2, #9\n sdiv r3, r2, r1\n"
    trap = "ldr r4, =0xe000ed14\n ldr r5, [r4]\n orr r5, #16\n str r5, [r4]\n isb\n"
    clear = "bic r5, #16\n str r5, [r4]\n isb\n"
    assert stop_of(f"start: {divide} {trap} {clear} {divide} b stop_end\nstop_end: b .").marker == "end"
    stop = stop_of(f"start: {divide} {trap} {divide} b .")
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.DIVIDE_BY_ZERO


FPU_OFF = "ldr r4, =0xe000ed88\n movs r5, #0\n str r5, [r4]\n dsb\n isb\n"


@pytest.mark.parametrize(
    "instruction", ["vadd.f32 s0, s1, s2", "vldr s0, [r4]", "vmov r0, s0", "vpush {s16}"]
)
def test_floating_point_while_the_fpu_is_off_is_a_fault(instruction: str) -> None:
    stop = stop_of(f"start: {FPU_OFF} movs r0, #1\n {instruction}\n b .\nhard: b .", {HARD_FAULT: "hard"})
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.NO_COPROCESSOR


def test_a_handler_that_switches_the_fpu_on_lets_the_program_go_on() -> None:
    program = f"""
start:
    {FPU_OFF}
    vmov.f32 s1, #2.0
    vadd.f32 s0, s1, s1
    vmov r0, s0
    ldr r1, =0x20004000
    str r0, [r1]
    b stop_end
stop_end: b .
handler:
    ldr r4, =0xe000ed88
    ldr r5, =0xf00000
    str r5, [r4]
    dsb
    isb
    bx lr
"""
    board = AssembledBoard(program + ".ltorg\n", handlers={HARD_FAULT: "handler"})
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(0x20004000, 1) == [0x40800000]


@pytest.mark.parametrize("access", ["ldr r3, [r1]", "str r3, [r1]", "ldrh r3, [r1]", "ldrd r2, r3, [r1]"])
def test_an_unaligned_access_is_a_fault_only_while_it_is_trapped(access: str) -> None:
    trap = "ldr r4, =0xe000ed14\n ldr r5, [r4]\n orr r5, #8\n str r5, [r4]\n isb\n"
    program = f"start: ldr r1, =0x20004001\n {access}\n {trap} {access}\n movs r1, #0\n b .\nhard: b ."
    stop = stop_of(program, {HARD_FAULT: "hard"})
    assert stop.fault is not None
    assert stop.fault.kind is FaultKind.UNALIGNED
    assert stop.fault.address == 0x20004001


def test_a_handler_sees_the_registers_of_the_unaligned_access() -> None:
    program = """
start:
    ldr r1, =0x20004001
    movs r0, #1
    ldr r3, [r1]
    movs r0, #2
    b .
handler:
    ldr r2, =0x20004100
    ldr r3, [sp]
    str r3, [r2]
    ldr r3, [sp, #24]
    ldrh r3, [r3]
    str r3, [r2, #4]
    b stop_end
stop_end: b .
"""
    board = AssembledBoard(program + ".ltorg\n", "stm32g0b1", handlers={HARD_FAULT: "handler"})
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(0x20004100, 2) == [1, 0x680B], "ldr r3, [r1]"


def boot(tmp_path: Path, program: str, **options: object) -> Result:
    """Boot a program whose vector 3 is its label ``hard``."""
    table = ".word 0x20002000, start + 0x08000001, 0, hard + 0x08000001\n .space 48\n"
    image = tmp_path / "app.bin"
    image.write_bytes(assemble(f"{table}{program}\n.ltorg\n", "cortex-m4f"))
    return run_firmware(BootRequest("stm32l4r5", image, timeout_cycles=10_000_000, **options))  # type: ignore[arg-type]


def test_the_result_names_the_fault_that_a_handler_hides(tmp_path: Path) -> None:
    result = boot(tmp_path, f"start: {READ_NOWHERE}\nhard: b .")
    assert result.stop_reason is StopReason.FAULT
    assert result.stop_detail is not None
    assert result.stop_detail.startswith("BusFault (PRECISERR) at 0x0800004")
    assert result.stop_detail.endswith("; the firmware's HardFault handler did not return")


def test_the_result_tells_what_happened_before_a_lock_up(tmp_path: Path) -> None:
    result = boot(tmp_path, f"start: {READ_NOWHERE}\nhard: udf #0")
    assert result.stop_detail is not None
    assert result.stop_detail.startswith("BusFault (PRECISERR)")
    assert "its handler faulted in turn: UsageFault (UNDEFINSTR)" in result.stop_detail
    assert result.stop_detail.endswith("the core locked up")


def test_a_reset_by_the_firmware_ends_the_run_and_names_the_fault_before_it(tmp_path: Path) -> None:
    reset = "ldr r0, =0xe000ed0c\n ldr r1, =0x05fa0004\n str r1, [r0]\n b .\n"
    plain = boot(tmp_path, f"start: {reset}\nhard: b .")
    assert plain.stop_reason is StopReason.RESET
    after_fault = boot(tmp_path, f"start: {READ_NOWHERE}\nhard: {reset}")
    assert after_fault.stop_reason is StopReason.RESET
    assert after_fault.stop_detail is not None
    assert after_fault.stop_detail.startswith("after a BusFault (PRECISERR)")


def test_a_fault_that_its_handler_has_repaired_is_forgotten() -> None:
    program = """
start:
    ldr r0, =0x90000000
    ldr r0, [r0]
    b .
handler:
    ldr r1, [sp, #24]
    adds r1, #2
    str r1, [sp, #24]
    bx lr
"""
    board = AssembledBoard(program + ".ltorg\n", handlers={HARD_FAULT: "handler"})
    stop = board.machine.run(RunLimits(cycles=5_000_000))
    assert stop.reason is MachineStop.IDLE  # at the endless loop
    assert stop.fault is None


def test_a_snapshot_remembers_the_fault_that_is_being_handled() -> None:
    program = f"start: {READ_NOWHERE}\nhandler: b stop_here\nstop_here: nop\n 1: b 1b"
    board = AssembledBoard(program + "\n.ltorg\n", handlers={HARD_FAULT: "handler"})
    assert board.machine.run(PLENTY).marker == "here"
    snapshot = board.machine.snapshot()
    assert board.machine.run(PLENTY).reason is MachineStop.FAULT
    board.machine.restore(snapshot)
    stop = board.machine.run(PLENTY)
    assert stop.reason is MachineStop.FAULT
    assert stop.fault is not None
