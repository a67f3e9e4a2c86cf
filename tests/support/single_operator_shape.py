"""Models of one operator each that moves or resizes data; see `tests.support.single_operator`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tests.support.single_operator import Pair, Quantization
from tests.support.tflite_builder import ModelBuilder, OptionValue


def _move(
    name: str,
    input_shape: Sequence[int],
    output_shapes: Sequence[Sequence[int]],
    *,
    dtype: str,
    parameters: Sequence[npt.ArrayLike] = (),
    parameters_first: bool = False,
    options: Mapping[str, OptionValue] | None = None,
    version: int = 1,
) -> bytes:
    """Build an operator whose outputs hold input values unchanged; `parameters` are int32 constants."""
    builder = ModelBuilder()
    both = Quantization(dtype, 0.05, -3)
    x = builder.tensor(input_shape, dtype, scale=both.scale, zero_point=both.zero_point, name="input")
    constants = [
        builder.tensor(np.shape(np.asarray(p)), "int32", data=p, name=f"parameter_{i}")
        for i, p in enumerate(parameters)
    ]
    outputs = [
        builder.tensor(shape, dtype, scale=both.scale, zero_point=both.zero_point, name=f"output_{i}")
        for i, shape in enumerate(output_shapes)
    ]
    inputs = [*constants, x] if parameters_first else [x, *constants]
    builder.operator(name, inputs, outputs, options, version=version)
    return builder.build([x], outputs)


def reshape(
    input_shape: Sequence[int] = (1, 4, 6), output_shape: Sequence[int] = (2, 12), *, dtype: str = "int8"
) -> bytes:
    """Build ``RESHAPE``."""
    return _move(
        "RESHAPE", input_shape, [output_shape], dtype=dtype, parameters=[list(output_shape)],
        options={"new_shape": list(output_shape)},
    )  # fmt: skip


def expand_dims(input_shape: Sequence[int] = (2, 3), axis: int = 1, *, dtype: str = "int8") -> bytes:
    """Build ``EXPAND_DIMS``."""
    shape = np.expand_dims(np.empty(tuple(input_shape), np.int8), axis).shape
    return _move("EXPAND_DIMS", input_shape, [shape], dtype=dtype, parameters=[[axis]])


def squeeze(
    input_shape: Sequence[int] = (1, 3, 1, 2), axes: Sequence[int] = (0, 2), *, dtype: str = "int8"
) -> bytes:
    """Build ``SQUEEZE``; no `axes` removes every dimension of size 1."""
    removed = {a % len(input_shape) for a in axes} or {i for i, d in enumerate(input_shape) if d == 1}
    shape = [d for i, d in enumerate(input_shape) if i not in removed]
    return _move("SQUEEZE", input_shape, [shape], dtype=dtype, options={"squeeze_dims": list(axes)})


def transpose(
    input_shape: Sequence[int] = (1, 2, 3, 4),
    permutation: Sequence[int] = (0, 3, 1, 2),
    *,
    dtype: str = "int8",
) -> bytes:
    """Build ``TRANSPOSE``."""
    shape = [input_shape[p] for p in permutation]
    return _move("TRANSPOSE", input_shape, [shape], dtype=dtype, parameters=[list(permutation)], version=2)


def pad(
    input_shape: Sequence[int] = (1, 3, 4, 2),
    paddings: Sequence[Pair] = ((0, 0), (1, 2), (0, 1), (0, 0)),
    *,
    dtype: str = "int8",
) -> bytes:
    """Build ``PAD``; one (before, after) pair for each dimension."""
    shape = [d + before + after for d, (before, after) in zip(input_shape, paddings, strict=True)]
    return _move("PAD", input_shape, [shape], dtype=dtype, parameters=[paddings], version=2)


def split(
    input_shape: Sequence[int] = (1, 2, 2, 6), axis: int = 3, parts: int = 3, *, dtype: str = "int8"
) -> bytes:
    """Build ``SPLIT`` into equal parts."""
    shape = list(input_shape)
    shape[axis] //= parts
    return _move(
        "SPLIT", input_shape, [shape] * parts, dtype=dtype, parameters=[axis], parameters_first=True,
        options={"num_splits": parts}, version=2,
    )  # fmt: skip


def unpack(input_shape: Sequence[int] = (2, 3, 4), axis: int = 1, *, dtype: str = "int8") -> bytes:
    """Build ``UNPACK`` along `axis`."""
    shape = [d for i, d in enumerate(input_shape) if i != axis % len(input_shape)]
    count = input_shape[axis]
    return _move("UNPACK", input_shape, [shape] * count, dtype=dtype, options={"num": count, "axis": axis})


def strided_slice(
    input_shape: Sequence[int] = (1, 5, 6, 3),
    begin: Sequence[int] = (0, 1, 0, 0),
    end: Sequence[int] = (1, 5, 6, 3),
    strides: Sequence[int] = (1, 2, 3, 1),
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    shrink_axis_mask: int = 0,
    dtype: str = "int8",
) -> bytes:
    """Build ``STRIDED_SLICE``; a mask's bit i speaks for dimension i."""
    index: list[int | slice] = []
    for i in range(len(input_shape)):
        if shrink_axis_mask >> i & 1:
            index.append(begin[i])
        else:
            first = None if begin_mask >> i & 1 else begin[i]
            last = None if end_mask >> i & 1 else end[i]
            index.append(slice(first, last, strides[i]))
    shape = np.empty(tuple(input_shape), np.int8)[tuple(index)].shape
    options = {"begin_mask": begin_mask, "end_mask": end_mask, "shrink_axis_mask": shrink_axis_mask}
    return _move(
        "STRIDED_SLICE", input_shape, [shape], dtype=dtype, parameters=[begin, end, strides], options=options,
        version=2,
    )  # fmt: skip


def shape_of(input_shape: Sequence[int] = (1, 2, 3), *, dtype: str = "int8") -> bytes:
    """Build ``SHAPE``."""
    builder = ModelBuilder()
    source = Quantization(dtype, 0.05, -3)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    y = builder.tensor((len(input_shape),), "int32", name="output")
    builder.operator("SHAPE", [x], [y], {"out_type": "int32"})
    return builder.build([x], [y])


def concatenation(
    shapes: Sequence[Sequence[int]] = ((1, 2, 3), (1, 4, 3)), axis: int = 1, *, dtype: str = "int8"
) -> bytes:
    """Build ``CONCATENATION`` of tensors that share their quantisation."""
    shape = list(shapes[0])
    shape[axis] = sum(s[axis] for s in shapes)
    return _join("CONCATENATION", shapes, shape, {"axis": axis}, dtype)


def pack(input_shape: Sequence[int] = (2, 3), axis: int = 0, count: int = 3, *, dtype: str = "int8") -> bytes:
    """Build ``PACK`` of `count` tensors along a new dimension."""
    shape = list(input_shape)
    shape.insert(axis % (len(input_shape) + 1), count)
    return _join("PACK", [input_shape] * count, shape, {"values_count": count, "axis": axis}, dtype)


def _join(
    name: str,
    shapes: Sequence[Sequence[int]],
    output_shape: Sequence[int],
    options: Mapping[str, OptionValue],
    dtype: str,
) -> bytes:
    builder = ModelBuilder()
    all_of_them = Quantization(dtype, 0.05, -3)
    inputs = [
        builder.tensor(
            s, dtype, scale=all_of_them.scale, zero_point=all_of_them.zero_point, name=f"input_{i}"
        )
        for i, s in enumerate(shapes)
    ]
    y = builder.tensor(
        output_shape, dtype, scale=all_of_them.scale, zero_point=all_of_them.zero_point, name="output"
    )
    builder.operator(name, inputs, [y], options, version=2)
    return builder.build(inputs, [y])


def resize(
    name: str = "RESIZE_BILINEAR",
    input_shape: Sequence[int] = (1, 3, 4, 2),
    size: Pair = (6, 5),
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
    dtype: str = "int8",
) -> bytes:
    """Build ``RESIZE_BILINEAR`` or ``RESIZE_NEAREST_NEIGHBOR`` to (height, width)."""
    shape = (input_shape[0], *size, input_shape[3])
    options = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
    return _move(name, input_shape, [shape], dtype=dtype, parameters=[list(size)], options=options, version=3)
