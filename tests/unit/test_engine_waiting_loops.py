"""Loops that wait for an interrupt are skipped, and nobody can tell from the result."""

from __future__ import annotations

import numpy as np
import pytest

from sim.machine.embedded.waiting_loops import WaitingLoops
from sim.machine.protocol import Level
from tests.support.boards import PLENTY, AssembledBoard

TICK_CYCLES = 100_000
TICKS = 3
SYSTICK = 15
# r4: where the handler counts ticks, r5: how many to wait for, r6: a word of memory for the loop
PROGRAM = f"""
start:
    ldr r7, =0xe000e010
    ldr r0, ={TICK_CYCLES - 1}
    str r0, [r7, #4]
    movs r0, #0
    str r0, [r7, #8]
    ldr r4, =0x20000000
    str r0, [r4]
    str r0, [r4, #8]
    ldr r6, =0x20000008
    movs r5, #{TICKS}
    movs r0, #7
    str r0, [r7]
{{loop}}
    cmp r0, r5
    blo wait
    b stop_end
stop_end:
    b stop_end
get:
    push {{{{r4, lr}}}}
    ldr r0, [r4]
    pop {{{{r4, pc}}}}
tick:
    ldr r0, =0x20000000
    ldr r1, [r0]
    adds r1, #1
    str r1, [r0]
    bx lr
    .ltorg
"""
ROUND = "wait: ldr r0, [r4]"
SKIPPED = {
    "a load": ROUND,
    "a call that saves registers": "wait: bl get",
    "a store of the same value": f"{ROUND}\n str r5, [r6]",
    "every other round alike": f"{ROUND}\n ldr r1, [r6]\n mvns r1, r1\n str r1, [r6]\n movs r1, #0",
}
EXECUTED = {
    "rounds counted in a register": f"movs r1, #0\n{ROUND}\n adds r1, #1\n str r1, [r6]",
    "rounds counted in memory": f"{ROUND}\n ldr r1, [r6]\n adds r1, #1\n str r1, [r6]\n movs r1, #0",
    "a look at a peripheral": f"{ROUND}\n ldr r1, [r7, #8]\n movs r1, #0",
    "a write to a peripheral": f"{ROUND}\n ldr r1, =0xe000ed20\n str r5, [r1]",
}
FLOAT = f"vmov.f32 s0, #1.0\n vmov.f32 s1, #1.0\n{ROUND}\n vadd.f32 s0, s0, s1\n vstr s0, [r6]"


def run(loop: str, platform: str, level: Level) -> tuple[AssembledBoard, dict[str, object]]:
    board = AssembledBoard(PROGRAM.format(loop=loop), platform, level=level, handlers={SYSTICK: "tick"})
    assert board.machine.run(PLENTY).marker == "end"
    hit = board.machine.hit("end")
    return board, {
        "cycles": hit.cycles,
        "executions": hit.executions.tolist(),
        "taken": hit.taken.tolist(),
        "mispredicts": hit.mispredicts.tolist(),
        "events": hit.events.tolist(),
        "memory": board.machine.read_memory(0x2000_0000, 0x2000),
    }


@pytest.fixture
def skipped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Cycles of the skips so far."""
    cycles: list[int] = []
    skip = WaitingLoops._skip

    def note(self: WaitingLoops, event_cycles: int) -> int:
        before = self._counters.cycles
        stop = skip(self, event_cycles)
        cycles.append(self._counters.cycles - before)
        return stop

    monkeypatch.setattr(WaitingLoops, "_skip", note)
    return cycles


def assert_same_without_skipping(
    loop: str, platform: str, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = run(loop, platform, level)
    monkeypatch.setattr(WaitingLoops, "next_stop", lambda _self, _pc, event_cycles: event_cycles)
    _, expected = run(loop, platform, level)
    assert found == expected


@pytest.mark.parametrize("platform", ["stm32l4r5", "stm32f746", "stm32g0b1", "stm32u575"])
@pytest.mark.parametrize("loop", SKIPPED.values(), ids=SKIPPED)
def test_a_loop_that_waits_is_skipped_and_costs_what_it_costs(
    loop: str, platform: str, skipped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_without_skipping(loop, platform, Level.FULL, monkeypatch)
    takes_long_to_compare = platform == "stm32f746" and loop != ROUND  # its external memory
    assert bool(skipped) != takes_long_to_compare
    assert takes_long_to_compare or sum(skipped) > TICKS * TICK_CYCLES / 2


def test_a_loop_is_skipped_where_memory_never_waits(
    skipped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_without_skipping(ROUND, "stm32l4r5", Level.TIMING, monkeypatch)
    assert sum(skipped) > TICKS * TICK_CYCLES / 2


@pytest.mark.parametrize("loop", EXECUTED.values(), ids=EXECUTED)
def test_a_loop_that_does_anything_is_executed(
    loop: str, skipped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_without_skipping(loop, "stm32l4r5", Level.FULL, monkeypatch)
    assert not sum(skipped)


def test_a_loop_that_calculates_in_floating_point_is_executed(skipped: list[int]) -> None:
    board, _ = run(FLOAT, "stm32l4r5", Level.FULL)
    assert not sum(skipped)
    (bits,) = board.words(0x2000_0008, 1)
    rounds = float(np.uint32(bits).view(np.float32)) - 1
    assert rounds > TICKS * TICK_CYCLES / 40
