"""Double-precision instructions on the boards whose FPU has them."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.machine.fault import FaultKind
from sim.machine.protocol import Level, RunLimits, StopReason
from tests.support.boards import PLENTY, AssembledBoard

RAM = 0x24004000
ENABLE_FPU = """
    ldr r0, =0xe000ed88
    ldr r1, =0x00f00000
    str r1, [r0]
    dsb
    isb
"""


def bits(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def run(code: str, *operands: float, results: int = 1) -> list[float]:
    """Run code with operands in d0, d1, ...; returns the first doubles that it stores at r4."""
    data = "\n".join(f".quad {bits(operand):#x}" for operand in operands)
    loads = "\n".join(f"vldr d{number}, [r3, #{8 * number}]" for number in range(len(operands)))
    board = AssembledBoard(
        f"start: {ENABLE_FPU}\n adr r3, data\n {loads}\n ldr r4, ={RAM:#x}\n {code}\n b stop_end\n"
        f"stop_end: b .\n .ltorg\n .balign 8\ndata: {data}\n",
        "stm32h7a3",
    )
    stop = board.machine.run(PLENTY)
    assert stop.marker == "end", stop
    return list(struct.unpack(f"<{results}d", board.machine.read_memory(RAM, 8 * results)))


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("vadd.f64 d2, d0, d1", 3.25),
        ("vsub.f64 d2, d0, d1", -0.25),
        ("vmul.f64 d2, d0, d1", 2.625),
        ("vnmul.f64 d2, d0, d1", -2.625),
        ("vdiv.f64 d2, d1, d0", 1.75 / 1.5),
        ("vmla.f64 d2, d0, d1", 12.625),
        ("vmls.f64 d2, d0, d1", 7.375),
        ("vnmla.f64 d2, d0, d1", -12.625),
        ("vnmls.f64 d2, d0, d1", -7.375),
        ("vfma.f64 d2, d0, d1", 12.625),
        ("vfms.f64 d2, d0, d1", 7.375),
        ("vfnma.f64 d2, d0, d1", -12.625),
        ("vfnms.f64 d2, d0, d1", -7.375),
        ("vneg.f64 d2, d0", -1.5),
        ("vabs.f64 d2, d3", 4.0),
        ("vmov.f64 d2, d1", 1.75),
        ("vmov.f64 d2, #0.3125", 0.3125),
        ("vmov.f64 d2, #-31.0", -31.0),
        ("vsqrt.f64 d2, d2", math.sqrt(10.0)),
        ("vmaxnm.f64 d2, d0, d3", 1.5),
        ("vminnm.f64 d2, d0, d3", -4.0),
        ("cmp r3, r3\n vseleq.f64 d2, d0, d1", 1.5),
        ("cmp r3, #0\n vseleq.f64 d2, d0, d1", 1.75),
    ],
)
def test_an_instruction_has_the_value_worked_out_by_hand(instruction: str, expected: float) -> None:
    assert run(f"{instruction}\n vstr d2, [r4]", 1.5, 1.75, 10.0, -4.0) == [expected]


@pytest.mark.parametrize(
    ("value", "signed", "unsigned"),
    [
        (2.75, 2, 2),
        (-2.75, -2, 0),
        (3e9, 2**31 - 1, 3_000_000_000),
        (-1e300, -(2**31), 0),
        (math.inf, 2**31 - 1, 2**32 - 1),
        (math.nan, 0, 0),
    ],
)
def test_conversion_to_integers_truncates_and_saturates(value: float, signed: int, unsigned: int) -> None:
    code = """
    vcvt.s32.f64 s8, d0
    vcvt.u32.f64 s9, d0
    vcvt.f64.s32 d6, s8
    vcvt.f64.u32 d7, s9
    vstr d6, [r4]
    vstr d7, [r4, #8]
    """
    assert run(code, value, results=2) == [signed, unsigned]


def test_conversion_to_single_precision_rounds() -> None:
    code = "vcvt.f32.f64 s8, d0\n vcvt.f64.f32 d2, s8\n vstr d2, [r4]"
    assert run(code, 0.1) == [0.100000001490116119384765625]


@pytest.mark.parametrize(
    ("left", "right", "order"), [(1.0, 2.0, 1), (2.0, 2.0, 2), (3.0, 2.0, 4), (math.nan, 2.0, 8)]
)
def test_comparisons_set_the_flags_that_branches_use(left: float, right: float, order: int) -> None:
    code = """
    movs r5, #0
    vcmp.f64 d0, d1
    vmrs APSR_nzcv, fpscr
    it mi
    orrmi r5, #1
    it eq
    orreq r5, #2
    it gt
    orrgt r5, #4
    it vs
    orrvs r5, #8
    vmov s4, r5
    vcvt.f64.u32 d2, s4
    vstr d2, [r4]
    """
    assert run(code, left, right) == [order]


def test_an_instruction_inside_an_it_block_leaves_the_others_conditional() -> None:
    code = """
    cmp r3, r3
    itte eq
    vmoveq.f64 d2, d0
    vaddeq.f64 d2, d2, d0
    vmovne.f64 d2, d1
    vstr d2, [r4]
    """
    assert run(code, 5.0, 7.0) == [10.0]


FINITE = st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False)


@given(FINITE, FINITE, FINITE)
@settings(max_examples=15, deadline=None)
def test_a_fused_product_is_rounded_once(addend: float, left: float, right: float) -> None:
    exact = Fraction(left) * Fraction(right) + Fraction(addend)
    (result,) = run("vfma.f64 d0, d1, d2\n vstr d0, [r4]", addend, left, right)
    step = Fraction(math.ulp(result))
    assert abs(Fraction(result) - exact) * 2 <= step


DOUBLES_WITHOUT_END = f"start: {ENABLE_FPU}\n 1: vadd.f64 d0, d0, d1\n vmul.f64 d2, d1, d1\n b 1b\n .ltorg\n"


@pytest.mark.parametrize("level", [Level.FULL, Level.TIMING])
def test_doubles_without_end_stop_at_the_cycle_limit(level: Level) -> None:
    board = AssembledBoard(DOUBLES_WITHOUT_END, "stm32h7a3", level=level)
    assert board.machine.run(RunLimits(cycles=3_000)).reason is StopReason.CYCLE_LIMIT
    assert 3_000 <= board.machine.cycles < 3_100


def test_an_interrupt_is_taken_between_doubles() -> None:
    systick = """
    ldr r0, =0xe000e010
    movw r1, #2000
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
    """
    program = DOUBLES_WITHOUT_END.replace("1:", f"{systick} 1:") + ".thumb_func\nstop_tick: b .\n"
    board = AssembledBoard(program, "stm32h7a3", handlers={15: "stop_tick"})
    assert board.machine.run(PLENTY).marker == "tick"
    assert board.machine.cycles < 2_300


def test_a_board_with_single_precision_only_refuses_them() -> None:
    board = AssembledBoard(f"start: {ENABLE_FPU}\n vadd.f64 d0, d0, d0\n b .\n .ltorg\n", "stm32f746")
    fault = board.machine.run(PLENTY).fault
    assert fault is not None
    assert fault.kind is FaultKind.UNDEFINED
