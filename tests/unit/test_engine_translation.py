"""Code is translated once, whatever is written to the board's memories."""

from __future__ import annotations

import unicorn

from tests.support.boards import PLENTY, AssembledBoard


def test_writing_to_ram_does_not_discard_the_translation_of_code_elsewhere() -> None:
    board = AssembledBoard(
        """
start:
    movs r6, #100
next_pass:
    ldr r4, =0x20000000     @ of a memory that begins as far in as the flash with this code
    mov r5, #0x1000
    adds r5, r5, r4
next_word:
    str r6, [r4], #4
    cmp r4, r5
    bne next_word
    subs r6, #1
    bne next_pass
    b stop_end
stop_end:
    nop
    b stop_end
    .ltorg
""",
        "stm32f746",
    )
    translated: list[int] = []
    board.machine._uc.hook_add(
        unicorn.UC_HOOK_EDGE_GENERATED, lambda _uc, block, _from, _data: translated.append(block.pc)
    )
    assert board.machine.run(PLENTY).marker == "end"
    assert len(translated) == len(set(translated)) <= 6
