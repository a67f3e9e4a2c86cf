"""Kernels of the 2020 runtime, as the runner ships them, compute what today's interpreter does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.runner_models import boot
from tests.support.tflite_builder import ModelBuilder, OptionValue

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

Options = Mapping[str, OptionValue]

IMAGE = (1, 4, 3, 5)
FLOAT_UNARY = ("ABS", "CEIL", "COS", "FLOOR", "LOG", "NEG", "ROUND", "RSQRT", "SIN", "SQRT", "SQUARE")
POSITIVE_ONLY = ("LOG", "RSQRT", "SQRT")
COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
MOVED_TYPES = ("float32", "int8", "int32")
RELATIVE_TOLERANCE = 1e-5  # of float32 results: another C library computes them


class Builder(ModelBuilder):
    """A model of one operator, with the quantisation that its types need."""

    def activation(
        self,
        shape: Sequence[int],
        dtype: str,
        scale: float = 0.1,
        zero_point: int = 3,
        data: npt.ArrayLike | None = None,
    ) -> int:
        if dtype in ("int8", "int16"):
            zero = zero_point if dtype == "int8" else 0
            return self.tensor(shape, dtype, scale=scale, zero_point=zero, data=data)
        return self.tensor(shape, dtype, data=data)

    def constant(self, values: npt.ArrayLike) -> int:
        array = np.asarray(values, np.int32)
        return self.tensor(array.shape, "int32", data=array)

    def one(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Options | None = None,
        *,
        given: Sequence[int] | None = None,
        version: int = 2,
    ) -> bytes:
        self.operator(name, inputs, outputs, options or {}, version=version)
        return self.build(inputs if given is None else given, outputs)


def unary(name: str) -> bytes:
    b = Builder()
    x, y = b.tensor(IMAGE, "float32"), b.tensor(IMAGE, "float32")
    b.operator(name, [x], [y])
    return b.build([x], [y])


def compared(name: str, dtype: str, shape: Sequence[int]) -> bytes:
    b = Builder()
    operands = [b.activation(IMAGE, dtype), b.activation(shape, dtype, 0.2, -5)]
    return b.one(name, operands, [b.tensor(IMAGE, "bool")])


def extreme(name: str, dtype: str, shape: Sequence[int]) -> bytes:
    b = Builder()
    return b.one(name, [b.activation(IMAGE, dtype), b.activation(shape, dtype)], [b.activation(IMAGE, dtype)])


def position(name: str, dtype: str, axis: int) -> bytes:
    b = Builder()
    x = b.activation(IMAGE, dtype)
    y = b.tensor(np.delete(IMAGE, axis).tolist(), "int32")
    return b.one(name, [x, b.constant(axis)], [y], {"output_type": "int32"}, given=[x])


def logical(name: str, shape: Sequence[int]) -> bytes:
    b = Builder()
    return b.one(
        name, [b.tensor(IMAGE, "bool"), b.tensor(shape, "bool")], [b.tensor(IMAGE, "bool")], version=1
    )


def normalised(dtype: str) -> bytes:
    b = Builder()
    x = b.activation((2, 3, 4, 7), dtype, 0.05, 4)
    return b.one(
        "L2_NORMALIZATION", [x], [b.activation((2, 3, 4, 7), dtype, 1 / 128, 0)], {"activation": "NONE"}
    )


def dequantised(dtype: str) -> bytes:
    b = Builder()
    return b.one("DEQUANTIZE", [b.activation(IMAGE, dtype, 0.037)], [b.tensor(IMAGE, "float32")])


def quantised(source: str, target: str) -> bytes:
    b = Builder()
    return b.one("QUANTIZE", [b.activation(IMAGE, source, 0.037)], [b.activation(IMAGE, target, 0.05, -7)])


def prelu(dtype: str, shape: Sequence[int]) -> bytes:
    b = Builder()
    slopes = np.random.default_rng(0).integers(-100, 100, shape)
    x, y = b.activation(IMAGE, dtype), b.activation(IMAGE, dtype, 0.08, -4)
    return b.one("PRELU", [x, b.activation(shape, dtype, 0.01, 2, data=slopes)], [y], given=[x], version=1)


def split(dtype: str, axis: int, parts: int) -> bytes:
    b = Builder()
    shape = [2, 4, 3, 6]
    x = b.activation(shape, dtype)
    shape[axis] //= parts
    outputs = [b.activation(shape, dtype) for _ in range(parts)]
    return b.one("SPLIT", [b.constant(axis), x], outputs, {"num_splits": parts}, given=[x])


def unpacked(dtype: str, axis: int) -> bytes:
    b = Builder()
    shape = np.delete(IMAGE, axis).tolist()
    outputs = [b.activation(shape, dtype) for _ in range(IMAGE[axis])]
    return b.one("UNPACK", [b.activation(IMAGE, dtype)], outputs, {"num": IMAGE[axis], "axis": axis})


def resized(dtype: str, size: Sequence[int], align_corners: bool) -> bytes:
    b = Builder()
    x, y = b.activation(IMAGE, dtype), b.activation((1, *size, 5), dtype)
    options: Options = {"align_corners": align_corners}
    return b.one("RESIZE_NEAREST_NEIGHBOR", [x, b.constant(size)], [y], options, given=[x])


def svdf(dtype: str, rank: int) -> bytes:
    units, memory, features = 4, 5, 6
    filters = units * rank
    rng = np.random.default_rng(0)
    b = Builder()
    quantised = dtype == "int8"
    state_type = "int16" if quantised else "float32"

    def weights(shape: Sequence[int], kind: str, limit: int, scale: float) -> int:
        if not quantised:
            return b.tensor(shape, "float32", data=rng.standard_normal(shape))
        return b.tensor(shape, kind, scale=scale, data=rng.integers(-limit, limit + 1, shape))

    x = b.activation((1, features), dtype, 0.02, -3)
    feature = weights((filters, features), "int8", 127, 0.01)
    time = weights((filters, memory), "int16", 32767, 1 / 32768)
    bias = weights((units,), "int32", 3000, 2e-6)
    scale: Sequence[float] = (1 / 2048,) if quantised else ()
    state = b.tensor((1, memory * filters), state_type, scale=scale, is_variable=True)
    y = b.activation((1, units), dtype, 0.05, -1)
    b.operator("SVDF", [x, feature, time, bias, state], [y], {"rank": rank, "activation": "RELU"}, version=3)
    return b.build([x], [y])


def _cases() -> dict[str, Callable[[], bytes]]:
    cases: dict[str, Callable[[], bytes]] = {name: lambda name=name: unary(name) for name in FLOAT_UNARY}

    def add(build: Callable[..., bytes], *arguments: Any) -> None:
        cases[f"{build.__name__} {arguments}"] = lambda: build(*arguments)

    broadcast = ((5,), (1, 1, 3, 1), IMAGE)
    for shape in broadcast:
        for dtype in ("float32", "int8", "int32", "int64"):
            add(extreme, "MAXIMUM", dtype, shape)
            add(extreme, "MINIMUM", dtype, shape)
        for name in COMPARISONS:
            for dtype in ("float32", "int8", "int32"):
                add(compared, name, dtype, shape)
        add(logical, "LOGICAL_AND", shape)
        add(logical, "LOGICAL_OR", shape)
    for dtype in ("float32", "int8"):
        for axis in range(4):
            add(position, "ARG_MAX", dtype, axis)
            add(position, "ARG_MIN", dtype, axis)
        add(normalised, dtype)
        for rank in (1, 2):
            add(svdf, dtype, rank)
        for shape in ((1, 1, 5), (4, 3, 5)):
            add(prelu, dtype, shape)
        for size in ((8, 6), (3, 7)):
            for align_corners in (False, True):
                add(resized, dtype, size, align_corners)
    for dtype in MOVED_TYPES:
        for axis, parts in ((0, 2), (1, 4), (2, 3), (3, 2)):
            add(split, dtype, axis, parts)
            add(unpacked, dtype, axis)
    for dtype in ("int8", "int16"):
        add(dequantised, dtype)
    for source, target in (("float32", "int8"), ("float32", "int16"), ("int8", "int8"), ("int16", "int8")):
        add(quantised, source, target)
    return cases


CASES = _cases()


def random_input(rng: np.random.Generator, shape: Sequence[int], dtype: np.dtype[Any], positive: bool) -> Any:
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(np.bool_)
    if dtype == np.float32:
        values = rng.normal(0, 3, shape).astype(np.float32)
        return np.abs(values) + np.float32(0.01) if positive else values
    limits = np.iinfo(dtype) if dtype.itemsize < 4 else np.iinfo(np.int8)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


@pytest.mark.parametrize("name", CASES)
def test_the_runtimes_kernel_agrees_with_todays(name: str) -> None:
    model = CASES[name]()
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 18)
    board = boot(model)
    rng = np.random.default_rng(1)
    for _ in range(3):
        details = [interpreter.get_input_details(i) for i in range(len(board.answer.inputs))]
        inputs = [
            random_input(rng, d["shape"], np.dtype(d["dtype"]), positive=name in POSITIVE_ONLY)
            for d in details
        ]
        for index, values in enumerate(inputs):
            interpreter.set_input(values, index)
        interpreter.invoke()
        for index, raw in enumerate(board.infer(inputs)):
            expected = interpreter.get_output(index)
            got = np.frombuffer(raw, expected.dtype).reshape(expected.shape)
            if expected.dtype == np.float32:
                np.testing.assert_allclose(got, expected, rtol=RELATIVE_TOLERANCE)
            else:
                np.testing.assert_array_equal(got, expected)
