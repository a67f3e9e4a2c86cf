"""Models of one operator each, with random constants: what kernels are compared on, operator by operator.

Every function returns the bytes of a ``.tflite`` model. ``dtype`` is ``int8``, ``int16`` (16-bit activations
with 8-bit weights, zero points 0) or ``float32``. Quantised outputs get a scale at which random inputs
neither vanish nor all saturate, unless `output_scale` says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tests.support.tflite_builder import ModelBuilder, OptionValue

Pair = tuple[int, int]
Array = npt.NDArray[np.generic]

INT8_STD = 73.0  # standard deviation of uniform random int8 values


class Quantization:
    """Scale and zero point of an activation tensor; ignored for float32."""

    def __init__(self, dtype: str, scale: float, zero_point: int) -> None:
        self.dtype = dtype
        self.scale: tuple[float, ...] = () if dtype == "float32" else (scale,)
        self.zero_point = zero_point if dtype == "int8" else 0


def same_padding_size(size: int, stride: int) -> int:
    """Output size of a SAME-padded window."""
    return -(-size // stride)


def valid_padding_size(size: int, window: int, stride: int, dilation: int = 1) -> int:
    """Output size of an unpadded window."""
    return (size - (window - 1) * dilation - 1) // stride + 1


def _window_shape(
    size: Sequence[int], kernel: Pair, stride: Pair, dilation: Pair, padding: str
) -> tuple[int, int]:
    if padding == "SAME":
        return same_padding_size(size[0], stride[0]), same_padding_size(size[1], stride[1])
    return (
        valid_padding_size(size[0], kernel[0], stride[0], dilation[0]),
        valid_padding_size(size[1], kernel[1], stride[1], dilation[1]),
    )


def weight_tensor(
    builder: ModelBuilder,
    rng: np.random.Generator,
    shape: Sequence[int],
    dtype: str,
    *,
    channels: int,
    channel_axis: int,
    per_channel: bool = True,
) -> tuple[int, npt.NDArray[np.float32]]:
    """Add random weights; return the tensor and its scale per channel."""
    if dtype == "float32":
        return builder.tensor(shape, dtype, data=rng.normal(size=shape)), np.ones(channels, np.float32)
    scales = rng.uniform(0.002, 0.02, size=channels if per_channel else 1).astype(np.float32)
    data = rng.integers(-127, 128, size=shape)
    tensor = builder.tensor(
        shape,
        "int8",
        scale=scales,
        zero_point=0,
        quantized_dimension=channel_axis if per_channel else 0,
        data=data,
    )
    return tensor, np.broadcast_to(scales, channels)


def bias_tensor(
    builder: ModelBuilder,
    rng: np.random.Generator,
    dtype: str,
    scales: npt.NDArray[np.float32],
    *,
    spread: float,
    per_channel: bool = True,
) -> int:
    channels = len(scales)
    if dtype == "float32":
        return builder.tensor((channels,), dtype, data=rng.normal(size=channels))
    data = rng.integers(-int(spread) - 1, int(spread) + 2, size=channels)
    return builder.tensor(
        (channels,),
        "int64" if dtype == "int16" else "int32",
        scale=scales if per_channel else scales[:1],
        zero_point=0,
        data=data,
    )


def accumulator_spread(dtype: str, depth: int) -> float:
    """Standard deviation of a sum of `depth` products of random activations and int8 weights."""
    activation_std = INT8_STD if dtype == "int8" else INT8_STD * 256
    return float(activation_std * INT8_STD * np.sqrt(depth))


def default_output_scale(dtype: str, spread: float) -> float:
    """Put two standard deviations at the edge of the output's range."""
    return 2 * spread / (128 if dtype == "int8" else 32768)


def conv_2d(
    input_shape: Sequence[int] = (1, 8, 8, 3),
    output_channels: int = 4,
    kernel: Pair = (3, 3),
    *,
    stride: Pair = (1, 1),
    dilation: Pair = (1, 1),
    groups: int = 1,
    padding: str = "SAME",
    activation: str = "NONE",
    dtype: str = "int8",
    bias: bool = True,
    input_scale: float = 0.05,
    input_zero_point: int = -3,
    output_scale: float | None = None,
    output_zero_point: int = 5,
    seed: int = 0,
) -> bytes:
    """Build a 2-D convolution, quantised per output channel; pairs are (height, width)."""
    batches, height, width, input_channels = input_shape
    depth = input_channels // groups
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    source = Quantization(dtype, input_scale, input_zero_point)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    weights, scales = weight_tensor(
        builder, rng, (output_channels, *kernel, depth), dtype, channels=output_channels, channel_axis=0
    )
    accumulators = accumulator_spread(dtype, kernel[0] * kernel[1] * depth)
    inputs = [x, weights]
    if bias:
        inputs.append(bias_tensor(builder, rng, dtype, input_scale * scales, spread=accumulators))
    target_scale = output_scale or default_output_scale(
        dtype, accumulators * input_scale * float(scales.mean())
    )
    target = Quantization(dtype, target_scale, output_zero_point)
    shape = (batches, *_window_shape((height, width), kernel, stride, dilation, padding), output_channels)
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    options: dict[str, OptionValue] = {
        "padding": padding, "stride_h": stride[0], "stride_w": stride[1],
        "dilation_h": dilation[0], "dilation_w": dilation[1], "activation": activation,
    }  # fmt: skip
    builder.operator("CONV_2D", inputs, [y], options, version=3)
    return builder.build([x], [y])


def depthwise_conv_2d(
    input_shape: Sequence[int] = (1, 8, 8, 4),
    depth_multiplier: int = 1,
    kernel: Pair = (3, 3),
    *,
    stride: Pair = (1, 1),
    dilation: Pair = (1, 1),
    padding: str = "SAME",
    activation: str = "NONE",
    dtype: str = "int8",
    bias: bool = True,
    input_scale: float = 0.05,
    input_zero_point: int = -3,
    output_scale: float | None = None,
    output_zero_point: int = 5,
    seed: int = 0,
) -> bytes:
    """Build a depthwise convolution, quantised per output channel; pairs are (height, width)."""
    batches, height, width, depth = input_shape
    output_channels = depth * depth_multiplier
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    source = Quantization(dtype, input_scale, input_zero_point)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    weights, scales = weight_tensor(
        builder, rng, (1, *kernel, output_channels), dtype, channels=output_channels, channel_axis=3
    )
    accumulators = accumulator_spread(dtype, kernel[0] * kernel[1])
    inputs = [x, weights]
    if bias:
        inputs.append(bias_tensor(builder, rng, dtype, input_scale * scales, spread=accumulators))
    target_scale = output_scale or default_output_scale(
        dtype, accumulators * input_scale * float(scales.mean())
    )
    target = Quantization(dtype, target_scale, output_zero_point)
    shape = (batches, *_window_shape((height, width), kernel, stride, dilation, padding), output_channels)
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    options: dict[str, OptionValue] = {
        "padding": padding, "stride_h": stride[0], "stride_w": stride[1],
        "depth_multiplier": depth_multiplier,
        "dilation_h": dilation[0], "dilation_w": dilation[1], "activation": activation,
    }  # fmt: skip
    builder.operator("DEPTHWISE_CONV_2D", inputs, [y], options, version=3)
    return builder.build([x], [y])


def fully_connected(
    input_shape: Sequence[int] = (1, 16),
    output_channels: int = 4,
    *,
    activation: str = "NONE",
    keep_num_dims: bool = False,
    dtype: str = "int8",
    bias: bool = True,
    per_channel: bool = False,
    input_scale: float = 0.05,
    input_zero_point: int = -3,
    output_scale: float | None = None,
    output_zero_point: int = 5,
    seed: int = 0,
) -> bytes:
    """Build a fully connected layer; all dimensions but the last are batches."""
    depth = input_shape[-1]
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    source = Quantization(dtype, input_scale, input_zero_point)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    weights, scales = weight_tensor(
        builder, rng, (output_channels, depth), dtype, channels=output_channels, channel_axis=0,
        per_channel=per_channel,
    )  # fmt: skip
    accumulators = accumulator_spread(dtype, depth)
    inputs = [x, weights, -1]
    if bias:
        inputs[2] = bias_tensor(
            builder, rng, dtype, input_scale * scales, spread=accumulators, per_channel=per_channel
        )
    target_scale = output_scale or default_output_scale(
        dtype, accumulators * input_scale * float(scales.mean())
    )
    target = Quantization(dtype, target_scale, output_zero_point)
    batches = int(np.prod(input_shape[:-1]))
    shape = (*input_shape[:-1], output_channels) if keep_num_dims else (batches, output_channels)
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    options: dict[str, OptionValue] = {"activation": activation, "keep_num_dims": keep_num_dims}
    builder.operator("FULLY_CONNECTED", inputs, [y], options, version=4)
    return builder.build([x], [y])


def pool_2d(
    name: str = "MAX_POOL_2D",
    input_shape: Sequence[int] = (1, 8, 8, 4),
    window: Pair = (2, 2),
    *,
    stride: Pair = (2, 2),
    padding: str = "VALID",
    activation: str = "NONE",
    dtype: str = "int8",
    scale: float = 0.05,
    zero_point: int = -3,
) -> bytes:
    """Build ``MAX_POOL_2D`` or ``AVERAGE_POOL_2D``; pairs are (height, width)."""
    batches, height, width, depth = input_shape
    builder = ModelBuilder()
    both = Quantization(dtype, scale, zero_point)
    x = builder.tensor(input_shape, dtype, scale=both.scale, zero_point=both.zero_point, name="input")
    shape = (batches, *_window_shape((height, width), window, stride, (1, 1), padding), depth)
    y = builder.tensor(shape, dtype, scale=both.scale, zero_point=both.zero_point, name="output")
    options: dict[str, OptionValue] = {
        "padding": padding, "stride_h": stride[0], "stride_w": stride[1],
        "filter_h": window[0], "filter_w": window[1], "activation": activation,
    }  # fmt: skip
    builder.operator(name, [x], [y], options, version=2)
    return builder.build([x], [y])


def elementwise(
    name: str = "ADD",
    shapes: tuple[Sequence[int], Sequence[int]] = ((1, 4, 4, 3), (1, 4, 4, 3)),
    *,
    activation: str = "NONE",
    dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.03),
    zero_points: tuple[int, int] = (-3, 7),
    output_scale: float | None = None,
    output_zero_point: int = 5,
    constant_second: bool = False,
    seed: int = 0,
) -> bytes:
    """Build ``ADD``, ``SUB`` or ``MUL`` of two tensors that may broadcast."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    first = Quantization(dtype, scales[0], zero_points[0])
    second = Quantization(dtype, scales[1], zero_points[1])
    a = builder.tensor(shapes[0], dtype, scale=first.scale, zero_point=first.zero_point, name="a")
    data: Array | None = None
    if constant_second:
        data = rng.normal(size=shapes[1]) if dtype == "float32" else rng.integers(-128, 128, size=shapes[1])
    b = builder.tensor(
        shapes[1], dtype, scale=second.scale, zero_point=second.zero_point, data=data, name="b"
    )
    std = INT8_STD if dtype == "int8" else INT8_STD * 256
    spread = (
        std * scales[0] * std * scales[1] if name == "MUL" else std * float(np.hypot(scales[0], scales[1]))
    )
    target = Quantization(dtype, output_scale or default_output_scale(dtype, spread), output_zero_point)
    shape = np.broadcast_shapes(tuple(shapes[0]), tuple(shapes[1]))
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    builder.operator(name, [a, b], [y], {"activation": activation}, version=2)
    return builder.build([a] if constant_second else [a, b], [y])


def mean(
    input_shape: Sequence[int] = (1, 4, 4, 3),
    axes: Sequence[int] = (1, 2),
    *,
    keep_dims: bool = False,
    dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.02),
    zero_points: tuple[int, int] = (-3, 5),
) -> bytes:
    """Build ``MEAN`` over `axes`."""
    builder = ModelBuilder()
    source = Quantization(dtype, scales[0], zero_points[0])
    target = Quantization(dtype, scales[1], zero_points[1])
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    axis = builder.tensor((len(axes),), "int32", data=axes)
    reduced = {a % len(input_shape) for a in axes}
    shape = [1 if i in reduced else d for i, d in enumerate(input_shape) if keep_dims or i not in reduced]
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    builder.operator("MEAN", [x, axis], [y], {"keep_dims": keep_dims}, version=2)
    return builder.build([x], [y])


def softmax(
    input_shape: Sequence[int] = (1, 10),
    *,
    beta: float = 1.0,
    dtype: str = "int8",
    input_scale: float = 0.1,
    input_zero_point: int = 12,
) -> bytes:
    """Build ``SOFTMAX`` over the last dimension, with the output quantisation that the format fixes."""
    builder = ModelBuilder()
    source = Quantization(dtype, input_scale, input_zero_point)
    target = Quantization(dtype, 1 / 256 if dtype == "int8" else 1 / 32768, -128)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    y = builder.tensor(input_shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    builder.operator("SOFTMAX", [x], [y], {"beta": beta}, version=2)
    return builder.build([x], [y])
