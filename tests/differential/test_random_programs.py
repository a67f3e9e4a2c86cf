"""Random programs end alike on the embedded engine and on QEMU: registers, flags, floating point, memory."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.debug.target import DebugTarget, Resume, StopCause
from sim.machine.protocol import Level
from tests.differential.compare import Divergence, compare, find_divergences, reduce
from tests.differential.encoding import encode
from tests.differential.engines import run_embedded
from tests.differential.generator import Part, Program, State, random_program
from tests.differential.image import TARGETS, build_image
from tests.differential.known import AVOIDED

_PROGRAMS = 1000
_SOAK_BATCHES = 100
_SEEDS = st.integers(0, 2**64 - 1)
_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def _batches(count: int, *, derandomize: bool) -> settings:
    """A seed stands for a whole batch, so that one start of QEMU serves many programs."""
    return settings(
        max_examples=count,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=_CHECKS,
    )


def _expect_none(found: list[Divergence]) -> None:
    assert not found, "\n".join([f"{len(found)} programs end differently, among them:", *map(str, found[:5])])


@pytest.mark.parametrize("core", TARGETS)
@given(seed=_SEEDS)
@_batches(2, derandomize=True)
def test_random_programs_end_as_on_qemu(core: str, seed: int) -> None:
    _expect_none(find_divergences(seed, _PROGRAMS, TARGETS[core], level=Level.FULL, avoid=AVOIDED))


@pytest.mark.soak
@pytest.mark.parametrize("core", TARGETS)
@given(seed=_SEEDS)
@_batches(_SOAK_BATCHES, derandomize=False)
def test_many_more_random_programs_end_as_on_qemu(core: str, seed: int) -> None:
    _expect_none(find_divergences(seed, _PROGRAMS, TARGETS[core], level=Level.BARE, avoid=AVOIDED))


@pytest.mark.parametrize("core", TARGETS)
def test_a_machine_that_stops_before_every_block_ends_as_one_that_runs_on(core: str) -> None:
    rng = random.Random(core)
    image = build_image([random_program(rng, core) for _ in range(40)], TARGETS[core])
    assert run_embedded(image, step_cycles=1) == run_embedded(image)


class StepsOnly:
    """A debugger that looks at every single instruction."""

    held_seconds = 0.0

    def __init__(self) -> None:
        self.stops = 0

    def stopped(self, target: DebugTarget, cause: StopCause) -> Resume:
        self.stops += 1
        target.read_register("xpsr")
        return Resume.STEP

    def wants_to_stop(self) -> bool:
        return self.stops == 0

    def finished(self, exit_code: int) -> None:
        pass


@pytest.mark.parametrize("core", TARGETS)
def test_single_steps_end_as_running_on(core: str) -> None:
    rng = random.Random(core)
    image = build_image([random_program(rng, core) for _ in range(10)], TARGETS[core])
    debugger = StepsOnly()
    assert run_embedded(image, debugger=debugger) == run_embedded(image)
    assert debugger.stops > 1000


def test_a_wrong_result_is_found_and_reduced_to_the_instruction_that_caused_it() -> None:
    """The engines are told apart by an instruction that is known to differ."""
    rng = random.Random(1)
    target = TARGETS["cortex-m4f"]
    programs = [random_program(rng, target.core, AVOIDED) for _ in range(20)]
    assert compare(programs, target) == []
    idle = Part("nop", encode("1011111100000000"))
    wrong = Program((idle, _ROUNDED_UP, idle), _STATE)
    (found,) = compare([*programs[:3], wrong, *programs[4:]], target)
    assert found.program is wrong
    assert reduce(found, target).program.parts == (_ROUNDED_UP,)


_STATE = State((0,) * 14, 0, 1 << 22, (0x0100_0001,) + (0,) * 31)
"""Rounding towards plus infinity; s0 holds an integer of 25 bits."""
_ROUNDED_UP = Part("vcvt.f32.s32 (fixed)", encode("1110111010111010 dddd 1010 1110 1111", d=0))


def _single(core: str, code: bytes, state: State = _STATE) -> list[Divergence]:
    return compare([Program((Part("pinned", code),), state)], TARGETS[core])


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m7f", "cortex-m33f"])
def test_pinned_fixed_point_is_converted_with_the_rounding_mode_instead_of_to_nearest(core: str) -> None:
    to_nearest, upwards = 0x4B00_0000, 0x4B00_0001
    (found,) = _single(core, _ROUNDED_UP.code)
    assert found.words == {"s0": (upwards, to_nearest)}


def test_pinned_an_isb_inside_an_it_block_makes_the_rest_unconditional() -> None:
    code = encode("10111111 0000 1100")  # ite eq, which holds
    code += encode("1111001110111111 1000 1111 0110 1111")  # isb
    code += encode("00100 000 iiiiiiii", i=5)  # movne r0, #5
    equal = State((0,) * 14, 1 << 30, 0, (0,) * 32)
    (found,) = _single("cortex-m3", code, equal)
    assert found.words["r0"] == (5, 0)
    assert found.words["apsr"] == (0, 1 << 30)


def test_pinned_the_lowest_bits_of_the_process_stack_pointer_are_kept() -> None:
    code = encode("111100111000 nnnn 1000 1000 00001001", n=0)  # msr psp, r0
    code += encode("1111001111101111 1000 dddd 00001001", d=1)  # mrs r1, psp
    odd = State((0x2000_0003, *(0,) * 13), 0, 0, (0,) * 32)
    (found,) = _single("cortex-m3", code, odd)
    assert found.words["r1"] == (0x2000_0003, 0x2000_0000)


def test_pinned_control_shows_floating_point_state_that_is_switched_off_or_reserved() -> None:
    code = encode("11101110 1x11 0000 dddd 1010 01z0 mmmm", x=0, d=0, z=0, m=0)  # vmov.f32 s0, s0
    code += encode("1111001111101111 1000 dddd 00010100", d=0)  # mrs r0, control
    (found,) = _single("cortex-m4f", code)
    assert found.words["r0"] == (0b1100, 0)
