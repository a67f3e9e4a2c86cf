"""Compare outputs, and find the first operator whose result differs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.model import Model, Operator
from sim.result import Verification
from sim.verify.reference import ReferenceRun

Array = npt.NDArray[Any]

# Allowed difference of floating-point values, as a fraction of the reference tensor's largest magnitude: what
# sums in another order and another exp() make of float32.
FLOAT_TOLERANCE: Final = 1e-5


def compare(
    model: Model,
    reference: ReferenceRun,
    outputs: Sequence[Sequence[Array]],
    tensors: Sequence[Mapping[int, Array]] = (),
) -> Verification:
    """Compare outputs with the reference's.

    Integers have to be equal. Floating-point values `x` may differ from the reference `r` by
    ``FLOAT_TOLERANCE * max(abs(r))``, with the maximum over the finite values of the tensor; infinities and
    NaN have to be the same.

    Parameters
    ----------
    outputs
        For each inference, the model's outputs in order, with the tensors' shapes and types.
    tensors
        For each inference, values of intermediate tensors by index, as far as they are known, each as it was
        right after its operator. Used with `ReferenceRun.tensors` to find where a difference starts.

    Raises
    ------
    ValueError
        If the two have different numbers of inferences or outputs.
    """
    compared = different = 0
    largest: int | float = 0
    for ours, theirs in zip(outputs, reference.outputs, strict=True):
        for value, expected in zip(ours, theirs, strict=True):
            wrong = differs(value, expected)
            compared += expected.size
            different += int(wrong.sum())
            largest = max(largest, _largest_difference(value, expected))
    diverging = _first_diverging(model, reference.tensors, tensors) if different else None
    is_float = any(model.tensors[i].numpy_dtype.kind == "f" for i in model.outputs)
    return Verification(
        reference=reference.name,
        equal=different == 0,
        tolerance=FLOAT_TOLERANCE if is_float else 0.0,
        compared_values=compared,
        different_values=different,
        largest_difference=largest if math.isfinite(largest) else None,
        first_diverging_operator=None if diverging is None else diverging.index,
        first_diverging_name=None if diverging is None else diverging.name,
    )


def differs(values: Array, expected: Array) -> npt.NDArray[np.bool_]:
    """Return which elements are outside the tolerance of `compare`."""
    if expected.dtype.kind != "f":
        return np.asarray(values != expected)
    finite = np.isfinite(expected)
    span = float(np.abs(expected[finite]).max(initial=0))
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(values.astype(np.float64) - expected) <= FLOAT_TOLERANCE * span
    same = (values == expected) | (np.isnan(values) & np.isnan(expected))
    return ~np.where(finite, near, same)


def _largest_difference(values: Array, expected: Array) -> int | float:
    """Return the largest absolute difference; NaN and infinity count as infinitely far from numbers."""
    if expected.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            difference = np.abs(values.astype(np.float64) - expected.astype(np.float64))
        same = (values == expected) | (np.isnan(values) & np.isnan(expected))
        difference = np.where(same, 0.0, np.where(np.isnan(difference), np.inf, difference))
        return float(difference.max(initial=0.0))
    # Through Python's integers, which hold any difference of two 64-bit numbers.
    return max((abs(int(a) - int(b)) for a, b in zip(values.flat, expected.flat, strict=True)), default=0)


def _first_diverging(
    model: Model, references: Sequence[Mapping[int, Array]], tensors: Sequence[Mapping[int, Array]]
) -> Operator | None:
    for expected, known in zip(references, tensors, strict=False):
        for operator in model.operators:
            for index in operator.outputs:
                if index in known and index in expected and differs(known[index], expected[index]).any():
                    return operator
    return None
