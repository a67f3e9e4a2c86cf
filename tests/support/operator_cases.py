"""Hypothesis strategies for single-operator models: shapes, strides, padding, scales and zero points.

A strategy yields a `Case`; its repr names the builder and the arguments, so that a failing example can be
read and built again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape

ACTIVATION_DTYPES = ("int8", "int16", "float32")


@dataclass(frozen=True)
class Case:
    """One model to build: which builder, and with which arguments."""

    build: Callable[..., bytes]
    arguments: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.build.__name__}({arguments})"

    def model(self) -> bytes:
        """Build the model."""
        return self.build(**self.arguments)


def cases(build: Callable[..., bytes], **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    """Yield cases of `build` with arguments drawn one by one."""
    return st.fixed_dictionaries(arguments).map(lambda drawn: Case(build, drawn))


scales = st.floats(1 / 256, 3 / 16, width=32)
zero_points = st.integers(-128, 127)
seeds = st.integers(0, 2**16)
activations = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
paddings = st.sampled_from(["SAME", "VALID"])
booleans = st.booleans()
strides = st.tuples(st.integers(1, 3), st.integers(1, 3))
kernels = st.tuples(st.integers(1, 4), st.integers(1, 4))
shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


def _image(channels: int = 9, smallest: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    """Image shapes at least as large as any kernel above."""
    side = st.integers(smallest, 9)
    return st.tuples(st.integers(1, 2), side, side, st.integers(1, channels))


def _quantization(dtype: str, *names: str) -> dict[str, st.SearchStrategy[Any]]:
    """Arguments for a builder's scales (``x_scale``) and zero points (``x_zero_point``)."""
    if dtype == "float32":
        return {}
    return {name: zero_points if name.endswith("zero_point") else scales for name in names}


def convolutions(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``CONV_2D``: strided or dilated, never both; or in groups of channels."""
    common: dict[str, st.SearchStrategy[Any]] = {
        "output_channels": st.integers(1, 9), "padding": paddings, "activation": activations,
        "bias": booleans, "dtype": st.just(dtype), "seed": seeds,
        **_quantization(dtype, "input_scale", "input_zero_point", "output_zero_point"),
    }  # fmt: skip
    strided = cases(so.conv_2d, input_shape=_image(), kernel=kernels, stride=strides, **common)
    dilated = cases(
        so.conv_2d, input_shape=_image(smallest=7), kernel=kernels, dilation=st.just((2, 2)), **common
    )
    pointwise = cases(so.conv_2d, input_shape=_image(20), kernel=st.just((1, 1)), stride=strides, **common)
    grouped = st.integers(2, 3).flatmap(
        lambda groups: cases(
            so.conv_2d,
            input_shape=_image(3).map(lambda shape: (*shape[:3], shape[3] * groups)),
            kernel=kernels,
            groups=st.just(groups),
            **common | {"output_channels": st.integers(1, 5).map(lambda count: count * groups)},
        )
    )
    return st.one_of(strided, pointwise, dilated, grouped)


def depthwise_convolutions(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``DEPTHWISE_CONV_2D``, with depth multipliers."""
    return cases(
        so.depthwise_conv_2d,
        input_shape=_image(),
        depth_multiplier=st.sampled_from([1, 1, 1, 2, 3]),
        kernel=kernels,
        stride=strides,
        padding=paddings,
        activation=activations,
        bias=booleans,
        dtype=st.just(dtype),
        seed=seeds,
        **_quantization(dtype, "input_scale", "input_zero_point", "output_zero_point"),
    )


def fully_connected_layers(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``FULLY_CONNECTED``, with several batches and any remainder of a vectorised inner loop."""
    return cases(
        so.fully_connected,
        input_shape=st.tuples(st.integers(1, 3), st.integers(1, 40)),
        output_channels=st.integers(1, 9),
        activation=activations,
        bias=booleans,
        dtype=st.just(dtype),
        seed=seeds,
        **_quantization(dtype, "input_scale", "input_zero_point", "output_zero_point"),
    )


def pools(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``MAX_POOL_2D`` and ``AVERAGE_POOL_2D``."""
    return cases(
        so.pool_2d,
        name=st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"]),
        input_shape=_image(),
        window=kernels,
        stride=strides,
        padding=paddings,
        activation=activations,
        dtype=st.just(dtype),
        **_quantization(dtype, "scale", "zero_point"),
    )


@st.composite
def _broadcastable(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast to one another, in either order."""
    full = draw(shapes)
    other = tuple(draw(st.sampled_from([d, d, 1])) for d in full)[draw(st.integers(0, len(full) - 1)) :]
    return (full, other) if draw(booleans) else (other, full)


def elementwise_operators(name: str, dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``ADD``, ``SUB`` or ``MUL`` of equal and of broadcast shapes."""
    return cases(
        so.elementwise,
        name=st.just(name),
        shapes=_broadcastable(),
        activation=activations,
        dtype=st.just(dtype),
        scales=st.tuples(scales, scales),
        zero_points=st.tuples(zero_points, zero_points),
        output_zero_point=zero_points,
        constant_second=booleans,
        seed=seeds,
    )


def means(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``MEAN`` over the axes that converters reduce: spatial, or the last ones."""
    return cases(
        so.mean,
        input_shape=_image(),
        axes=st.sampled_from([(1, 2), (2, 1), (1,), (2,), (3,), (-1,), (1, 2, 3)]),
        keep_dims=booleans,
        dtype=st.just(dtype),
        scales=st.tuples(scales, scales),
        zero_points=st.tuples(zero_points, zero_points),
    )


def softmaxes(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``SOFTMAX`` over the last dimension."""
    return cases(
        so.softmax,
        input_shape=st.tuples(st.integers(1, 3), st.integers(1, 20)),
        beta=st.sampled_from([1.0, 0.5, 2.0]),
        dtype=st.just(dtype),
        **_quantization(dtype, "input_scale", "input_zero_point"),
    )


def transposed_convolutions(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``TRANSPOSE_CONV``."""
    return cases(
        sequence.transpose_conv,
        input_shape=_image(5, smallest=1),
        output_channels=st.integers(1, 5),
        kernel=kernels,
        stride=st.sampled_from([(1, 1), (2, 2), (1, 2)]),
        padding=paddings,
        bias=booleans,
        dtype=st.just(dtype),
        seed=seeds,
        **_quantization(dtype, "input_scale", "input_zero_point", "output_zero_point"),
    )


def unary_operators(name: str, dtype: str = "int8") -> st.SearchStrategy[Case]:
    """An operator of one input that works element by element."""
    return cases(
        sequence.unary,
        name=st.just(name),
        input_shape=shapes,
        dtype=st.just(dtype),
        scales=st.tuples(scales, scales),
        zero_points=st.tuples(zero_points, zero_points),
    )


def leaky_relus(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``LEAKY_RELU``."""
    return cases(
        sequence.leaky_relu,
        input_shape=shapes,
        alpha=st.floats(1 / 64, 7 / 8, width=32),
        dtype=st.just(dtype),
        scales=st.tuples(scales, scales),
        zero_points=st.tuples(zero_points, zero_points),
    )


@st.composite
def _matrices(draw: st.DrawFn) -> dict[str, Any]:
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    rows, depth, columns = (draw(st.integers(1, 6)) for _ in range(3))
    adjoints = draw(st.tuples(booleans, booleans))
    left = (depth, rows) if adjoints[0] else (rows, depth)
    right = (columns, depth) if adjoints[1] else (depth, columns)
    return {"shapes": ((*batch, *left), (*batch, *right)), "adjoints": adjoints}


def batch_matmuls(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``BATCH_MATMUL``, with either operand stored transposed."""
    return _matrices().map(lambda drawn: Case(sequence.batch_matmul, {**drawn, "dtype": dtype}))


def sequence_lstms(dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``UNIDIRECTIONAL_SEQUENCE_LSTM``."""
    return cases(
        sequence.unidirectional_sequence_lstm,
        steps=st.integers(1, 4),
        features=st.integers(1, 6),
        units=st.integers(1, 6),
        batches=st.integers(1, 2),
        time_major=booleans,
        dtype=st.just(dtype),
        seed=seeds,
    )


@st.composite
def transposes(draw: st.DrawFn, dtype: str = "int8") -> Case:
    """``TRANSPOSE`` with any permutation."""
    size = draw(shapes)
    permutation = tuple(draw(st.permutations(range(len(size)))))
    return Case(shape.transpose, {"input_shape": size, "permutation": permutation, "dtype": dtype})


def resizes(name: str, dtype: str = "int8") -> st.SearchStrategy[Case]:
    """``RESIZE_BILINEAR`` or ``RESIZE_NEAREST_NEIGHBOR``, up and down."""
    return cases(
        shape.resize,
        name=st.just(name),
        input_shape=_image(3, smallest=1),
        size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
        align_corners=booleans,
        dtype=st.just(dtype),
    )
