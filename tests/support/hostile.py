"""Hypothesis strategies for hostile models: well-formed files whose fields do not fit one another.

A model is built as usual, then one to three of its facts are changed just before it is written: a dimension,
an element type, a scale, an option, the values of a constant, a list of inputs. Such a model passes far more
checks than one with random bytes in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.tflite_builder import TENSOR_TYPES, ModelBuilder

Draw = st.DrawFn
Build = Callable[..., bytes]

_QUANTIZED = {"int8": 0.05, "uint8": 0.05, "int16": 0.001}


def _simple(
    name: str,
    input_shapes: Sequence[Sequence[int]],
    output_shapes: Sequence[Sequence[int]],
    *,
    dtype: str = "int8",
    output_dtype: str = "",
    constants: Sequence[tuple[int, Sequence[int]]] = (),
    **options: Any,
) -> bytes:
    """Build an operator; `constants` are int32 inputs by position."""
    builder = ModelBuilder()
    inputs = [builder.tensor(s, dtype, scale=_QUANTIZED.get(dtype, ())) for s in input_shapes]
    data = list(inputs)
    for position, values in constants:
        inputs.insert(position, builder.tensor((len(values),), "int32", data=values))
    kind = output_dtype or dtype
    outputs = [builder.tensor(s, kind, scale=_QUANTIZED.get(kind, ())) for s in output_shapes]
    builder.operator(name, inputs, outputs, options)
    return builder.build(data, outputs)


def _svdf(dtype: str = "int8") -> bytes:
    builder = ModelBuilder()
    scale = _QUANTIZED.get(dtype, ())
    time_dtype = "int16" if dtype == "int8" else dtype
    x = builder.tensor((1, 8), dtype, scale=scale)
    features = builder.tensor((4, 8), dtype, scale=scale, data=np.ones((4, 8)))
    times = builder.tensor((4, 3), time_dtype, scale=scale, data=np.ones((4, 3)))
    bias = builder.tensor((2,), "int32" if dtype == "int8" else dtype, data=np.ones(2))
    state = builder.tensor((1, 12), time_dtype, scale=scale, is_variable=True)
    y = builder.tensor((1, 2), dtype, scale=scale)
    builder.operator(
        "SVDF", [x, features, times, bias, state], [y], {"rank": 2, "activation": "RELU"}, version=3
    )
    return builder.build([x], [y])


_SHAPE = (1, 4, 4, 3)
_UNARY = ("RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "LOG_SOFTMAX", "L2_NORMALIZATION", "ZEROS_LIKE")
_REAL_UNARY = (
    "ABS",
    "CEIL",
    "COS",
    "ELU",
    "EXP",
    "FLOOR",
    "LOG",
    "NEG",
    "ROUND",
    "RSQRT",
    "SIN",
    "SQRT",
    "SQUARE",
)
_BINARY = (
    "ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU",
)  # fmt: skip
_COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
_COMPUTING: tuple[Build, ...] = (
    so.conv_2d, so.depthwise_conv_2d, so.fully_connected, so.mean, so.softmax, sequence.leaky_relu,
    sequence.transpose_conv, sequence.batch_matmul, sequence.unidirectional_sequence_lstm,
)  # fmt: skip
_MOVING: tuple[Build, ...] = (
    shape.reshape, shape.expand_dims, shape.squeeze, shape.transpose, shape.pad, shape.split, shape.unpack,
    shape.strided_slice, shape.shape_of, shape.concatenation, shape.pack, _svdf,
)  # fmt: skip


def _of_each_dtype() -> Iterator[tuple[str, Build]]:
    """Yield builders that take a ``dtype``."""
    for build in (*_COMPUTING, *_MOVING):
        yield build.__name__.strip("_"), build
    for name in _UNARY:
        yield name, partial(sequence.unary, name)
    for name in _BINARY:
        yield name, partial(so.elementwise, name, constant_second=name in ("ADD", "PRELU"))
    for name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        yield name, partial(so.pool_2d, name)
    for name in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        yield name, partial(shape.resize, name)
    yield "ADD_N", partial(_simple, "ADD_N", [_SHAPE, _SHAPE, _SHAPE], [_SHAPE])
    for name in _COMPARISONS:
        yield name, partial(_simple, name, [_SHAPE, (4, 1)], [_SHAPE], output_dtype="bool")


def _mirror_pad() -> bytes:
    builder = ModelBuilder()
    x, y = builder.tensor((2, 3), scale=0.05), builder.tensor((4, 6), scale=0.05)
    paddings = builder.tensor((2, 2), "int32", data=[[1, 1], [2, 1]])
    builder.operator("MIRROR_PAD", [x, paddings], [y], {"mode": 0})
    return builder.build([x], [y])


def _of_one_dtype() -> Iterator[tuple[str, Build]]:
    for name in _REAL_UNARY:
        yield name, partial(sequence.unary, name, dtype="float32")
    for name in ("LOGICAL_AND", "LOGICAL_OR"):
        yield name, partial(_simple, name, [_SHAPE, _SHAPE], [_SHAPE], dtype="bool")
    yield "LOGICAL_NOT", partial(_simple, "LOGICAL_NOT", [_SHAPE], [_SHAPE], dtype="bool")
    for name in ("ARG_MAX", "ARG_MIN"):
        extremum = partial(_simple, name, [_SHAPE], [_SHAPE[:3]], output_dtype="int32")
        yield name, partial(extremum, constants=[(1, (3,))], output_type="int32")
    for name in ("SUM", "REDUCE_MAX", "REDUCE_MIN"):
        yield name, partial(_simple, name, [_SHAPE], [(1, 3)], dtype="float32", constants=[(1, (1, 2))])
    indices = [(1, (3, 0, 2))]
    yield "GATHER", partial(_simple, "GATHER", [(4, 5)], [(3, 5)], constants=indices, axis=0, batch_dims=0)
    box = [(1, (0, 1, 1, 0)), (2, (1, 2, -1, 3))]
    yield "SLICE", partial(_simple, "SLICE", [_SHAPE], [(1, 2, 3, 3)], constants=box)
    blocks = [(1, (2, 2)), (2, (0, 1, 1, 0))]
    yield (
        "SPACE_TO_BATCH_ND",
        partial(_simple, "SPACE_TO_BATCH_ND", [(1, 3, 5, 2)], [(4, 2, 3, 2)], constants=blocks),
    )
    yield (
        "BATCH_TO_SPACE_ND",
        partial(_simple, "BATCH_TO_SPACE_ND", [(4, 2, 3, 2)], [(1, 3, 5, 2)], constants=blocks),
    )
    yield "DEPTH_TO_SPACE", partial(_simple, "DEPTH_TO_SPACE", [(1, 2, 2, 8)], [(1, 4, 4, 2)], block_size=2)
    yield "SPACE_TO_DEPTH", partial(_simple, "SPACE_TO_DEPTH", [(1, 4, 4, 2)], [(1, 2, 2, 8)], block_size=2)
    parts = [(1, (2, 4)), (2, (1,))]
    yield "SPLIT_V", partial(_simple, "SPLIT_V", [(1, 6)], [(1, 2), (1, 4)], num_splits=2, constants=parts)
    yield "MIRROR_PAD", _mirror_pad
    yield "FILL", partial(_simple, "FILL", [()], [(2, 3)], constants=[(0, (2, 3))])
    yield "CAST", partial(_simple, "CAST", [_SHAPE], [_SHAPE], output_dtype="float32")
    yield "QUANTIZE", sequence.convert
    yield "REQUANTIZE", partial(sequence.convert, source_dtype="int16", target_dtype="int8")
    yield "DEQUANTIZE", partial(sequence.convert, "DEQUANTIZE", source_dtype="int8", target_dtype="float32")


BUILDERS: dict[str, Build] = {
    **{f"{name}-{dtype}": partial(build, dtype=dtype)
       for name, build in _of_each_dtype() for dtype in ("int8", "float32")},
    **{f"{build.__name__}-int16": partial(build, dtype="int16") for build in _COMPUTING},
    **dict(_of_one_dtype()),
}  # fmt: skip
"""One well-formed model for each kernel and kind of data."""

_DIMENSIONS = st.one_of(
    st.integers(0, 9), st.sampled_from([16, 31, 64, 255, 256, 257, 1000, 4096, 65535, 65536, 1 << 20])
)
_SCALES = st.one_of(
    st.sampled_from([0.0, 1e-38, 1e-30, 1e-12, 1e-6, 0.5, 1.0, 2.0, 1e6, 1e12, 1e30, 3e38]),
    st.floats(0, 4, width=32),
)
_INTEGERS = st.one_of(
    st.integers(-9, 9), st.sampled_from([127, -128, 1 << 15, 1 << 30, (1 << 31) - 1, -(1 << 31)])
)
_REALS = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1e-30, 1e30, -1.0]))
_DTYPES = st.sampled_from(sorted(TENSOR_TYPES))


def _resized(tensor: Any, size: tuple[int, ...]) -> Any:
    """The tensor with another shape, and as much data as that needs (unless it would fill the machine)."""
    data = tensor.data
    if data is not None and np.prod(size, dtype=np.int64) <= 1 << 16:
        data = np.resize(data, size)
    return replace(tensor, shape=size, data=data)


def _change_dimension(draw: Draw, model: Any) -> None:
    i = draw(st.integers(0, len(model._tensors) - 1))
    size = list(model._tensors[i].shape)
    what = draw(st.sampled_from(["set", "set", "remove", "insert", "shuffle"]))
    if what == "insert" or not size:
        size.insert(draw(st.integers(0, len(size))), draw(_DIMENSIONS))
    elif what == "remove":
        del size[draw(st.integers(0, len(size) - 1))]
    elif what == "shuffle":
        size = list(draw(st.permutations(size)))
    else:
        size[draw(st.integers(0, len(size) - 1))] = draw(_DIMENSIONS)
    model._tensors[i] = _resized(model._tensors[i], tuple(size))


def _scale_one_dimension_of_all(draw: Draw, model: Any) -> None:
    """Change a dimension wherever it occurs, so that shapes still follow from one another."""
    sizes = sorted({d for tensor in model._tensors for d in tensor.shape})
    old, new = draw(st.sampled_from(sizes or [1])), draw(_DIMENSIONS)
    model._tensors = [_resized(t, tuple(new if d == old else d for d in t.shape)) for t in model._tensors]


def _converted(data: Any, dtype: str) -> Any:
    with np.errstate(all="ignore"):
        return None if data is None else data.astype(dtype)


def _change_dtype(draw: Draw, model: Any) -> None:
    i, dtype = draw(st.integers(0, len(model._tensors) - 1)), draw(_DTYPES)
    old = model._tensors[i]
    model._tensors[i] = replace(old, dtype=dtype, data=_converted(old.data, dtype))


def _change_dtype_of_all(draw: Draw, model: Any) -> None:
    old, new = draw(st.sampled_from(sorted({t.dtype for t in model._tensors}))), draw(_DTYPES)
    model._tensors = [
        replace(t, dtype=new, data=_converted(t.data, new)) if t.dtype == old else t for t in model._tensors
    ]


def _change_quantization(draw: Draw, model: Any) -> None:
    i = draw(st.integers(0, len(model._tensors) - 1))
    tensor = model._tensors[i]
    count = draw(st.sampled_from([0, 1, 1, 1, len(tensor.scale), 2]))
    model._tensors[i] = replace(
        tensor,
        scale=tuple(draw(st.lists(_SCALES, min_size=count, max_size=count))),
        zero_point=tuple(draw(st.lists(st.integers(-128, 127), min_size=count, max_size=count))),
        quantized_dimension=draw(st.integers(0, 4)),
    )


def _change_values(draw: Draw, model: Any) -> None:
    constants = [i for i, t in enumerate(model._tensors) if t.data is not None and t.data.size]
    if constants:
        i = draw(st.sampled_from(constants))
        data = model._tensors[i].data.copy()
        position = draw(st.integers(0, data.size - 1))
        if data.dtype.kind == "f":
            data.flat[position] = draw(_REALS)
        else:
            low, high = (
                (0, 1) if data.dtype.kind == "b" else (np.iinfo(data.dtype).min, np.iinfo(data.dtype).max)
            )
            data.flat[position] = min(max(draw(_INTEGERS), low), high)
        model._tensors[i] = replace(model._tensors[i], data=data)


def _change_storage(draw: Draw, model: Any) -> None:
    """Make a constant of what is computed, a variable, or the other way round."""
    i = draw(st.integers(0, len(model._tensors) - 1))
    tensor = model._tensors[i]
    if tensor.data is not None:
        model._tensors[i] = replace(tensor, data=None, is_variable=draw(st.booleans()))
    elif np.prod(tensor.shape, dtype=np.int64) <= 1 << 16:
        model._tensors[i] = replace(tensor, data=np.ones(tensor.shape, tensor.dtype))


def _change_option(draw: Draw, model: Any) -> None:
    i = draw(st.integers(0, len(model._operators) - 1))
    operator = model._operators[i]
    if operator.options:
        key = draw(st.sampled_from(sorted(operator.options)))
        old = operator.options[key]
        new: Any
        match old:
            case bool():
                new = not old
            case int():
                new = draw(_INTEGERS)
            case float():
                new = draw(_REALS)
            case str() if key == "padding":
                new = draw(st.sampled_from(["SAME", "VALID"]))
            case str() if key == "activation":
                new = draw(st.sampled_from(["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"]))
            case str():
                new = draw(_DTYPES)
            case _:
                new = draw(st.lists(_INTEGERS, max_size=6))
        if isinstance(new, int) and key == "mode":
            new = min(max(new, -128), 127)
        model._operators[i] = replace(operator, options={**operator.options, key: new})


def _change_wiring(draw: Draw, model: Any) -> None:
    i = draw(st.integers(0, len(model._operators) - 1))
    operator = model._operators[i]
    tensor = st.integers(-1, len(model._tensors) - 1)
    field = draw(st.sampled_from(["inputs", "inputs", "outputs"]))
    wires = list(getattr(operator, field))
    what = draw(st.sampled_from(["set", "remove", "append", "shuffle"]))
    if what == "append" or not wires:
        wires.append(draw(tensor))
    elif what == "remove":
        wires.pop()
    elif what == "shuffle":
        wires = list(draw(st.permutations(wires)))
    else:
        wires[draw(st.integers(0, len(wires) - 1))] = draw(tensor)
    model._operators[i] = replace(operator, **{field: tuple(wires)})


def _change_version(draw: Draw, model: Any) -> None:
    i = draw(st.integers(0, len(model._operators) - 1))
    model._operators[i] = replace(model._operators[i], version=draw(st.integers(0, 12)))


_CHANGES: tuple[Callable[[Draw, Any], None], ...] = (
    _change_dimension, _scale_one_dimension_of_all, _change_dtype, _change_dtype_of_all, _change_quantization,
    _change_values, _change_storage, _change_option, _change_wiring, _change_version,
)  # fmt: skip


@st.composite
def hostile_models(draw: Draw, build: Build) -> bytes:
    """Yield models that differ from what `build` builds in one to three facts."""
    write = ModelBuilder.build

    def change_and_write(self: ModelBuilder, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        for change in draw(st.lists(st.sampled_from(_CHANGES), min_size=1, max_size=3)):
            change(draw, self)
        computed = {i for operator in self._operators for i in operator.outputs}
        fed = [i for i, t in enumerate(self._tensors) if t.data is None and not t.is_variable]
        if draw(st.booleans()):  # what nothing computes any more is an input of the model
            inputs = [i for i in fed if i not in computed] or inputs
        return write(self, inputs, outputs)

    with patch.object(ModelBuilder, "build", change_and_write):
        return build()


@st.composite
def damaged_bytes(draw: Draw, data: bytes, structure: Sequence[int]) -> bytes:
    """Yield `data` with flipped bits, overwritten words, a copied piece, or its end cut off.

    Damage hits the positions in `structure`: those that are not the values of large constants.
    """
    damaged = bytearray(data)
    what = draw(st.sampled_from(["bits", "words", "copy", "cut"]))
    position = st.sampled_from(structure)
    if what == "bits":
        for _ in range(draw(st.integers(1, 3))):
            damaged[draw(position)] ^= 1 << draw(st.integers(0, 7))
    elif what == "words":
        start = draw(position) & ~3
        word = draw(
            st.one_of(st.integers(0, 64), st.sampled_from([0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]))
        )
        damaged[start : start + 4] = word.to_bytes(4, "little")
    elif what == "copy":
        source, target = draw(position) & ~3, draw(position) & ~3
        size = min(draw(st.sampled_from([4, 8, 16, 64])), len(data) - max(source, target))
        damaged[target : target + size] = data[source : source + size]
    else:
        del damaged[draw(st.integers(0, len(data) - 1)) :]
    return bytes(damaged)
