"""A run that goes wrong says in one sentence what the firmware was doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.embedded.polling import awaited_bits
from sim.result import Result, StopReason
from tests.support.assembler import assemble
from tests.support.firmware import build_firmware

VECTORS = ".word 0x20002000, start + 0x08000001\n .space 56\n"
FOREVER = {"until": "never", "timeout_cycles": 300_000}


def boot(image: Path, **options: object) -> Result:
    return run_firmware(BootRequest("stm32l4r5", image, wall_timeout_seconds=60.0, **options))  # type: ignore[arg-type]


def boot_assembly(tmp_path: Path, program: str, vectors: str = VECTORS, **options: object) -> Result:
    image = tmp_path / "app.bin"
    image.write_bytes(assemble(f"{vectors}{program}\n.ltorg\n", "cortex-m4f"))
    return boot(image, **options)


@pytest.mark.parametrize(
    ("test", "mask"),
    [
        ("tst r0, #0x20\n beq 1b", 0x20),
        ("tst.w r0, #0x30000\n beq 1b", 0x30000),
        ("lsls r0, r0, #6\n bpl 1b", 1 << 25),
        ("lsls r0, r0, #7\n bcc 1b", 1 << 25),
        ("lsls r0, r0, #24\n beq 1b", 0xFF),
        ("lsrs r0, r0, #2\n bcc 1b", 1 << 1),
        ("ands r0, r0, #12\n cmp r0, #8\n bne 1b", 12),
        ("and r3, r0, #12\n cmp r3, #8\n bne 1b", 12),
        ("movs r2, #64\n tst r0, r2\n beq 1b", 7),  # the test's registers all hold 7
        ("ubfx r0, r0, #4, #2\n cmp r0, #1\n bne 1b", 0x30),
        ("cmp r0, #0\n bge 1b", 1 << 31),
        ("cbnz r0, 2f", 0xFFFFFFFF),
        ("mvns r0, r0\n lsls r0, r0, #30\n bne 1b", 3),
        ("adds r3, #1\n lsls r1, r0, #31\n bpl 1b", 1),
        ("bl 1b", None),
        ("mul r0, r0, r3\n beq 1b", None),
    ],
)
def test_the_instructions_behind_a_load_tell_which_bits_are_awaited(test: str, mask: int | None) -> None:
    code = assemble(f"1: ldr r0, [r4, #8]\n {test}\n nop\n nop\n 2: nop\n", "cortex-m4f")
    assert awaited_bits(code, 0x1000, lambda _: 7) == mask


@pytest.mark.parametrize("code", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\xbf"])
def test_code_that_is_no_load_tells_nothing(code: bytes) -> None:
    assert awaited_bits(code, 0x1000, lambda _: 0) is None


def test_a_bit_that_stays_set_is_awaited_to_be_cleared(tmp_path: Path) -> None:
    program = "start: ldr r1, =0x40021000\n 1: ldr r0, [r1]\n tst r0, #1\n bne 1b\n b .\n"
    detail = boot_assembly(tmp_path, program, **FOREVER).stop_detail
    assert detail is not None
    assert "it waits for bit 0 to be cleared, at 0x0800004" in detail


def test_a_loop_that_calls_another_function_is_found_at_its_load(tmp_path: Path) -> None:
    program = """
start: ldr r4, =0x40021000
1:  bl read
    lsls r0, r0, #6
    bpl 1b
read:
    ldr r0, [r4]
    bx lr
"""
    detail = boot_assembly(tmp_path, program, **FOREVER).stop_detail
    assert detail is not None
    assert detail.endswith("it waits for a bit to change, at 0x0800004a")


def test_a_run_without_an_end_says_where_the_core_was(tmp_path: Path) -> None:
    result = boot_assembly(tmp_path, "start: b .", **FOREVER)
    assert result.stop_detail == (
        "the core sleeps or loops where nothing can interrupt it: the core was at 0x08000040"
    )


def test_an_interrupt_that_nobody_handles_is_named_with_its_number(tmp_path: Path) -> None:
    vectors = (
        ".word 0x20002000, start + 0x08000001\n .space 56\n .rept 8\n .word default + 0x08000001\n .endr\n"
    )
    program = """
start:
    ldr r0, =0xe000e100
    movs r1, #0x20
    str r1, [r0]
    str r1, [r0, #0x100]    @ interrupt 5
    b .
default: b .
"""
    result = boot_assembly(tmp_path, program, vectors, **FOREVER)
    assert result.stop_detail is not None
    assert result.stop_detail.endswith("in the handler of interrupt 5")


@pytest.mark.parametrize("wait", ["1: b 1b", "1: wfi\n b 1b"])
def test_a_watchdog_that_is_not_served_ends_the_run(tmp_path: Path, wait: str) -> None:
    program = f"""
start:
    ldr r0, =0x40003000
    ldr r1, =0x5555
    str r1, [r0]
    movs r1, #31
    str r1, [r0, #8]        @ 32 counts of 4 periods of 32 kHz: 4 ms
    ldr r1, =0xcccc
    str r1, [r0]
{wait}
"""
    result = boot_assembly(tmp_path, program, until="never")
    assert result.stop_reason is StopReason.WATCHDOG
    assert result.stop_detail is not None
    assert result.stop_detail.startswith(
        "a watchdog was not served in time and reset the board: the core was at"
    )
    assert result.cycles is not None
    assert result.cycles == pytest.approx(0.004 * 4e6, rel=0.01)  # on the 4 MHz after reset


def test_a_stack_that_runs_out_of_ram_is_called_an_overflow(tmp_path: Path) -> None:
    result = boot_assembly(tmp_path, "start: push {r0-r7}\n b start")
    assert result.stop_reason is StopReason.FAULT
    assert result.stop_detail is not None
    assert "the stack has overflowed" in result.stop_detail


def test_a_wild_write_is_not_called_an_overflow(tmp_path: Path) -> None:
    result = boot_assembly(tmp_path, "start: ldr r0, =0x1fff0000\n str r0, [r0]\n b .")
    assert result.stop_detail is not None
    assert "overflowed" not in result.stop_detail


def test_a_stack_that_grows_into_data_is_reported_with_the_function() -> None:
    deep = build_firmware("overflowing_stack.c", defines=("DEPTH=150",))
    result = boot(deep / "app.elf", timeout_cycles=10_000_000)
    issues = {issue.code: issue.message for issue in result.issues}
    assert "(recurse+0x" in issues["firmware.stack_overflow"]


@pytest.mark.parametrize("defines", [(), ("DEPTH=50",)])
def test_a_stack_that_stays_above_the_data_is_not_reported(defines: tuple[str, ...]) -> None:
    result = boot(
        build_firmware("overflowing_stack.c", defines=defines) / "app.elf", timeout_cycles=10_000_000
    )
    assert result.stop_reason is StopReason.COMPLETED
    assert "firmware.stack_overflow" not in [issue.code for issue in result.issues]


def test_firmware_that_waits_at_the_end_of_its_cycles_is_said_to_wait(tmp_path: Path) -> None:
    program = "start: ldr r1, =0x40013800\n1: ldr r0, [r1, #0x1c]\n lsls r0, r0, #26\n bpl 1b"
    result = boot_assembly(tmp_path, program, timeout_cycles=200_000)
    assert result.stop_reason is StopReason.COMPLETED
    message = {issue.code: issue.message for issue in result.issues}["firmware.waiting"]
    assert "ISR of usart1 at 0x4001381c" in message
    assert message.endswith("it waits for RXNE (bit 5) to be set, at 0x08000042.")


def test_firmware_that_does_its_work_is_not_said_to_wait(tmp_path: Path) -> None:
    result = boot_assembly(tmp_path, "start: adds r0, #1\n b start", timeout_cycles=200_000)
    assert "firmware.waiting" not in {issue.code for issue in result.issues}


def test_an_exception_that_leaves_no_time_for_anything_else_is_named(tmp_path: Path) -> None:
    vectors = ".word 0x20002000, start + 0x08000001\n .space 52\n .word tick + 0x08000001\n"
    program = """
start:
    ldr r0, =0xe000e010
    movs r1, #9
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
1:  adds r2, #1
    b 1b
tick: bx lr
"""
    result = boot_assembly(tmp_path, program, vectors, until="never", timeout_cycles=60_000)
    assert result.stop_detail is not None
    assert result.stop_detail.startswith("SysTick was taken ")
    assert "cycles on average: the core was at 0x080000" in result.stop_detail


def test_a_core_without_fault_status_registers_only_has_hard_faults(tmp_path: Path) -> None:
    image = tmp_path / "app.bin"
    program = "start: ldr r0, =0x1ffe0000\n ldr r0, [r0]\n b ."
    image.write_bytes(assemble(f"{VECTORS}{program}\n.ltorg\n", "cortex-m0plus"))
    result = run_firmware(BootRequest("stm32g0b1", image, wall_timeout_seconds=60.0))
    assert result.stop_detail == (
        "HardFault at 0x08000042: read from an address where the board has nothing (0x1ffe0000, 4 bytes); "
        "the vector table names no handler for it"
    )
