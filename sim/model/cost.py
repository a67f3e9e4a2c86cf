"""What a model costs before anything runs: multiply-accumulates, parameters, memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sim.model.model import Model, Operator
from sim.model.view import OperatorView

# The runtime places every tensor at a multiple of this (TFLM: kBufferAlignment).
_ARENA_ALIGNMENT_BYTES: Final = 16

# Operators that move, compare or scale values one by one: by the usual convention they have no
# multiply-accumulates, also where they multiply (MUL) or accumulate (pooling, MEAN) alone.
_WITHOUT_MACS: Final = frozenset(
    {
        "ABS", "ADD", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "CAST", "CEIL", "CONCATENATION", "COS",
        "DEPTH_TO_SPACE", "DEQUANTIZE", "DIV", "ELU", "EQUAL", "EXP", "EXPAND_DIMS", "FLOOR", "GATHER",
        "GREATER", "GREATER_EQUAL", "HARD_SWISH", "LEAKY_RELU", "LESS", "LESS_EQUAL", "LOG", "LOGICAL_AND",
        "LOGICAL_NOT", "LOGICAL_OR", "LOGISTIC", "LOG_SOFTMAX", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM",
        "MIRROR_PAD", "MUL", "NEG", "NOT_EQUAL", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE", "REDUCE_MAX",
        "RELU", "RELU6", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "ROUND", "RSQRT", "SHAPE", "SIN", "SLICE",
        "SOFTMAX", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQRT", "SQUARE", "SQUEEZE", "STRIDED_SLICE", "SUB",
        "SUM", "TANH", "TRANSPOSE", "UNPACK",
    }
)  # fmt: skip


def _conv_2d(op: OperatorView) -> int:
    _, height, width, depth = op.input(1).shape
    return op.output.element_count * height * width * depth


def _depthwise_conv_2d(op: OperatorView) -> int:
    _, height, width, _ = op.input(1).shape
    return op.output.element_count * height * width


def _transpose_conv(op: OperatorView) -> int:
    channels_out, height, width, _ = op.input(1).shape
    return op.input(2).element_count * height * width * channels_out


def _fully_connected(op: OperatorView) -> int:
    return op.output.element_count * op.input(1).shape[-1]


def _batch_matmul(op: OperatorView) -> int:
    left = op.input(0)
    return op.output.element_count * left.shape[-2 if op.integer("adj_x") else -1]


def _svdf(op: OperatorView) -> int:
    batches = op.input(0).shape[0]
    return batches * (op.input(1).element_count + op.input(2).element_count)


def _unidirectional_sequence_lstm(op: OperatorView) -> int:
    batches_steps = op.input(0).shape[0] * op.input(0).shape[1]
    return batches_steps * sum(op.input(i).element_count for i in range(1, 9))


_MACS: Final[dict[str, Callable[[OperatorView], int]]] = {
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "SVDF": _svdf,
    "TRANSPOSE_CONV": _transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _unidirectional_sequence_lstm,
}


def operator_macs(model: Model, operator: Operator) -> int | None:
    """Count the multiply-accumulates of one operator.

    Padded positions count like others, as everywhere in the field; the matrix products of gates and filters
    count, element-wise work does not.

    Parameters
    ----------
    model
        A model that passed `sim.model.checks.check_operators`.

    Returns
    -------
    int or None
        None when the package does not know the operator; 0 only for operators without multiply-accumulates.
    """
    if operator.name in _WITHOUT_MACS:
        return 0
    count = _MACS.get(operator.name)
    return None if count is None else count(OperatorView(model, operator))


def model_macs(model: Model) -> int | None:
    """Count the multiply-accumulates of one inference; None when one operator's are unknown."""
    total = 0
    for operator in model.operators:
        macs = operator_macs(model, operator)
        if macs is None:
            return None
        total += macs
    return total


def parameter_count(model: Model) -> int:
    """Count trained values: constants that are floating-point or quantised, not shapes and axes."""
    return sum(
        tensor.element_count
        for tensor in model.tensors
        if tensor.is_constant and (tensor.is_quantized or tensor.dtype.startswith(("float", "bfloat")))
    )


def activation_lower_bound_bytes(model: Model) -> int:
    """Return the RAM that any runtime needs for tensors: the most that are alive during one operator.

    A lower bound of the arena: the runtime's own structures, kernel scratch buffers and gaps between tensors
    come on top.
    """
    last_use = dict.fromkeys(model.outputs, len(model.operators))
    for operator in reversed(model.operators):
        for i in operator.inputs:
            last_use.setdefault(i, operator.index)
    alive = set(model.inputs)
    peak = 0
    for operator in model.operators:
        alive.update(operator.outputs)
        peak = max(peak, sum(_arena_bytes(model, i) for i in alive))
        alive = {i for i in alive if last_use.get(i, -1) > operator.index}
    return peak + sum(_arena_bytes(model, t.index) for t in model.tensors if t.is_variable)


def _arena_bytes(model: Model, index: int) -> int:
    return -(-model.tensors[index].size_bytes // _ARENA_ALIGNMENT_BYTES) * _ARENA_ALIGNMENT_BYTES
