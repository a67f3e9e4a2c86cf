"""Rules for operators that compute: convolutions, pooling, matrix products, arithmetic, activations.

A rule refuses what the kernels do not look at before they read and write memory: shapes that do not follow
from one another, element types that differ, quantisation that is missing.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sim.model.model import Tensor
from sim.model.view import OperatorView, Shape

_FUSED_ACTIVATIONS: Final = frozenset({"NONE", "RELU", "RELU_N1_TO_1", "RELU6"})
_MAX_BROADCAST_RANK: Final = 4
_FULL_INTEGER_HINT: Final = "convert the model with a representative dataset (full integer quantization)"


def _check_activation(op: OperatorView) -> None:
    activation = op.text("activation")
    op.require(activation in _FUSED_ACTIVATIONS, f"the fused activation {activation} is not supported")


def window_output_size(op: OperatorView, size: int, axis: str, window: int, dilation: int = 1) -> int:
    """Return the output size of a sliding window along `axis` (``h`` or ``w``)."""
    stride = op.positive(f"stride_{axis}")
    if op.text("padding") == "SAME":
        return -(-size // stride)
    return (size - (window - 1) * dilation - 1) // stride + 1


def _check_weights(op: OperatorView, source: Tensor, weights: Tensor, channel_axis: int) -> None:
    """Check element type and quantisation of weights against the activations they meet."""
    if source.dtype == "float32":
        if weights.dtype == "int8":
            op.refuse("float32 data meet int8 weights (dynamic-range quantization)", _FULL_INTEGER_HINT)
        op.expect_dtype(weights, "float32")
        return
    op.expect_dtype(source, "int8", "uint8", "int16")
    op.expect_dtype(weights, "uint8" if source.dtype == "uint8" else "int8")
    op.require(
        bool(weights.scales) and min(weights.scales) > 0,
        f"the weights (tensor {weights.index}) need positive scales",
    )
    if len(weights.scales) > 1:
        op.require(
            weights.quantized_dimension == channel_axis,
            f"the weights are quantized along dimension {weights.quantized_dimension}, not {channel_axis}",
        )


def _check_bias(op: OperatorView, position: int, source: Tensor, channels: int) -> None:
    bias = op.optional(position)
    if bias is None:
        return
    op.require(
        bias.element_count == channels, f"the bias has {bias.element_count} values for {channels} channels"
    )
    if source.dtype == "float32":
        op.expect_dtype(bias, "float32")
    elif source.dtype == "int16":
        op.expect_dtype(bias, "int32", "int64")
    else:
        op.expect_dtype(bias, "int32")


def conv_2d(op: OperatorView) -> None:
    """Check ``CONV_2D``: filter [channels out, height, width, channels in of one group]."""
    source, weights, output = op.input(0), op.input(1), op.output
    op.expect_rank(source, 4)
    op.expect_rank(weights, 4)
    channels_out, height, width, channels_in = weights.shape
    op.require(
        channels_in > 0 and source.shape[3] % channels_in == 0,
        f"the filter is for {channels_in} channels, which do not divide the input's {source.shape[3]}",
    )
    groups = source.shape[3] // channels_in
    op.require(
        groups > 0 and channels_out % groups == 0,
        f"{channels_out} output channels do not divide into {groups} groups",
    )
    _check_weights(op, source, weights, channel_axis=0)
    if groups > 1:
        op.expect_dtype(source, "float32", "int8", "int16")
    _check_bias(op, 2, source, channels_out)
    _check_activation(op)
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    op.expect_shape(
        output,
        (
            source.shape[0],
            window_output_size(op, source.shape[1], "h", height, op.positive("dilation_h")),
            window_output_size(op, source.shape[2], "w", width, op.positive("dilation_w")),
            channels_out,
        ),
    )


def depthwise_conv_2d(op: OperatorView) -> None:
    """Check ``DEPTHWISE_CONV_2D``: filter [1, height, width, channels out]."""
    source, weights, output = op.input(0), op.input(1), op.output
    op.expect_rank(source, 4)
    op.expect_rank(weights, 4)
    one, height, width, channels_out = weights.shape
    multiplier = op.positive("depth_multiplier")
    op.require(one == 1, f"the filter's first dimension is {one}, not 1")
    op.require(
        channels_out == source.shape[3] * multiplier,
        f"the filter has {channels_out} channels for {source.shape[3]} times {multiplier}",
    )
    _check_weights(op, source, weights, channel_axis=3)
    _check_bias(op, 2, source, channels_out)
    _check_activation(op)
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    op.expect_shape(
        output,
        (
            source.shape[0],
            window_output_size(op, source.shape[1], "h", height, op.positive("dilation_h")),
            window_output_size(op, source.shape[2], "w", width, op.positive("dilation_w")),
            channels_out,
        ),
    )


def transpose_conv(op: OperatorView) -> None:
    """Check ``TRANSPOSE_CONV``: inputs are output shape, filter [out, height, width, in], input, bias."""
    wanted, weights, source, output = (
        op.constant_integers(0, "output_shape"),
        op.input(1),
        op.input(2),
        op.output,
    )
    op.expect_rank(source, 4)
    op.expect_rank(weights, 4)
    channels_out, height, width, channels_in = weights.shape
    op.require(
        channels_in == source.shape[3],
        f"the filter is for {channels_in} channels, the input has {source.shape[3]}",
    )
    op.require(len(wanted) == 4, f"output_shape has {len(wanted)} values, not 4")
    op.require(
        wanted[0] == source.shape[0] and wanted[3] == channels_out,
        f"output_shape {list(wanted)} does not fit {source.shape[0]} batches and {channels_out} channels",
    )
    _check_weights(op, source, weights, channel_axis=0)
    _check_bias(op, 3, source, channels_out)
    _check_activation(op)
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    op.expect_shape(output, wanted)
    # The forward convolution of the output has to give the input's size.
    sizes = (
        window_output_size(op, output.shape[1], "h", height),
        window_output_size(op, output.shape[2], "w", width),
    )
    op.expect_shape(source, (source.shape[0], *sizes, channels_in), "the input")


def pool_2d(op: OperatorView) -> None:
    """Check ``AVERAGE_POOL_2D`` and ``MAX_POOL_2D``."""
    source, output = op.input(0), op.output
    op.expect_rank(source, 4)
    _check_activation(op)
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    op.expect_shape(
        output,
        (
            source.shape[0],
            window_output_size(op, source.shape[1], "h", op.positive("filter_h")),
            window_output_size(op, source.shape[2], "w", op.positive("filter_w")),
            source.shape[3],
        ),
    )


def fully_connected(op: OperatorView) -> None:
    """Check ``FULLY_CONNECTED``: weights [channels out, depth]; all other dimensions are batches."""
    source, weights, output = op.input(0), op.input(1), op.output
    op.expect_rank(weights, 2)
    channels_out, depth = weights.shape
    op.require(
        depth > 0 and source.element_count % depth == 0,
        f"{source.element_count} input values do not divide into rows of {depth}",
    )
    op.require(op.integer("weights_format") == 0, "shuffled weights are not supported")
    _check_weights(op, source, weights, channel_axis=0)
    _check_bias(op, 2, source, channels_out)
    _check_activation(op)
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    rows = source.element_count // depth
    if not output.shape or output.shape[-1] != channels_out or output.element_count != rows * channels_out:
        op.expect_shape(output, (rows, channels_out))


def batch_matmul(op: OperatorView) -> None:
    """Check ``BATCH_MATMUL``; batch dimensions broadcast."""
    left, right, output = op.input(0), op.input(1), op.output
    for tensor in (left, right):
        op.expect_rank(tensor, 2, 3, 4, 5)
    first, second = (
        (*t.shape[:-2], t.shape[-1], t.shape[-2]) if op.integer(adjoint) else t.shape
        for t, adjoint in ((left, "adj_x"), (right, "adj_y"))
    )
    op.require(first[-1] == second[-2], f"{list(first)} and {list(second)} cannot be multiplied")
    op.expect_same_dtype(left, right, output)
    op.expect_quantized(left, right, output)
    batches = _broadcast(op, first[:-2], second[:-2])
    op.expect_shape(output, (*batches, first[-2], second[-1]))


def svdf(op: OperatorView) -> None:
    """Check ``SVDF``: input, feature weights, time weights, bias, state."""
    source, features, times, state, output = op.input(0), op.input(1), op.input(2), op.input(4), op.output
    for tensor in (source, features, times, state):
        op.expect_rank(tensor, 2)
    rank = op.positive("rank")
    filters, memory = times.shape
    op.require(filters % rank == 0, f"{filters} filters do not divide into ranks of {rank}")
    op.expect_shape(features, (filters, source.shape[1]), "the feature weights")
    op.require(state.is_variable, "the state is not a variable")
    op.expect_shape(state, (source.shape[0], filters * memory), "the state")
    _check_bias(op, 3, source, filters // rank)
    if source.dtype == "float32":
        for tensor in (features, times, state, output):
            op.expect_dtype(tensor, "float32")
    else:
        op.expect_dtype(source, "int8")
        op.expect_dtype(features, "int8")
        op.expect_dtype(times, "int8", "int16")
        op.expect_dtype(state, times.dtype)
        op.expect_dtype(output, "int8")
        op.expect_quantized(source, features, times, state, output)
    op.expect_shape(output, (source.shape[0], filters // rank))


# Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM, by position.
_LSTM_INPUT_WEIGHTS: Final = range(1, 5)
_LSTM_RECURRENT_WEIGHTS: Final = range(5, 9)
_LSTM_BIASES: Final = range(12, 16)
_LSTM_OUTPUT_STATE: Final = 18
_LSTM_CELL_STATE: Final = 19
_LSTM_UNSUPPORTED: Final = {9: "peepholes", 10: "peepholes", 11: "peepholes", 16: "a projection",
                            17: "a projection", 20: "layer normalization", 21: "layer normalization",
                            22: "layer normalization", 23: "layer normalization"}  # fmt: skip


def unidirectional_sequence_lstm(op: OperatorView) -> None:
    """Check ``UNIDIRECTIONAL_SEQUENCE_LSTM``: four gates, without peepholes, projection and normalisation."""
    source, output = op.input(0), op.output
    op.expect_rank(source, 3)
    for position, name in _LSTM_UNSUPPORTED.items():
        op.require(op.optional(position) is None, f"{name} are not supported")
    batches = source.shape[1] if op.integer("time_major") else source.shape[0]
    units = op.input(_LSTM_INPUT_WEIGHTS[0]).shape[:1]
    op.expect_dtype(source, "float32", "int8", "int16")
    weights_dtype = "float32" if source.dtype == "float32" else "int8"
    for positions, columns in ((_LSTM_INPUT_WEIGHTS, source.shape[2:]), (_LSTM_RECURRENT_WEIGHTS, units)):
        for position in positions:
            weights = op.input(position)
            op.expect_shape(weights, units + columns, f"input {position}")
            op.expect_dtype(weights, weights_dtype)
            op.expect_quantized(weights)
    for position in _LSTM_BIASES:
        op.input(position)
        _check_bias(op, position, source, units[0])
    states = op.input(_LSTM_OUTPUT_STATE), op.input(_LSTM_CELL_STATE)
    for state in states:
        op.require(state.is_variable, f"the state (tensor {state.index}) is not a variable")
        op.expect_shape(state, (batches, *units), "the state")
    op.expect_dtype(states[0], source.dtype)
    op.expect_dtype(states[1], "float32" if source.dtype == "float32" else "int16")
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, *states, output)
    op.expect_shape(output, (*source.shape[:2], *units))


def _broadcast(op: OperatorView, first: Shape, second: Shape) -> Shape:
    try:
        return tuple(np.broadcast_shapes(first, second))
    except ValueError:
        op.refuse(f"shapes {list(first)} and {list(second)} do not broadcast")


def _binary_shape(op: OperatorView) -> None:
    first, second = op.input(0), op.input(1)
    op.expect_same_dtype(first, second)
    if first.shape != second.shape:
        ranks = max(len(first.shape), len(second.shape))
        op.require(ranks <= _MAX_BROADCAST_RANK, f"broadcasting {ranks} dimensions is not supported")
    op.expect_shape(op.output, _broadcast(op, first.shape, second.shape))


def binary(op: OperatorView) -> None:
    """Check an operator of two tensors of one type that broadcast."""
    _binary_shape(op)
    op.expect_same_dtype(op.input(0), op.output)
    op.expect_quantized(op.input(0), op.input(1), op.output)


def arithmetic(op: OperatorView) -> None:
    """Check a binary operator with a fused activation."""
    binary(op)
    _check_activation(op)


def addition(op: OperatorView) -> None:
    """Check ``ADD`` and ``SUB``, whose kernels abort on an output scale that is far too small."""
    arithmetic(op)
    if op.output.dtype in ("int8", "uint8", "int16"):
        # From TFLM's add: with inputs shifted left by 20 or 15 bits, the output multiplier has to be below 1.
        shift = 15 if op.output.dtype == "int16" else 20
        largest = max(op.input(0).scales[0], op.input(1).scales[0])
        op.require(
            2 * largest < op.output.scales[0] * (1 << shift), "the output scale is too small for the inputs"
        )


def sum_of_all(op: OperatorView) -> None:
    """Check ``ADD_N``: any number of tensors of one shape and type."""
    op.expect_same_dtype(*op.inputs, op.output)
    op.expect_quantized(*op.inputs, op.output)
    for tensor in op.inputs:
        op.expect_shape(op.output, tensor.shape)


def comparison(op: OperatorView) -> None:
    """Check an operator that compares two tensors."""
    _binary_shape(op)
    op.expect_dtype(op.output, "bool")
    op.expect_quantized(op.input(0), op.input(1))
    for tensor in (op.input(0), op.input(1)):
        # From TFLM's comparisons: the scale is a fixed-point multiplier below 1, or the kernel aborts.
        if tensor.dtype in ("int8", "uint8") and tensor.scales[0] >= 1:
            op.refuse(
                f"tensor {tensor.index} has scale {tensor.scales[0]:g}; comparisons support scales below 1",
                "scale the compared values down before they are quantized",
            )


def logical(op: OperatorView) -> None:
    """Check an operator on two boolean tensors."""
    _binary_shape(op)
    for tensor in (op.input(0), op.output):
        op.expect_dtype(tensor, "bool")


def prelu(op: OperatorView) -> None:
    """Check ``PRELU``: the slopes broadcast to the input."""
    binary(op)
    op.expect_shape(op.output, op.input(0).shape)


def unary(op: OperatorView) -> None:
    """Check an operator that keeps shape and element type."""
    source, output = op.input(0), op.output
    op.expect_same_dtype(source, output)
    op.expect_quantized(source, output)
    op.expect_shape(output, source.shape)


def fused_unary(op: OperatorView) -> None:
    """Check a unary operator with a fused activation."""
    unary(op)
    _check_activation(op)


def leaky_relu(op: OperatorView) -> None:
    """Check ``LEAKY_RELU``."""
    unary(op)
    op.require(math.isfinite(op.number("alpha")), "alpha is not a number")


def softmax(op: OperatorView) -> None:
    """Check ``SOFTMAX`` over the last dimension."""
    source, output, beta = op.input(0), op.output, op.number("beta")
    op.expect_rank(source, 1, 2, 3, 4)
    op.expect_shape(output, source.shape)
    op.require(math.isfinite(beta) and beta > 0, f"beta is {beta}, not a positive number")
    op.expect_quantized(source, output)
    if source.dtype == "int8":
        op.expect_dtype(output, "int8", "int16")
        # From TFLM's softmax: the scaled input multiplier has to be above 1, or the kernel aborts.
        op.require(beta * source.scales[0] * (1 << 26) > 1, "the input scale is too small")
    else:
        op.expect_same_dtype(source, output)


def quantize(op: OperatorView) -> None:
    """Check ``QUANTIZE`` and requantisation."""
    source, output = op.input(0), op.output
    op.expect_shape(output, source.shape)
    op.require(source.dtype == "float32" or bool(source.scales), "the input has no scale")
    op.expect_dtype(output, "int8", "uint8", "int16", "int32")
    op.require(len(output.scales) == 1 and output.scales[0] > 0, "the output needs one positive scale")
    op.expect_quantized(source)


def dequantize(op: OperatorView) -> None:
    """Check ``DEQUANTIZE``."""
    source, output = op.input(0), op.output
    op.expect_shape(output, source.shape)
    op.expect_dtype(source, "int8", "uint8", "int16")
    op.expect_dtype(output, "float32")
    op.expect_quantized(source)


def cast(op: OperatorView) -> None:
    """Check ``CAST``."""
    op.expect_shape(op.output, op.input(0).shape)
