"""Images as input tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from sim.errors import EnvironmentMissingError, InputError
from sim.inputs.convert import Array, expectation, quantize
from sim.model import Model, Tensor

_MODES: Final = {1: "L", 3: "RGB", 4: "RGBA"}
# What training code maps black and white to.
_COMMON_RANGES: Final = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


def read_image(
    path: Path, tensor: Tensor, model: Model, value_range: tuple[float, float] | None = None
) -> Array:
    """Read an image, resize it (bilinear) to the tensor's height and width, and give it the tensor's type.

    With `value_range`, black and white become these two real numbers, which are then quantised where the
    tensor is. Without it:

    - ``uint8``: pixels as they are; ``int8``: pixels minus 128. That is right for models trained on 0 to 1, 0
    to 255
      and -1 to 1 alike, because the converter maps the ends of the range to the ends of the type.
    - ``float32``: 0 to 1; if a ``QUANTIZE`` operator reads the input, that one of 0 to 1, -1 to 1 and 0 to
    255
      whose ends are nearest to what this operator can represent.

    Returns
    -------
    array
        Shape of the tensor.

    Raises
    ------
    InputError
        If the file is no image, or the tensor has no height, width and 1, 3 or 4 channels.
    EnvironmentMissingError
        If Pillow is not installed.
    """
    shape = tensor.shape[1:] if len(tensor.shape) == 4 and tensor.shape[0] == 1 else tensor.shape
    if len(shape) != 3 or shape[2] not in _MODES:
        raise InputError(
            f"image {path} does not fit a tensor without 1, 3 or 4 channels", expectation(tensor)
        )
    pixels = _pixels(path, shape[1], shape[0], _MODES[shape[2]]).reshape(tensor.shape)
    if value_range is None:
        if tensor.dtype == "uint8":
            return pixels
        if tensor.dtype == "int8":
            return (pixels.astype(np.int16) - 128).astype(np.int8)
    low, high = value_range or _guessed_range(tensor, model)
    real = np.float32(low) + pixels.astype(np.float32) * np.float32((high - low) / 255)
    if tensor.dtype == "float32":
        return real.astype(np.float32)
    if tensor.dtype in ("int8", "uint8", "int16") and len(tensor.scales) == 1 and tensor.scales[0] > 0:
        return quantize(real, tensor)
    raise InputError(f"image {path} does not fit a tensor of {tensor.dtype}", expectation(tensor))


def _pixels(path: Path, width: int, height: int, mode: str) -> Array:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise EnvironmentMissingError("Pillow is needed to read images", "pip install pillow") from None
    try:
        with Image.open(path) as image:
            resized = image.convert(mode).resize((width, height), Image.Resampling.BILINEAR)
    except UnidentifiedImageError:
        raise InputError(f"{path} is not an image", "give a PNG or JPEG file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"image {path} cannot be read: {error}", "give a PNG or JPEG file") from None
    return np.asarray(resized, dtype=np.uint8)


def _guessed_range(tensor: Tensor, model: Model) -> tuple[float, float]:
    for operator in model.operators:
        if operator.name == "QUANTIZE" and operator.inputs[:1] == (tensor.index,):
            output = model.tensors[operator.outputs[0]]
            if output.dtype in ("int8", "uint8") and len(output.scales) == 1:
                limits = np.iinfo(output.dtype)
                scale, zero_point = output.scales[0], output.zero_points[0]
                low, high = (scale * (end - zero_point) for end in (limits.min, limits.max))
                return min(_COMMON_RANGES, key=lambda r: abs(r[0] - low) + abs(r[1] - high))
    return _COMMON_RANGES[0]
