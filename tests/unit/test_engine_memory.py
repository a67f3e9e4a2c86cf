"""Stalls of the memory system, worked out by hand from the platform files."""

from __future__ import annotations

import pytest

from tests.support.boards import PLENTY, AssembledBoard

# The second pass finds its code in the instruction cache, so that only its data accesses stall, and the
# divisions give the memory time to finish what it does.
PASSES = """
start:
    ldr r0, ={address:#x}
    movs r7, #5
log_pass:
    {accesses}
    b 1f
1:  sdiv r1, r7, r7
    sdiv r1, r7, r7
    sdiv r1, r7, r7
    sdiv r1, r7, r7
    adds r0, #128
    subs r7, #1
    bne log_pass
stop_end: b stop_end
    .ltorg
"""


def stall_of_a_pass(platform: str, address: int, accesses: str) -> int:
    """Return the stall cycles of the second pass over fresh addresses."""
    board = AssembledBoard(PASSES.format(address=address, accesses=accesses), platform)
    board.machine.run(PLENTY)
    _, second, third, *_ = board.machine.profile().hits
    return int((third.events - second.events)[-1])


F746_FLASH, H7A3_FLASH, H7A3_SRAM = 0x0808_0000, 0x0808_0000, 0x2400_8000
U575_FLASH = 0x0808_0000
PAUSE = "add.w r3, r3, r4;" * 12


@pytest.mark.parametrize(
    ("platform", "address", "accesses", "stall_cycles"),
    [
        # 7 wait states and 5 cycles of AXI latency; the 256-bit flash delivers the line at once
        ("stm32f746", F746_FLASH, "ldr r1, [r0]", 12),
        ("stm32f746", F746_FLASH, "ldr r1, [r0]; ldr r2, [r0, #28]", 12),
        # 6 wait states; the second 128 bits of the line come 7 cycles later, in cycle 18. The block takes two
        # cycles, so the second access is taken to come one cycle behind the first one's stall
        ("stm32h7a3", H7A3_FLASH, "ldr r1, [r0]", 11),
        ("stm32h7a3", H7A3_FLASH, "ldr r1, [r0]; ldr r2, [r0, #12]", 11),
        ("stm32h7a3", H7A3_FLASH, "ldr r1, [r0]; ldr r2, [r0, #16]", 11 + 6),
        ("stm32h7a3", H7A3_FLASH, "ldr r1, [r0, #16]; ldr r2, [r0]", 11 + 6),
        # another line waits for the whole of the first: its word comes 7 cycles behind the 18th
        ("stm32h7a3", H7A3_FLASH, "ldr r1, [r0]; ldr r2, [r0, #32]", 11 + 13),
        # 64 bits in each cycle: the third of them comes in cycle 7, one too late
        ("stm32h7a3", H7A3_SRAM, "ldr r1, [r0]; ldr r2, [r0, #8]", 5),
        ("stm32h7a3", H7A3_SRAM, "ldr r1, [r0]; ldr r2, [r0, #16]", 5 + 1),
        ("stm32h7a3", H7A3_SRAM, "ldr r1, [r0]; ldr r2, [r0, #32]", 5 + 5),
        # 4 wait states and 3 cycles of ICACHE; the next line is prefetched in 5 cycles, and another one waits
        # for that. In the short blocks, the second access comes one cycle behind the first one's stall
        ("stm32u575", U575_FLASH, "ldr r1, [r0]; ldr r2, [r0, #12]", 7),
        ("stm32u575", U575_FLASH, f"ldr r1, [r0]; {PAUSE} ldr r2, [r0, #16]; {PAUSE}", 7 + 3),
        ("stm32u575", U575_FLASH, f"ldr r1, [r0]; {PAUSE} ldr r2, [r0, #64]; {PAUSE}", 7 + 7),
        ("stm32u575", U575_FLASH, "ldr r1, [r0]; ldr r2, [r0, #16]", 7 + 4 + 3),
        ("stm32u575", U575_FLASH, "ldr r1, [r0]; ldr r2, [r0, #64]", 7 + 4 + 5),
    ],
)
def test_a_line_comes_in_word_by_word_with_the_awaited_one_first(
    platform: str, address: int, accesses: str, stall_cycles: int
) -> None:
    assert stall_of_a_pass(platform, address, accesses) == stall_cycles


@pytest.mark.parametrize(
    ("platform", "memory", "access", "stall_cycles"),
    [
        # [TRM-M4] 3.3.2: two transfers, three for a word at an odd address
        ("stm32l4r5", 0x2000_4000, "ldr r1, [r0, #2]", 1),
        ("stm32l4r5", 0x2000_4000, "ldr r1, [r0, #1]", 2),
        ("stm32l4r5", 0x2000_4000, "ldrh r1, [r0, #1]", 1),
        ("stm32l4r5", 0x2000_4000, "ldrh r1, [r0, #2]", 0),
        ("stm32l4r5", 0x2000_4000, "str r1, [r0, #3]", 2),
        # [JNK-M7]: three cycles per load, none per store
        ("stm32f746", 0x2000_4000, "ldr r1, [r0, #2]", 3),
        ("stm32f746", 0x2000_4000, "ldrh.w r1, [r0, #1]", 3),
        ("stm32f746", 0x2000_4000, "str r1, [r0, #1]", 0),
    ],
)
def test_an_unaligned_access_costs_what_the_core_makes_of_it(
    platform: str, memory: int, access: str, stall_cycles: int
) -> None:
    assert stall_of_a_pass(platform, memory, access) == stall_cycles


LOOP = """
start:
    movs r7, #5
    b log_pass
    .balign 16
log_pass:
    {body}
    subs r7, #1
    bne log_pass
    .balign 16
stop_end: b stop_end
"""


def stalls_by_pass(platform: str, body: str) -> list[int]:
    """Return the stall cycles until the end of the code of each pass has been fetched, since reset."""
    board = AssembledBoard(LOOP.format(body=body), platform)
    board.machine.run(PLENTY)
    return [int(hit.events[-1]) for hit in board.machine.profile().hits[:-1]]


def test_a_cache_of_two_lines_keeps_the_branch_target_and_leaves_the_rest_to_the_prefetch() -> None:
    # STM32G0B1 at 64 MHz: 64 bits, four instructions and at least four cycles per line; two wait states,
    # so the next line is there after three. The first line of all and the loop's first one miss, that is all.
    assert stalls_by_pass("stm32g0b1", "movs r0, #1\n" * 18) == [2 + 2] * 5


def test_a_prefetched_line_that_is_late_stalls_and_comes_from_the_cache_from_then_on() -> None:
    # STM32L4R5 at 120 MHz: 64 bits, two instructions and two cycles per line; five wait states, so that each
    # line is four cycles late. The first line of all and the loop's first one miss.
    assert stalls_by_pass("stm32l4r5", "add.w r0, r1, r2\n" * 15) == [5 + 5 + 7 * 4] * 5


def test_after_going_back_the_first_visit_of_a_block_stalls_as_it_did_before() -> None:
    program = """
start:
    ldr r0, =0x08080000
    b stop_begin
stop_begin:
    ldr r1, [r0]
    ldr r2, [r0, #32]
    b stop_end
stop_end: b stop_end
    .ltorg
"""
    machine = AssembledBoard(program, "stm32h7a3").machine
    machine.run(PLENTY)
    snapshot = machine.snapshot()
    ends = []
    for _ in range(3):
        machine.restore(snapshot)
        machine.run(PLENTY)
        machine.run(PLENTY)
        ends.append(machine.cycles)
    assert ends[0] == ends[1] == ends[2]
