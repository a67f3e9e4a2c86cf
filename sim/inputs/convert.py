"""Make input tensors of arrays: match shapes, quantise real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import InputError
from sim.model import Tensor

Array = npt.NDArray[Any]


def expectation(tensor: Tensor) -> str:
    """Say what an input tensor takes, for hints."""
    text = f"input {tensor.name!r} takes {tensor.describe()}"
    if tensor.is_quantized and len(tensor.scales) == 1:
        text += (
            f" (scale {tensor.scales[0]:g}, zero point {tensor.zero_points[0]}), or float32 to be quantized"
        )
    return text


def quantize(values: Array, tensor: Tensor) -> Array:
    """Quantise real numbers with a tensor's scale and zero point, as the ``QUANTIZE`` operator does.

    Arithmetic is in float32, halves round away from zero, and values outside the range saturate.

    Parameters
    ----------
    values
        Real numbers of any shape, all finite.
    tensor
        A tensor with one scale.
    """
    limits = np.iinfo(tensor.dtype)
    steps = values.astype(np.float32) / np.float32(tensor.scales[0])
    rounded = np.trunc(steps + np.copysign(np.float32(0.5), steps)).astype(np.float64) + tensor.zero_points[0]
    result: Array = np.clip(rounded, limits.min, limits.max).astype(tensor.dtype)
    return result


def dequantize(values: Array, tensor: Tensor) -> npt.NDArray[np.float32]:
    """Return the real numbers that stored values stand for; values of other tensors come back as float32."""
    if len(tensor.scales) != 1:
        return values.astype(np.float32)
    return ((values.astype(np.float64) - tensor.zero_points[0]) * tensor.scales[0]).astype(np.float32)


def split_samples(array: Array, tensor: Tensor, source: str) -> list[Array]:
    """Cut an array into samples of the tensor's shape.

    A leading dimension of 1 in the tensor's shape is its batch: it may be missing in the data, and data with
    a leading dimension N, before or instead of it, are N inferences.

    Raises
    ------
    InputError
        If the shape does not fit.
    """
    shape = tensor.shape
    sample = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
    if array.shape in (shape, sample):
        return [array.reshape(shape)]
    if array.ndim and array.shape[1:] in (shape, sample) and array.shape[0] > 0:
        return [item.reshape(shape) for item in array]
    raise InputError(f"{source} has shape {list(array.shape)}, not {list(shape)}", expectation(tensor))


def to_dtype(array: Array, tensor: Tensor, source: str) -> Array:
    """Give an array the tensor's element type.

    Data of that very type are taken as they are. Real numbers are quantised where the tensor is. Any numbers
    become floating-point where the tensor is. Everything else is refused: it might mean stored values or real
    numbers.

    Raises
    ------
    InputError
        If the type does not fit, or a value to quantise is not finite.
    """
    wanted = tensor.numpy_dtype
    if array.dtype == wanted:
        return array
    if wanted.kind == "f" and array.dtype.kind in "fiub":
        return array.astype(wanted)
    if array.dtype.kind == "f" and wanted.kind in "iu" and len(tensor.scales) == 1 and tensor.scales[0] > 0:
        if not np.isfinite(array).all():
            raise InputError(f"{source} has values that are not finite", expectation(tensor))
        return quantize(array, tensor)
    raise InputError(f"{source} has type {array.dtype}, not {tensor.dtype}", expectation(tensor))
