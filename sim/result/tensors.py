"""Tensors as a result shows them: dequantised outputs, class labels, a small picture of an image input."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.errors import UsageError
from sim.result.document import Result
from sim.result.parts import Output

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

PREVIEW_COLUMNS = 32
MIN_PICTURE_SIDE = 4


def output_from_raw(
    *,
    index: int,
    name: str | None,
    dtype: str,
    shape: Sequence[int],
    scale: float | None,
    zero_point: int | None,
    values_raw: Sequence[int | float],
    labels: Sequence[str] | None = None,
) -> Output:
    """Describe an output tensor from its stored elements.

    Parameters
    ----------
    values_raw
        All elements in row-major order, as Python numbers.
    labels
        Names of the classes, as many as there are elements; None where they have none.
    """
    raw = tuple(values_raw)
    argmax = _argmax(raw) if math.prod(shape[:-1]) == 1 else None
    values = (
        tuple(map(float, raw))
        if scale is None
        else tuple((value - (zero_point or 0)) * scale for value in raw)
    )
    return Output(
        index=index,
        name=name,
        dtype=dtype,
        shape=tuple(shape),
        scale=scale,
        zero_point=zero_point,
        values_raw=raw,
        values=values,
        argmax=argmax,
        label=None if argmax is None or labels is None else labels[argmax],
    )


def _argmax(values: Sequence[int | float]) -> int | None:
    if len(values) < 2 or any(map(math.isnan, values)):
        return None
    return max(range(len(values)), key=values.__getitem__)


def with_labels(result: Result, labels: Sequence[str]) -> Result:
    """Return the result with a label on every output that has an argmax.

    Raises
    ------
    UsageError
        There are fewer or more labels than classes.
    """

    def label(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        return tuple(
            output if output.argmax is None else dataclasses.replace(output, label=labels[output.argmax])
            for output in outputs
        )

    for output in result.outputs:
        if output.argmax is not None and len(output.values) != len(labels):
            raise UsageError(
                f"{len(labels)} labels do not fit output {output.index} of {len(output.values)} classes",
                "give one label per line, in the order of the classes",
            )
    return dataclasses.replace(
        result,
        outputs=label(result.outputs),
        inferences=tuple(
            dataclasses.replace(inference, outputs=label(inference.outputs))
            for inference in result.inferences
        ),
    )


def grey_preview(values: ArrayLike, shape: Sequence[int]) -> tuple[tuple[int, ...], ...] | None:
    """Return rows of grey levels (0 to 255) of a tensor that looks like one image, else ``None``.

    Parameters
    ----------
    values
        Elements, in row-major order where they are not in an array; stretched so that the smallest is black
        and the largest white.
    shape
        ``(1, height, width, channels)`` with 1 or 3 channels, or ``(1, height, width)``.
    """
    if len(shape) == 3:
        shape = (*shape, 1)
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or min(shape[1:3]) < MIN_PICTURE_SIDE:
        return None
    _, height, width, channels = shape
    import numpy as np  # not at the top: the command line loads this module for verbs without numbers

    picture = np.asarray(values, dtype=np.float64).reshape(height, width, channels)
    low, high = float(picture.min()), float(picture.max())
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    columns = min(width, PREVIEW_COLUMNS)
    rows = max(1, round(height * columns / width))
    tops = np.arange(rows + 1) * height // rows
    lefts = np.arange(columns + 1) * width // columns
    sums = np.add.reduceat(np.add.reduceat(picture.sum(axis=2), tops[:-1]), lefts[:-1], axis=1)
    counts = np.outer(np.diff(tops), np.diff(lefts)) * channels
    greys = np.rint(255 * (sums / counts - low) / (high - low)).astype(np.int64)
    return tuple(map(tuple, greys.tolist()))
