"""Whether a model answered what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from sim.errors import CheckFailedError, UsageError
from sim.report.units import count, shape
from sim.result import Output, Result

FLOAT_TOLERANCE: Final = 1e-6
_NAMED_VALUES = 3


def require_output(
    result: Result,
    expected: ArrayLike,
    *,
    relative: float | None = None,
    absolute: float | None = None,
    output: int = 0,
    inference: int | None = None,
) -> None:
    """Demand an output of every inference, or of one.

    Parameters
    ----------
    expected
        Real numbers (dequantised where the output is quantised) in the output's shape, or all in one row. NaN
        matches NaN only, and an infinity itself only.
    relative, absolute
        A value may differ by the larger of ``relative * abs(expected)`` and ``absolute``. With neither: half
        a step of a quantised output, ``FLOAT_TOLERANCE`` relative otherwise.
    output
        Which output of the model.
    inference
        Which inference of the run; all of them by default.

    Raises
    ------
    UsageError
        There is no such output or inference, or `expected` has another shape.
    CheckFailedError
        At least one value differs by more.
    """
    for actual, place in _outputs(result, output, inference):
        _require_values(actual, place, expected, relative, absolute)


def _require_values(
    actual: Output, place: str, expected: ArrayLike, relative: float | None, absolute: float | None
) -> None:
    wanted = _as_numbers(expected)
    if (wanted.ndim > 1 and wanted.shape != actual.shape) or wanted.size != len(actual.values):
        raise UsageError(
            f"the expected values have shape {shape(wanted.shape)}, "
            f"output {actual.index} has {shape(actual.shape)}"
        )
    if relative is None and absolute is None:
        relative, absolute = (FLOAT_TOLERANCE, 0.0) if actual.scale is None else (0.0, actual.scale / 2)
    values, wanted = np.asarray(actual.values, np.float64), wanted.reshape(-1)
    with np.errstate(invalid="ignore"):
        difference = np.abs(values - wanted)
        allowed = np.maximum((relative or 0.0) * np.abs(wanted), absolute or 0.0)
    same = (values == wanted) | (np.isnan(values) & np.isnan(wanted))
    wrong = np.flatnonzero(~(same | (np.isfinite(wanted) & (difference <= allowed))))
    if len(wrong):
        worst = sorted(wrong.tolist(), key=lambda index: -np.nan_to_num(difference[index], nan=np.inf))
        raise CheckFailedError(
            f"output {actual.index} {place} differs from what is expected in "
            f"{len(wrong):,} of {count(len(values), 'value')}: "
            + ", ".join(
                f"{_position(index, actual.shape)} is {values[index]:.6g} instead of {wanted[index]:.6g}"
                for index in worst[:_NAMED_VALUES]
            )
            + (", …" if len(worst) > _NAMED_VALUES else "")
            + f" (allowed: {_tolerance(relative, absolute)})"
        )


def require_label(result: Result, label: str, *, output: int = 0, inference: int | None = None) -> None:
    """Demand the class that every inference predicts, or one of them.

    Parameters
    ----------
    label
        Name of the class; its index where the result has no labels.
    inference
        Which inference of the run; all of them by default.

    Raises
    ------
    UsageError
        There is no such output or inference, or the output is no vector of classes.
    CheckFailedError
        The model predicts another class.
    """
    for actual, place in _outputs(result, output, inference):
        _require_class(actual, place, label)


def _require_class(actual: Output, place: str, label: str) -> None:
    if actual.argmax is None:
        raise UsageError(
            f"output {actual.index} of shape {shape(actual.shape)} predicts no class",
            "only a vector of numbers with more than one element does",
        )
    predicted = str(actual.argmax) if actual.label is None else actual.label
    if predicted != label:
        raise CheckFailedError(
            f"the model predicts {predicted!r} (value {actual.values[actual.argmax]:.4g}) "
            f"{place}, not {label!r}"
        )


def require_reference_output(result: Result) -> None:
    """Demand that all outputs of a verified run agree with the reference interpreter.

    Raises
    ------
    UsageError
        The run was not verified.
    CheckFailedError
        Some outputs differ; the message names the first operator that does.
    """
    check = result.verification
    if check is None:
        raise UsageError(f"the run on {result.platform.id} was not compared with a reference")
    if check.equal:
        return
    message = (
        f"{check.different_values:,} of {count(check.compared_values, 'output value')} on "
        f"{result.platform.id} differ from {check.reference}"
    )
    if check.largest_difference is not None:
        message += f", by up to {check.largest_difference:.6g}"
    if check.first_diverging_operator is not None:
        message += f"; the first operator that differs is #{check.first_diverging_operator} "
        message += str(check.first_diverging_name)
    raise CheckFailedError(message)


def _outputs(result: Result, index: int, inference: int | None) -> list[tuple[Output, str]]:
    """Return an output of each chosen inference, with where it is from."""
    inferences = max(1, len(result.inferences))
    if inference is not None and not 0 <= inference < inferences:
        raise UsageError(
            f"there is no inference {inference}", f"the run has {count(inferences, 'inference')}, from 0"
        )
    chosen = range(inferences) if inference is None else [inference]
    place = f"on {result.platform.id}"
    if inferences == 1:
        return [(_output(result.outputs, index), place)]
    return [
        (_output(result.inferences[number].outputs, index), f"in inference {number} {place}")
        for number in chosen
    ]


def _output(outputs: Sequence[Output], index: int) -> Output:
    if not 0 <= index < len(outputs):
        raise UsageError(
            f"there is no output {index}", f"the model has {count(len(outputs), 'output')}, from 0"
        )
    return outputs[index]


def _as_numbers(expected: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    try:
        return np.asarray(expected, np.float64)
    except (ValueError, TypeError) as error:
        raise UsageError(f"the expected values are not all numbers: {error}") from None


def _position(index: int, dimensions: tuple[int, ...]) -> str:
    return str([int(axis) for axis in np.unravel_index(index, dimensions)])


def _tolerance(relative: float | None, absolute: float | None) -> str:
    parts = [f"±{absolute:g}"] if absolute else []
    parts += [f"{relative:g} of each value"] if relative else []
    return " or ".join(parts) or "no difference"
