"""What all core models promise about block timings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import PlatformError
from sim.timing.block import BlockTiming
from sim.timing.cores import CORE_NAMES, core_model
from sim.timing.decode import decode_block
from sim.timing.instruction import InstructionClass
from tests.support.timing import block_timing, iteration_cycles


@pytest.mark.parametrize("core", CORE_NAMES)
def test_counts_add_up_to_what_the_block_executes(core: str) -> None:
    text = "ldr r0, [pc, #8]; ldrh r1, [r0]; push {r0, r1}; strb r1, [r0]; adds r0, r1; lsls r0, #1; b ."
    timing = block_timing(text, core)
    counts = dict(zip(InstructionClass, timing.class_counts, strict=True))
    assert timing.instructions == sum(timing.class_counts) == len(timing.offsets) == 7
    assert {kind for kind, count in counts.items() if count} == {
        InstructionClass.LOAD,
        InstructionClass.STORE_MULTIPLE,
        InstructionClass.STORE,
        InstructionClass.ALU,
        InstructionClass.SHIFT,
        InstructionClass.BRANCH,
    }
    assert (timing.loads, timing.load_bytes, timing.literal_loads) == (2, 6, 1)
    assert (timing.stores, timing.store_bytes) == (3, 9)


@pytest.mark.parametrize("core", CORE_NAMES)
def test_a_row_brings_the_timing_back(core: str) -> None:
    timing = block_timing("ldr r0, [r1]; adds r0, #1; bne .", core)
    assert BlockTiming.from_row(timing.to_row()) == timing


@pytest.mark.parametrize("core", CORE_NAMES)
def test_an_empty_block_costs_nothing(core: str) -> None:
    timing = core_model(core).block_timing([])
    assert (timing.cycles, timing.taken_cycles, timing.instructions) == (0, 0, 0)


@settings(max_examples=150, deadline=None)
@given(code=st.binary(min_size=2, max_size=48), core=st.sampled_from(CORE_NAMES))
def test_time_never_runs_backward(code: bytes, core: str) -> None:
    instructions = decode_block(code, 0, core)
    timing = core_model(core).block_timing(instructions)
    assert list(timing.offsets) == sorted(timing.offsets)
    assert timing.offsets[0] == 0
    assert timing.cycles >= timing.offsets[-1]
    assert timing.taken_cycles >= 0
    assert timing.mispredict_cycles >= 0


@settings(max_examples=100, deadline=None)
@given(code=st.binary(min_size=4, max_size=48), core=st.sampled_from(CORE_NAMES))
def test_two_per_cycle_is_the_limit_and_one_on_single_issue_cores(code: bytes, core: str) -> None:
    free = ("it", "le", "letp")
    instructions = [item for item in decode_block(code, 0, core) if item.mnemonic not in free]
    timing = core_model(core).block_timing(instructions)
    width = 2 if core in ("cortex-m7f", "cortex-m33f", "cortex-m55") else 1
    assert timing.cycles * width >= len(instructions)


def test_a_loop_is_charged_for_what_its_iterations_wait_for_each_other() -> None:
    # the load at the end feeds the addition at the start of the next iteration
    body = "eor.w r4, r5, r0, lsl #2; ldrb.w r0, [r1]; {branch}"
    alone = block_timing(body.format(branch="bne .+4"), "cortex-m7f")
    looping = iteration_cycles(body.format(branch="bne 1b"), "cortex-m7f")
    assert (alone.cycles + alone.taken_cycles, looping) == (2, 3)


def test_an_unknown_core_is_refused_with_a_suggestion() -> None:
    with pytest.raises(PlatformError) as caught:
        core_model("cortex-m4")
    assert "cortex-m4" in caught.value.message
    assert "did you mean 'cortex-m4f'?" in caught.value.hint


def test_a_core_unlike_any_is_refused_with_the_list() -> None:
    with pytest.raises(PlatformError) as caught:
        core_model("xtensa")
    assert all(name in caught.value.hint for name in CORE_NAMES)
