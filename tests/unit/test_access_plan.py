"""Accesses that are planned when a block is entered are those that the emulator makes."""

from __future__ import annotations

import pytest

from sim.machine.embedded import memory_accounting
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.profile import MEMORY_EVENTS, MarkerHit
from sim.machine.protocol import Marker
from sim.platform import load_platform
from tests.support.assembler import assemble
from tests.support.boards import PLENTY

DATA = 0x20020000  # SRAM1 of the STM32F746, behind the data cache

ADDRESSING = f"""
    .word 0x20010000
    .word 0x08000009
start:
    ldr r0, =0xe000ed88
    ldr r1, =0xf00000
    str r1, [r0]            @ FPU on
    dsb
    isb
    mov r9, #0
next:
    ldr r0, ={DATA:#x}
    add r0, r0, r9
    add r1, r0, #0x200
    str r1, [r0]            @ a pointer ...
    str r1, [r0, #8]!
    ldrd r2, r3, [r0, #-8]  @ ... and loaded again
    ldr r4, [r2], #4
    ldr r5, [r2, #0x40]
    strh r9, [r2, r9, lsl #1]
    add r2, r2, r9, lsl #2
    ldmia r2!, {{r4-r7}}
    stmdb r2!, {{r4-r6}}
    ldrsh r4, [r2, #-4]!
    push {{r0-r3, lr}}
    ldr r6, [sp, #8]
    ldrb r7, [r6, #3]
    pop {{r0-r3, lr}}
    vldmia r1!, {{s0-s6}}
    vstr s4, [r1, #-16]
    vldr s3, [r0, #256]
    mov r8, #48
    mla r4, r8, r9, r0
    ldr r5, [r4]
    mul r4, r9, r8
    ldr r5, [r0, r4]
    lsl r7, r9, #3
    subs r7, #12
    str r7, [r1, r7]
    movw r10, #0x2000
    movt r10, #0x2002
    ldr r5, [r10, r9]
    strb r5, [r10, #-1]!
    ldrsb r6, [r10], #-7
    adr r4, table
    ldrb r5, [r4, #2]
    ldr r6, [r10, r5]
    and r7, r9, #3
    tbb [pc, r7]
table:
    .byte 2, 3, 2, 3
    nop
    ldr r5, [r10, #-4]
    add r9, r9, #20
    cmp r9, #2000
    blt next
stop_end:
    b .
    .ltorg
"""

# A row of RAM that is read again and again, written in between, and a stream from flash that evicts lines.
EVICTIONS = """
    .word 0x20002000, start + {base:#x} + 1
    .balign 256
    .thumb_func
start:
    ldr r0, ={row:#x}
    ldr r1, ={stream:#x}
    mov r7, #200
again:
    mov r6, #24
    mov r2, r0
reading:
    ldr r3, [r2], #32
    ldr r4, [r2, #-28]
    ldr r5, [r1], #12
    subs r6, #1
    bne reading
    str r7, [r0, #64]
    subs r7, #1
    bne again
stop_end:
    b .
    .ltorg
"""


def _run(program: str, *, planned: bool, platform: str = "stm32f746") -> MarkerHit:
    board = load_platform(platform)
    code = assemble(program, board.core)
    end = board.vector_base + code.index(b"\xfe\xe7")  # b .
    machine = EmbeddedMachine(
        board,
        board.clock.default_hz,
        [Marker("end", end, stops=True)],
        plan_data_accesses=planned,
    )
    machine.write_memory(board.vector_base, code)
    machine.reset(board.vector_base)
    assert machine.run(PLENTY).marker == "end"
    (hit,) = machine.profile().hits
    return hit


def test_planned_accesses_hit_and_miss_the_caches_as_watched_ones_do() -> None:
    watched, planned = _run(ADDRESSING, planned=False), _run(ADDRESSING, planned=True)
    stall_cycles = MEMORY_EVENTS.index("stall_cycles")
    assert planned.events[:stall_cycles].tolist() == watched.events[:stall_cycles].tolist()
    assert planned.cycles == pytest.approx(watched.cycles, rel=0.002)


@pytest.mark.parametrize(("platform", "row"), [("stm32f746", 0x2001_4000), ("stm32h7a3", 0x2400_4000)])
def test_a_line_that_was_thrown_out_misses_again(platform: str, row: int) -> None:
    program = EVICTIONS.format(base=0x0800_0000, row=row, stream=0x0802_0000)
    watched = _run(program, planned=False, platform=platform)
    planned = _run(program, planned=True, platform=platform)
    misses = int(planned.events[MEMORY_EVENTS.index("dcache_misses")])
    lines_of_stream = 200 * 24 * 12 // 32
    assert misses > lines_of_stream + 24  # some lines of the row more than once
    stall_cycles = MEMORY_EVENTS.index("stall_cycles")
    assert planned.events[:stall_cycles].tolist() == watched.events[:stall_cycles].tolist()


def test_registers_that_must_be_read_one_by_one_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = _run(ADDRESSING, planned=True)
    monkeypatch.setattr(memory_accounting, "find_register_file", lambda *_: 0)
    assert _run(ADDRESSING, planned=True).events.tolist() == fast.events.tolist()
