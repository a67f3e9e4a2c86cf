"""Exact arithmetic agrees with the host's floating-point unit, and raises the flags that the manual lists."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.machine.embedded.ieee754 import (
    DIVIDE_BY_ZERO,
    DOUBLE,
    EQUAL,
    GREATER,
    HALF,
    INEXACT,
    INPUT_DENORMAL,
    INVALID,
    LESS,
    OVERFLOW,
    SINGLE,
    UNDERFLOW,
    UNORDERED,
    Arithmetic,
    Rounding,
)

ANY = st.floats(allow_nan=False)
SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308
UP, FLUSH, DEFAULT_NAN = 1 << 22, 1 << 24, 1 << 25


def bits(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def value(raw: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", raw))[0])


def same(raw: int, expected: float) -> bool:
    return raw == bits(expected) or (math.isnan(expected) and math.isnan(value(raw)))


@given(ANY, ANY)
@settings(max_examples=200, deadline=None)
def test_sums_products_and_quotients_are_those_of_the_host(left: float, right: float) -> None:
    operations: list[tuple[Callable[[int, int], int], np.ufunc]] = [
        (Arithmetic(0).add, np.add),
        (Arithmetic(0).multiply, np.multiply),
        (Arithmetic(0).divide, np.divide),
    ]
    for ours, theirs in operations:
        with np.errstate(all="ignore"):
            assert same(ours(bits(left), bits(right)), float(theirs(np.float64(left), np.float64(right))))


@given(st.floats(min_value=0))
@settings(max_examples=100, deadline=None)
def test_square_roots_are_those_of_the_host(number: float) -> None:
    assert same(Arithmetic(0).square_root(bits(number)), math.sqrt(number))


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_narrower_formats_are_those_of_the_host(number: float) -> None:
    with np.errstate(all="ignore"):
        single, half = np.float32(number), np.float16(number)
    assert Arithmetic(0).convert(bits(number), DOUBLE, SINGLE) == int(single.view(np.uint32))
    assert Arithmetic(0).convert(bits(number), DOUBLE, HALF) == int(half.view(np.uint16))
    assert Arithmetic(0).convert(int(half.view(np.uint16)), HALF, DOUBLE) == bits(float(half))


@pytest.mark.parametrize(
    ("fpscr", "operation", "expected", "flags"),
    [
        (0, lambda a: a.add(bits(1.0), bits(2.0)), 3.0, 0),
        (0, lambda a: a.add(bits(1.0), bits(SMALLEST)), 1.0, INEXACT),
        (UP, lambda a: a.add(bits(1.0), bits(SMALLEST)), 1.0 + 2**-52, INEXACT),
        (0, lambda a: a.add(bits(math.inf), bits(-math.inf)), math.nan, INVALID),
        (0, lambda a: a.multiply(bits(LARGEST), bits(2.0)), math.inf, OVERFLOW | INEXACT),
        (3 << 22, lambda a: a.multiply(bits(LARGEST), bits(2.0)), LARGEST, OVERFLOW | INEXACT),
        (0, lambda a: a.multiply(bits(SMALLEST), bits(0.5)), 0.0, UNDERFLOW | INEXACT),
        (FLUSH, lambda a: a.multiply(bits(SMALLEST), bits(2.0)), 0.0, INPUT_DENORMAL),
        (0, lambda a: a.divide(bits(1.0), bits(0.0)), math.inf, DIVIDE_BY_ZERO),
        (0, lambda a: a.multiply_add(bits(1.0), bits(2.0), bits(3.0)), 7.0, 0),
        (0, lambda a: a.choose(bits(math.nan), bits(2.0), largest=True), 2.0, 0),
        (0, lambda a: a.choose(bits(-0.0), bits(0.0), largest=False), -0.0, 0),
        (0, lambda a: a.round_to_integral(bits(2.5), Rounding.AWAY), 3.0, 0),
        (0, lambda a: a.round_to_integral(bits(2.5), Rounding.NEAREST, exact=True), 2.0, INEXACT),
        (0, lambda a: a.square_root(bits(-1.0)), math.nan, INVALID),
    ],
)
def test_results_and_flags_are_those_of_the_manual(
    fpscr: int, operation: Callable[[Arithmetic], int], expected: float, flags: int
) -> None:
    arithmetic = Arithmetic(fpscr)
    assert same(operation(arithmetic), expected)
    assert arithmetic.flags == flags


@pytest.mark.parametrize(
    ("left", "right", "flags"),
    [(1.0, 2.0, LESS), (2.0, 1.0, GREATER), (0.0, -0.0, EQUAL), (math.nan, 1.0, UNORDERED)],
)
def test_comparisons_give_the_condition_flags(left: float, right: float, flags: int) -> None:
    arithmetic = Arithmetic(0)
    assert arithmetic.compare(bits(left), bits(right), signals=False) == flags
    assert arithmetic.flags == 0
    arithmetic.compare(bits(left), bits(right), signals=True)
    assert arithmetic.flags == (INVALID if flags == UNORDERED else 0)


def test_a_payload_survives_unless_the_default_nan_is_asked_for() -> None:
    signalling = 0x7FF0_0000_0000_1234
    arithmetic = Arithmetic(0)
    assert arithmetic.add(bits(1.0), signalling) == 0x7FF8_0000_0000_1234
    assert arithmetic.flags == INVALID
    assert Arithmetic(DEFAULT_NAN).add(bits(1.0), signalling) == DOUBLE.default_nan
