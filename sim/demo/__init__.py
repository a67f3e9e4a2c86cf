"""The bundled model and its inputs: an int8 network that reads handwritten digits.

``digits.json`` says where model and images come from; ``examples/train_digits.py`` makes all three files.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

_DIRECTORY = Path(__file__).parent


def demo_model_path() -> Path:
    """Return the path of the bundled ``.tflite``: int8, input (1, 8, 8, 1), output (1, 10)."""
    return _DIRECTORY / "digits.tflite"


@cache
def demo_manifest() -> dict[str, Any]:
    """Return the model's facts: accuracy, SHA-256, input quantisation, training, data set and licence."""
    manifest: dict[str, Any] = json.loads((_DIRECTORY / "digits.json").read_text(encoding="utf-8"))
    return manifest


@cache
def _inputs() -> dict[str, NDArray[Any]]:
    with np.load(_DIRECTORY / "digits_inputs.npz") as archive:
        return {name: archive[name] for name in archive.files}


def demo_labels() -> NDArray[np.uint8]:
    """Return the digit that each bundled image shows, shape (20,): 0 to 9, and 0 to 9 once more."""
    labels: NDArray[np.uint8] = _inputs()["labels"].copy()
    return labels


def demo_image(index: int = 0) -> NDArray[np.uint8]:
    """Return a bundled image: shape (8, 8), grey levels 0 (paper) to 16 (ink).

    Raises
    ------
    InputError
        There is no image of that index.
    """
    images = _inputs()["images"]
    if not 0 <= index < len(images):
        raise InputError(
            f"there is no demo image {index}",
            hint=f"choose 0 to {len(images) - 1}; the last figure is the digit",
        )
    image: NDArray[np.uint8] = images[index].copy()
    return image


def demo_input(index: int = 0) -> NDArray[np.int8]:
    """Return a bundled image as the model takes it: shape (1, 8, 8, 1), int8, quantised.

    Raises
    ------
    InputError
        There is no image of that index.
    """
    quantisation = demo_manifest()["input"]
    brightness = demo_image(index).astype(np.float32) / quantisation["grey_max"]
    levels = np.round(brightness / np.float32(quantisation["scale"])) + quantisation["zero_point"]
    tensor: NDArray[np.int8] = np.clip(levels, -128, 127).astype(np.int8).reshape(1, 8, 8, 1)
    return tensor
