"""Compare a runner image with today's TensorFlow Lite Micro: the ``tflite-micro`` package's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.support.runner_models import boot

Array = npt.NDArray[Any]

RELATIVE_TOLERANCE = 1e-5  # of float32 results: another C library computes them
_ARENA_BYTES = 1 << 20


def random_values(rng: np.random.Generator, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """Draw a tensor: all values of small integer types, reals around zero."""
    if dtype == np.float32:
        return rng.normal(0, 2, shape).astype(np.float32)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(np.bool_)
    limits = np.iinfo(dtype) if dtype.itemsize <= 2 else np.iinfo(np.int16)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


def assert_same_outputs(
    model: bytes,
    core: str = "cortex-m4f",
    *,
    reference_kernels: bool = False,
    inferences: int = 2,
    seed: int = 0,
) -> None:
    """Run both on the same random inputs, several times in a row: operators may keep a state.

    Raises
    ------
    AssertionError
        Integer outputs differ at all, or float32 outputs by more than `RELATIVE_TOLERANCE` of the largest.
    """
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA_BYTES)
    board = boot(model, core, reference_kernels=reference_kernels)
    details = [interpreter.get_input_details(i) for i in range(len(board.answer.inputs))]
    rng = np.random.default_rng(seed)
    for _ in range(inferences):
        inputs = [random_values(rng, d["shape"], np.dtype(d["dtype"])) for d in details]
        for index, values in enumerate(inputs):
            interpreter.set_input(values, index)
        interpreter.invoke()
        for index, raw in enumerate(board.infer(inputs)):
            expected = interpreter.get_output(index)
            got = np.frombuffer(raw, expected.dtype).reshape(expected.shape)
            if expected.dtype == np.float32:
                largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
                np.testing.assert_allclose(
                    got, expected, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE * largest
                )
            else:
                np.testing.assert_array_equal(got, expected)
