"""Models of one operator each: activations, conversions, matrix products, sequences.

See `tests.support.single_operator` for what they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tests.support.single_operator import (
    INT8_STD,
    Pair,
    Quantization,
    accumulator_spread,
    bias_tensor,
    default_output_scale,
    weight_tensor,
)
from tests.support.tflite_builder import ModelBuilder, OptionValue

# Output quantisation that the format fixes: (int8 scale, int8 zero point, int16 scale).
_FIXED_OUTPUTS = {"LOGISTIC": (1 / 256, -128, 1 / 32768), "TANH": (1 / 128, 0, 1 / 32768)}


def unary(
    name: str = "RELU",
    input_shape: Sequence[int] = (1, 4, 4, 3),
    *,
    dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.04),
    zero_points: tuple[int, int] = (-3, 5),
    options: Mapping[str, OptionValue] | None = None,
    version: int = 1,
) -> bytes:
    """Build an operator of one input that works element by element (``RELU``, ``LOGISTIC``, ``ABS``, …)."""
    builder = ModelBuilder()
    source = Quantization(dtype, scales[0], zero_points[0])
    target = Quantization(dtype, scales[1], zero_points[1])
    if name in _FIXED_OUTPUTS:
        scale, zero_point, scale_16 = _FIXED_OUTPUTS[name]
        target = Quantization(dtype, scale_16 if dtype == "int16" else scale, zero_point)
        if dtype == "int16":
            source = Quantization(dtype, 2.0**-12, 0)
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    y = builder.tensor(input_shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    builder.operator(name, [x], [y], options, version=version)
    return builder.build([x], [y])


def leaky_relu(
    input_shape: Sequence[int] = (1, 4, 4, 3),
    *,
    alpha: float = 0.1,
    dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.04),
    zero_points: tuple[int, int] = (-3, 5),
) -> bytes:
    """Build ``LEAKY_RELU``."""
    return unary(
        "LEAKY_RELU", input_shape, dtype=dtype, scales=scales, zero_points=zero_points,
        options={"alpha": alpha}, version=2,
    )  # fmt: skip


def convert(
    name: str = "QUANTIZE",
    input_shape: Sequence[int] = (1, 8),
    *,
    source_dtype: str = "float32",
    target_dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.04),
    zero_points: tuple[int, int] = (-3, 5),
) -> bytes:
    """Build ``QUANTIZE`` or ``DEQUANTIZE``, from one element type to another."""
    builder = ModelBuilder()
    source = Quantization(source_dtype, scales[0], zero_points[0])
    target = Quantization(target_dtype, scales[1], zero_points[1])
    x = builder.tensor(
        input_shape, source_dtype, scale=source.scale, zero_point=source.zero_point, name="input"
    )
    y = builder.tensor(
        input_shape, target_dtype, scale=target.scale, zero_point=target.zero_point, name="output"
    )
    builder.operator(name, [x], [y], version=2)
    return builder.build([x], [y])


def transpose_conv(
    input_shape: Sequence[int] = (1, 4, 4, 3),
    output_channels: int = 2,
    kernel: Pair = (3, 3),
    *,
    stride: Pair = (2, 2),
    padding: str = "SAME",
    activation: str = "NONE",
    dtype: str = "int8",
    bias: bool = True,
    input_scale: float = 0.05,
    input_zero_point: int = -3,
    output_zero_point: int = 5,
    seed: int = 0,
) -> bytes:
    """Build ``TRANSPOSE_CONV``, quantised per output channel; pairs are (height, width)."""
    batches, height, width, depth = input_shape
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    if padding == "SAME":
        size = height * stride[0], width * stride[1]
    else:
        size = (height - 1) * stride[0] + kernel[0], (width - 1) * stride[1] + kernel[1]
    shape = (batches, *size, output_channels)
    source = Quantization(dtype, input_scale, input_zero_point)
    output_shape = builder.tensor((4,), "int32", data=shape, name="output_shape")
    x = builder.tensor(input_shape, dtype, scale=source.scale, zero_point=source.zero_point, name="input")
    weights, scales = weight_tensor(
        builder, rng, (output_channels, *kernel, depth), dtype, channels=output_channels, channel_axis=0
    )
    taps = -(-kernel[0] // stride[0]) * -(-kernel[1] // stride[1])
    accumulators = accumulator_spread(dtype, taps * depth)
    inputs = [output_shape, weights, x]
    if bias:
        inputs.append(bias_tensor(builder, rng, dtype, input_scale * scales, spread=accumulators))
    target_scale = default_output_scale(dtype, accumulators * input_scale * float(scales.mean()))
    target = Quantization(dtype, target_scale, output_zero_point)
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    options: dict[str, OptionValue] = {
        "padding": padding, "stride_h": stride[0], "stride_w": stride[1], "activation": activation,
    }  # fmt: skip
    builder.operator("TRANSPOSE_CONV", inputs, [y], options, version=3)
    return builder.build([x], [y])


def batch_matmul(
    shapes: tuple[Sequence[int], Sequence[int]] = ((2, 3, 4), (2, 4, 5)),
    *,
    adjoints: tuple[bool, bool] = (False, False),
    dtype: str = "int8",
    scales: tuple[float, float] = (0.05, 0.03),
    zero_points: tuple[int, int] = (-3, 7),
    output_zero_point: int = 5,
) -> bytes:
    """Build ``BATCH_MATMUL``; `shapes` are as stored, an adjoint swaps the last two dimensions first."""
    builder = ModelBuilder()
    left, right = (Quantization(dtype, s, z) for s, z in zip(scales, zero_points, strict=True))
    a = builder.tensor(shapes[0], dtype, scale=left.scale, zero_point=left.zero_point, name="a")
    b = builder.tensor(shapes[1], dtype, scale=right.scale, zero_point=right.zero_point, name="b")
    first, second = (
        (*s[:-2], s[-1], s[-2]) if adjoint else tuple(s) for s, adjoint in zip(shapes, adjoints, strict=True)
    )
    shape = (*np.broadcast_shapes(first[:-2], second[:-2]), first[-2], second[-1])
    std = INT8_STD if dtype == "int8" else INT8_STD * 256
    spread = std * scales[0] * std * scales[1] * float(np.sqrt(first[-1]))
    target = Quantization(dtype, default_output_scale(dtype, spread), output_zero_point)
    y = builder.tensor(shape, dtype, scale=target.scale, zero_point=target.zero_point, name="output")
    builder.operator("BATCH_MATMUL", [a, b], [y], {"adj_x": adjoints[0], "adj_y": adjoints[1]}, version=2)
    return builder.build([a, b], [y])


def unidirectional_sequence_lstm(
    steps: int = 3,
    features: int = 4,
    units: int = 5,
    *,
    batches: int = 1,
    time_major: bool = False,
    dtype: str = "int8",
    seed: int = 0,
) -> bytes:
    """Build ``UNIDIRECTIONAL_SEQUENCE_LSTM`` without peepholes, projection and layer normalisation."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    source = Quantization(dtype, 0.02 if dtype == "int8" else 2.0**-14, -3)
    hidden = Quantization(dtype, 1 / 128 if dtype == "int8" else 2.0**-15, 0)
    order = (steps, batches) if time_major else (batches, steps)
    x = builder.tensor(
        (*order, features), dtype, scale=source.scale, zero_point=source.zero_point, name="input"
    )

    def weights(columns: int, name: str) -> int:
        if dtype == "float32":
            return builder.tensor(
                (units, columns), dtype, data=rng.normal(scale=0.5, size=(units, columns)), name=name
            )
        data = rng.integers(-127, 128, size=(units, columns))
        return builder.tensor((units, columns), "int8", scale=0.008, data=data, name=name)

    def gate_bias(name: str) -> int:
        if dtype == "float32":
            return builder.tensor((units,), dtype, data=rng.normal(size=units), name=name)
        scale = source.scale[0] * 0.008
        data = np.round(rng.normal(size=units) / scale)
        return builder.tensor(
            (units,), "int64" if dtype == "int16" else "int32", scale=scale, data=data, name=name
        )

    gates = ("input", "forget", "cell", "output")
    input_weights = [weights(features, f"input_to_{gate}") for gate in gates]
    recurrent_weights = [weights(units, f"recurrent_to_{gate}") for gate in gates]
    biases = [gate_bias(f"{gate}_bias") for gate in gates]
    output_state = builder.tensor(
        (batches, units), dtype, scale=hidden.scale, zero_point=hidden.zero_point, is_variable=True,
        name="output_state",
    )  # fmt: skip
    cell_dtype = "float32" if dtype == "float32" else "int16"
    cell = Quantization(cell_dtype, 2.0**-11, 0)
    cell_state = builder.tensor(
        (batches, units), cell_dtype, scale=cell.scale, zero_point=cell.zero_point, is_variable=True,
        name="cell_state",
    )  # fmt: skip
    y = builder.tensor(
        (*order, units), dtype, scale=hidden.scale, zero_point=hidden.zero_point, name="output"
    )
    inputs = [x, *input_weights, *recurrent_weights, -1, -1, -1, *biases, -1, -1, output_state, cell_state]
    options: dict[str, OptionValue] = {
        "activation": "TANH", "cell_clip": 10.0 if dtype == "float32" else 0.0, "proj_clip": 0.0,
        "time_major": time_major,
    }  # fmt: skip
    # Converters add five tensors that no operator reads or writes to a quantised LSTM.
    intermediates = [] if dtype == "float32" else [builder.tensor((0,), "float32") for _ in range(5)]
    builder.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", [*inputs, -1, -1, -1, -1], [y], options, version=3,
        intermediates=intermediates,
    )  # fmt: skip
    return builder.build([x], [y])
