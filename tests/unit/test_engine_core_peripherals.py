"""Bit-band aliases and the trace macrocell do what firmware expects of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.result import Channel, StopReason
from tests.support.assembler import assemble
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.two_machines import boot_here, semihosting_text, text_on_qemu

SWITCH_ITM_ON = """
    ldr r4, =0xe000edfc
    ldr r0, =1 << 24
    str r0, [r4]            @ DEMCR.TRCENA
    ldr r4, =0xe0000000
    ldr r5, =0xe0000e00
    movs r0, #1
    str r0, [r5, #0x80]     @ TCR.ITMENA
    str r0, [r5]            @ TER: port 0
"""
SAY_HI = """
1:  ldr r0, [r4]
    cmp r0, #0
    beq 1b
    movs r0, #'H'
    strb r0, [r4]
    ldr r0, ='i' + ('!' << 8) + ('\\n' << 16) + (' ' << 24)
    str r0, [r4]
    movs r0, #'x'
    strb r0, [r4, #4]       @ another port
"""


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4f"])
def test_bits_of_ram_have_aliases_as_on_qemu(core: str) -> None:
    result = boot_here("bit_band.c", core)
    assert result.stop_reason is StopReason.COMPLETED
    assert semihosting_text(result) == text_on_qemu("bit_band.c", core)


def test_a_core_without_bit_banding_has_no_aliases() -> None:
    program = "start: ldr r0, =0x22000000\n ldr r0, [r0]\n b .\n .ltorg\n"
    stop = AssembledBoard(program, "stm32u575").machine.run(PLENTY)
    assert stop.fault is not None
    assert stop.fault.address == 0x22000000


def boot(tmp_path: Path, program: str) -> tuple[Channel, ...]:
    table = ".word 0x20002000, start + 0x08000001\n .space 56\n"
    end = "movs r0, #0x18\n ldr r1, =0x20026\n bkpt #0xab\n .ltorg\n"
    image = tmp_path / "app.bin"
    image.write_bytes(assemble(f"{table}start: {program}{end}", "cortex-m4f"))
    result = run_firmware(BootRequest("stm32l4r5", image, timeout_cycles=1_000_000))
    assert result.stop_reason is StopReason.COMPLETED
    return result.channels


def test_port_0_of_the_trace_macrocell_is_a_channel_of_the_result(tmp_path: Path) -> None:
    assert boot(tmp_path, SWITCH_ITM_ON + SAY_HI) == (Channel(name="itm", text="Hi!\n "),)


@pytest.mark.parametrize("left_out", ["str r0, [r4]  ", "str r0, [r5, #0x80]", "str r0, [r5]  "])
def test_the_trace_macrocell_is_silent_until_firmware_has_switched_all_of_it_on(
    tmp_path: Path, left_out: str
) -> None:
    assert left_out in SWITCH_ITM_ON
    assert boot(tmp_path, SWITCH_ITM_ON.replace(left_out, "nop @", 1) + SAY_HI) == ()


def test_a_bit_of_a_peripheral_is_set_and_read_by_its_alias(tmp_path: Path) -> None:
    program = """
    ldr r0, =0x42000000 + (0x21000 << 5)    @ RCC
    movs r1, #1
    str r1, [r0, #4 * 8]                    @ CR.HSION
    ldr r2, [r0, #4 * 10]                   @ CR.HSIRDY
    cmp r2, #1
    it ne
    udfne #0
"""
    assert boot(tmp_path, program) == ()
