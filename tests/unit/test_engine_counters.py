"""What the engine counts agrees with what firmware itself can measure, and with the profile's own sums."""

from __future__ import annotations

import numpy as np
import pytest

from sim.machine.embedded import _hot
from sim.machine.protocol import Level, StopReason
from tests.support.boards import PLENTY, AssembledBoard

RAM = 0x20004000

STOPWATCH = f"""
start:
    ldr r4, =0xe0001000     @ DWT
    ldr r6, ={RAM:#x}
    movs r0, #1
    str r0, [r4]            @ CTRL.CYCCNTENA
    b log_begin
log_begin:
    ldr r5, [r4, #4]        @ first instruction of its block: executed at the marker's own cycle
    str r5, [r6]
    movs r1, #100
1:  subs r1, #1
    mul r2, r1, r1
    bne 1b
    bl work
    b stop_end
stop_end:
    ldr r5, [r4, #4]
    str r5, [r6, #4]
    b stop_after
stop_after:
    nop
    b stop_after
work:
    push {{r4, lr}}
    movs r3, #7
2:  ldr r2, [r6]
    subs r3, #1
    bne 2b
    pop {{r4, pc}}
    .ltorg
"""


@pytest.mark.parametrize("platform", ["stm32f103", "stm32l4r5", "stm32f746", "stm32u575"])
@pytest.mark.parametrize("level", [Level.TIMING, Level.FULL])
def test_cyccnt_read_by_firmware_counts_the_cycles_of_the_result(platform: str, level: Level) -> None:
    board = AssembledBoard(STOPWATCH, platform, level=level)
    assert board.machine.run(PLENTY).marker == "end"
    assert board.machine.run(PLENTY).marker == "after"

    begin, end, _ = board.machine.profile().hits
    first, second = board.words(RAM, 2)
    assert second - first == end.cycles - begin.cycles


def test_systick_counts_down_by_the_cycles_that_cyccnt_counts_up() -> None:
    board = AssembledBoard(
        f"""
start:
    ldr r4, =0xe0001000
    ldr r7, =0xe000e010
    ldr r6, ={RAM:#x}
    movs r0, #1
    str r0, [r4]
    ldr r0, =0xffffff
    str r0, [r7, #4]
    movs r0, #0
    str r0, [r7, #8]
    movs r0, #5
    str r0, [r7]
    ldr r1, [r4, #4]
    ldr r2, [r7, #8]
    movs r3, #200
1:  subs r3, #1
    bne 1b
    ldr r5, [r4, #4]
    ldr r0, [r7, #8]
    str r1, [r6]
    str r2, [r6, #4]
    str r5, [r6, #8]
    str r0, [r6, #12]
    b stop_end
stop_end: b stop_end
    .ltorg
"""
    )
    board.machine.run(PLENTY)
    cycles_1, ticks_1, cycles_2, ticks_2 = board.words(RAM, 4)
    assert ticks_1 - ticks_2 == cycles_2 - cycles_1


def test_the_profile_adds_up_to_the_cycles_counted_online() -> None:
    board = AssembledBoard(STOPWATCH, "stm32f746")
    board.machine.run(PLENTY)
    profile = board.machine.profile()
    begin, end = profile.hits
    span = profile.span(begin, end)

    pipeline = sum(
        int(executions) * block.timing.cycles
        + int(taken) * block.timing.taken_cycles
        + int(mispredicts) * block.timing.mispredict_cycles
        for block, executions, taken, mispredicts in zip(
            profile.blocks,
            end.executions,
            end.taken,
            end.mispredicts,
            strict=True,
        )
    )
    before = sum(
        int(executions) * block.timing.cycles
        + int(taken) * block.timing.taken_cycles
        + int(mispredicts) * block.timing.mispredict_cycles
        for block, executions, taken, mispredicts in zip(
            profile.blocks, begin.executions, begin.taken, begin.mispredicts, strict=False
        )
    )
    assert span.cycles == pipeline - before + span.memory_events["stall_cycles"]
    assert span.instructions == 1 + 2 + 300 + 1 + 1 + 2 + 7 * 3 + 1


def test_two_runs_are_bit_identical() -> None:
    hits = []
    for _ in range(2):
        board = AssembledBoard(STOPWATCH, "stm32f746")
        board.machine.run(PLENTY)
        hits.append(board.machine.profile().hits)
    for one, other in zip(*hits, strict=True):
        assert one.cycles == other.cycles
        assert np.array_equal(one.executions, other.executions)
        assert np.array_equal(one.events, other.events)


def test_a_marker_logs_the_first_argument_of_its_function() -> None:
    board = AssembledBoard(
        """
start:
    movs r0, #42
    bl log_mark
    movs r0, #43
    bl log_mark
    b stop_end
log_mark: bx lr
stop_end: b stop_end
"""
    )
    board.machine.run(PLENTY)
    hits = board.machine.profile().hits
    assert [(hit.name, hit.argument) for hit in hits[:2]] == [("mark", 42), ("mark", 43)]


def test_an_endless_program_stops_at_the_cycle_limit_and_can_go_on() -> None:
    board = AssembledBoard("start: adds r0, #1\n b start")
    limits = type(PLENTY)(cycles=1_000)
    assert board.machine.run(limits).reason is StopReason.CYCLE_LIMIT
    assert 1_000 <= board.machine.cycles < 1_010
    assert board.machine.run(type(PLENTY)(cycles=2_000)).reason is StopReason.CYCLE_LIMIT
    assert 2_000 <= board.machine.cycles < 2_010


def test_sleeping_with_nothing_to_wake_up_for_ends_the_run() -> None:
    board = AssembledBoard("start: wfi\n b start")
    assert board.machine.run(PLENTY).reason is StopReason.IDLE


@pytest.mark.parametrize("loop", ["b .", "cpsid i\n b .", "1: nop\n nop\n b 1b"])
def test_an_endless_loop_that_nothing_can_interrupt_ends_the_run(loop: str) -> None:
    assert AssembledBoard(f"start: {loop}").machine.run(PLENTY).reason is StopReason.IDLE


@pytest.mark.parametrize(("mask", "reason"), [("nop", "cycle_limit"), ("cpsid i", "idle")])
def test_an_endless_loop_goes_on_while_the_timer_can_interrupt_it(mask: str, reason: str) -> None:
    start_timer = "ldr r0, =0xe000e010\n ldr r1, =50000\n str r1, [r0, #4]\n movs r1, #7\n str r1, [r0]"
    program = f"start: {start_timer}\n {mask}\n b .\n.balign 4\n.ltorg\ntick: bx lr\n"
    board = AssembledBoard(program, handlers={15: "tick"})
    assert board.machine.run(type(PLENTY)(cycles=5_000_000)).reason == reason


def test_an_exception_in_the_progress_report_ends_the_run() -> None:
    class StopNowError(Exception):
        pass

    def refuse(_cycles: int) -> None:
        raise StopNowError

    board = AssembledBoard("start: adds r0, #1\n b start")
    board.machine._on_progress = refuse
    with pytest.raises(StopNowError):
        board.machine.run(PLENTY)


def test_a_restored_snapshot_runs_on_bit_identically() -> None:
    board = AssembledBoard(
        STOPWATCH.replace("b log_begin\nlog_begin:", "b stop_begin\nstop_begin:"), "stm32f746"
    )
    assert board.machine.run(PLENTY).marker == "begin"
    board.machine.profile()
    snapshot = board.machine.snapshot()
    outcomes = []
    for _ in range(3):
        board.machine.restore(snapshot)
        board.machine.run(PLENTY)
        board.machine.run(PLENTY)
        end = board.machine.profile().hits[0]
        executions = np.trim_zeros(end.executions, "b").tolist()
        outcomes.append((end.cycles, executions, end.events.tolist(), board.words(RAM, 2)))
    assert outcomes[0] == outcomes[1] == outcomes[2]


WALK_THROUGH_FLASH = """
start:
    mov r0, pc
    movs r1, #20
    b stop_begin
stop_begin:
    ldr r2, [r0]            @ each line of the cache once, in the middle of the block
    mul r3, r2, r2
    mul r3, r3, r2
    ldr r2, [r0, #64]
    adds r0, #128
    subs r1, #1
    bne again
    b stop_end
again:
    b walk
walk:
    mul r3, r2, r2
    ldr r2, [r0]
    mul r3, r3, r2
    ldr r2, [r0, #64]
    adds r0, #128
    subs r1, #1
    bne walk
    b stop_end
stop_end:
    nop
    b stop_end
    .ltorg
"""


@pytest.mark.parametrize("platform", ["stm32l4r5", "stm32f746", "stm32u575"])
def test_blocks_that_are_met_after_a_snapshot_are_new_again_when_it_is_restored(platform: str) -> None:

    board = AssembledBoard(WALK_THROUGH_FLASH, platform)
    assert board.machine.run(PLENTY).marker == "begin"
    snapshot = board.machine.snapshot()
    cycles = []
    for _ in range(3):
        assert board.machine.run(PLENTY).marker == "end"
        cycles.append(board.machine.cycles)
        board.machine.restore(snapshot)
    assert len(set(cycles)) == 1


def test_a_snapshot_of_another_machine_is_refused() -> None:
    one, other = AssembledBoard(STOPWATCH, "stm32f746"), AssembledBoard(STOPWATCH, "stm32l4r5")
    one.machine.run(PLENTY)
    with pytest.raises(ValueError, match="another machine"):
        other.machine._hot.restore(one.machine._hot.save())


def test_the_register_number_in_the_c_extension_is_unicorns() -> None:
    from unicorn import arm_const

    assert arm_const.UC_ARM_REG_R0 == _hot.ARM_REG_R0
    assert arm_const.UC_ARM_REG_SP == _hot.ARM_REG_SP
    assert arm_const.UC_ARM_REG_LR == _hot.ARM_REG_LR
    assert arm_const.UC_ARM_REG_MSP == _hot.ARM_REG_MSP
