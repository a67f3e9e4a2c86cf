"""Firmware talks to its debugger by semihosting as it would on QEMU, and never reaches the host's files."""

from __future__ import annotations

import pytest

from sim.result import StopReason
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.two_machines import PAIRS, boot_here, semihosting_text, text_on_qemu


@pytest.mark.parametrize("core", PAIRS)
def test_semihosting_prints_the_same_as_on_qemu(core: str) -> None:
    result = boot_here("semihosting_calls.c", core)
    assert result.stop_reason is StopReason.COMPLETED
    assert "through a handle" in semihosting_text(result)
    assert semihosting_text(result) == text_on_qemu("semihosting_calls.c", core)
    assert not result.uart


@pytest.mark.parametrize(
    ("operation", "argument", "exit_code"),
    [(0x18, 0x20026, 0), (0x18, 0x20023, 1), (0x20, 0x20004000, 7)],
)
def test_a_firmware_ends_itself_with_its_exit_code(operation: int, argument: int, exit_code: int) -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r2, =0x20004000
    ldr r3, =0x20026
    str r3, [r2]
    movs r3, #7
    str r3, [r2, #4]
    ldr r0, ={operation:#x}
    ldr r1, ={argument:#x}
    bkpt #0xab
1:  b 1b
    .ltorg
"""
    )
    stop = board.machine.run(PLENTY)
    assert stop.reason == "exit"
    assert stop.exit_code == exit_code


@pytest.mark.parametrize("name", ["/etc/passwd", "new.txt"])
def test_no_file_of_the_host_can_be_opened(name: str) -> None:
    board = AssembledBoard(
        f"""
start:
    adr r1, block
    movs r0, #1
    bkpt #0xab
    ldr r1, =0x20004000
    str r0, [r1]
    b stop_end
stop_end: b stop_end
    .ltorg
    .balign 4
block: .word name + 0x08000000, 4, {len(name)}
name: .asciz "{name}"
"""
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert board.words(0x20004000, 1) == [0xFFFFFFFF]


def test_pointers_into_nowhere_are_refused_and_not_followed() -> None:
    board = AssembledBoard(
        """
start:
    ldr r1, =0x90000000
    movs r4, #0
    adr r5, operations
1:  ldrb r0, [r5, r4]
    bkpt #0xab
    adds r0, #1             @ -1 for each
    bne 2f
    adds r4, #1
    cmp r4, #8
    bne 1b
    b stop_end
2:  udf #0
stop_end: b stop_end
    .balign 4
operations: .byte 1, 3, 4, 5, 6, 0x15, 0x16, 0x30
    .ltorg
"""
    )
    assert board.machine.run(PLENTY).marker == "end"
