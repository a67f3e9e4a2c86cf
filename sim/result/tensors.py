"""Tensors as a result shows them: dequantised outputs, class labels, a small picture of an image input."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from sim.errors import UsageError
from sim.result.document import Result
from sim.result.parts import Output

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
) -> Output:
    """Describe an output tensor from its stored elements.

    Parameters
    ----------
    values_raw
        All elements in row-major order, as Python numbers.
    """
    raw = tuple(values_raw)
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
        argmax=_argmax(raw) if math.prod(shape[:-1]) == 1 else None,
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


def grey_preview(values: Sequence[int | float], shape: Sequence[int]) -> tuple[tuple[int, ...], ...] | None:
    """Return rows of grey levels (0 to 255) of a tensor that looks like one image, else ``None``.

    Parameters
    ----------
    values
        Elements in row-major order; stretched so that the smallest is black and the largest white.
    shape
        ``(1, height, width, channels)`` with 1 or 3 channels, or ``(1, height, width)``.
    """
    if len(shape) == 3:
        shape = (*shape, 1)
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or min(shape[1:3]) < MIN_PICTURE_SIDE:
        return None
    _, height, width, channels = shape
    low, high = min(values), max(values)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    columns = min(width, PREVIEW_COLUMNS)
    rows = max(1, round(height * columns / width))

    def grey(row: int, column: int) -> int:
        tops = range(row * height // rows, max((row + 1) * height // rows, row * height // rows + 1))
        lefts = range(
            column * width // columns, max((column + 1) * width // columns, column * width // columns + 1)
        )
        pixels = [
            sum(values[(y * width + x) * channels : (y * width + x + 1) * channels])
            for y in tops
            for x in lefts
        ]
        return round(255 * (sum(pixels) / (len(pixels) * channels) - low) / (high - low))

    return tuple(tuple(grey(row, column) for column in range(columns)) for row in range(rows))
