from __future__ import annotations

import numpy as np
import pytest

from sim.model import Model
from sim.verify import ReferenceRun, compare
from sim.verify.compare import differs
from tests.support import single_operator_sequence as sequence
from tests.support.tflite_builder import ModelBuilder


def two_operators(dtype: str = "int8") -> Model:
    """Tensors 0 -> ABS -> 1 -> RELU -> 2."""
    builder = ModelBuilder()
    scale = () if dtype == "float32" else (0.5,)
    tensors = [builder.tensor((1, 3), dtype, scale=scale) for _ in range(3)]
    builder.operator("ABS", tensors[:1], tensors[1:2])
    builder.operator("RELU", tensors[1:2], tensors[2:])
    return Model.parse(builder.build(tensors[:1], tensors[2:]))


def ints(*values: int) -> np.ndarray:
    return np.array([values], np.int8)


def floats(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_equal_integers_are_equal() -> None:
    reference = ReferenceRun("ref 1", ((ints(1, 2, 3),),), ())
    result = compare(two_operators(), reference, [[ints(1, 2, 3)]])
    assert (result.equal, result.compared_values, result.different_values) == (True, 3, 0)
    assert (result.tolerance, result.largest_difference, result.reference) == (0.0, 0, "ref 1")
    assert result.first_diverging_operator is None


def test_one_step_of_an_integer_is_a_difference() -> None:
    reference = ReferenceRun("ref", ((ints(1, 2, -128),), (ints(0, 0, 0),)), ())
    result = compare(two_operators(), reference, [[ints(1, 3, 127)], [ints(0, 0, 0)]])
    assert (result.equal, result.compared_values, result.different_values) == (False, 6, 2)
    assert result.largest_difference == 255


@pytest.mark.parametrize(("difference", "equal"), [(0.9e-3, True), (1.1e-3, False)])
def test_floats_may_differ_by_a_hundred_thousandth_of_the_largest_value(
    difference: float, equal: bool
) -> None:
    reference = ReferenceRun("ref", ((floats(100.0, 0.0, -1.0),),), ())
    result = compare(two_operators("float32"), reference, [[floats(100.0, difference, -1.0)]])
    assert result.equal is equal
    assert result.tolerance == 1e-5
    assert result.largest_difference == pytest.approx(difference)


def test_not_a_number_equals_only_itself() -> None:
    expected = floats(np.nan, np.inf, 1.0)
    assert not differs(expected.copy(), expected).any()
    assert differs(floats(0.0, -np.inf, np.nan), expected).all()


def test_a_difference_from_infinity_has_no_size() -> None:
    reference = ReferenceRun("ref", ((floats(np.inf, 0, 0),),), ())
    result = compare(two_operators("float32"), reference, [[floats(0, 0, 0)]])
    assert not result.equal
    assert result.largest_difference is None


def test_the_first_operator_that_differs_is_named() -> None:
    model = two_operators()
    reference = ReferenceRun("ref", ((ints(1, 2, 3),),), ({1: ints(5, 5, 5), 2: ints(1, 2, 3)},))
    late = compare(model, reference, [[ints(1, 2, 4)]], [{1: ints(5, 5, 5), 2: ints(1, 2, 4)}])
    early = compare(model, reference, [[ints(1, 2, 4)]], [{1: ints(5, 5, 6), 2: ints(1, 2, 4)}])
    assert (late.first_diverging_operator, late.first_diverging_name) == (1, "RELU")
    assert (early.first_diverging_operator, early.first_diverging_name) == (0, "ABS")


def test_an_intermediate_difference_without_consequence_is_not_a_divergence() -> None:
    reference = ReferenceRun("ref", ((ints(1, 2, 3),),), ({1: ints(5, 5, 5)},))
    result = compare(two_operators(), reference, [[ints(1, 2, 3)]], [{1: ints(5, 5, 6)}])
    assert result.equal
    assert result.first_diverging_operator is None


def test_a_missing_inference_is_not_silently_skipped() -> None:
    model = Model.parse(sequence.unary("RELU", (1, 3)))
    with pytest.raises(ValueError, match="zip"):
        compare(model, ReferenceRun("ref", ((ints(1, 2, 3),),), ()), [])
