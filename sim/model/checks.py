"""Check every operator of a model against the rules that its kernel relies on.

TensorFlow Lite Micro's kernels check part of what they need when tensors are allocated, and trust the
converter for the rest. A damaged model would make them read and write anywhere, so the rest is checked here,
before boot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sim.model import rules_compute as compute
from sim.model import rules_layout as layout
from sim.model.model import Model
from sim.model.view import OperatorView

# Shapes of up to this many dimensions fit into the runtime's own storage.
MAX_KERNEL_RANK: Final = 5
_ANY_NUMBER: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class Rule:
    """What one operator needs: number of inputs and outputs (least, most), then shapes and types."""

    inputs: tuple[int, int]
    check: Callable[[OperatorView], None]
    outputs: tuple[int, int] = (1, 1)


_BINARY: Final = Rule((2, 2), compute.binary)
_ARITHMETIC: Final = Rule((2, 2), compute.arithmetic)
_COMPARISON: Final = Rule((2, 2), compute.comparison)
_UNARY: Final = Rule((1, 1), compute.unary)
_REDUCTION: Final = Rule((2, 2), layout.reduction)

RULES: Final[dict[str, Rule]] = {
    "ABS": _UNARY,
    "ADD": Rule((2, 2), compute.addition),
    "ADD_N": Rule((1, _ANY_NUMBER), compute.sum_of_all),
    "ARG_MAX": Rule((2, 2), layout.arg_extremum),
    "ARG_MIN": Rule((2, 2), layout.arg_extremum),
    "AVERAGE_POOL_2D": Rule((1, 1), compute.pool_2d),
    "BATCH_MATMUL": Rule((2, 2), compute.batch_matmul),
    "BATCH_TO_SPACE_ND": Rule((3, 3), layout.batch_to_space),
    "CAST": Rule((1, 1), compute.cast),
    "CEIL": _UNARY,
    "CONCATENATION": Rule((1, _ANY_NUMBER), layout.concatenation),
    "CONV_2D": Rule((2, 3), compute.conv_2d),
    "COS": _UNARY,
    "DEPTHWISE_CONV_2D": Rule((2, 3), compute.depthwise_conv_2d),
    "DEPTH_TO_SPACE": Rule((1, 1), layout.depth_to_space),
    "DEQUANTIZE": Rule((1, 1), compute.dequantize),
    "DIV": _ARITHMETIC,
    "ELU": _UNARY,
    "EQUAL": _COMPARISON,
    "EXP": _UNARY,
    "EXPAND_DIMS": Rule((2, 2), layout.expand_dims),
    "FILL": Rule((2, 2), layout.fill),
    "FLOOR": _UNARY,
    "FLOOR_DIV": _BINARY,
    "FLOOR_MOD": _BINARY,
    "FULLY_CONNECTED": Rule((2, 3), compute.fully_connected),
    "GATHER": Rule((2, 2), layout.gather),
    "GREATER": _COMPARISON,
    "GREATER_EQUAL": _COMPARISON,
    "HARD_SWISH": _UNARY,
    "L2_NORMALIZATION": Rule((1, 1), compute.fused_unary),
    "LEAKY_RELU": Rule((1, 1), compute.leaky_relu),
    "LESS": _COMPARISON,
    "LESS_EQUAL": _COMPARISON,
    "LOG": _UNARY,
    "LOGICAL_AND": Rule((2, 2), compute.logical),
    "LOGICAL_NOT": _UNARY,
    "LOGICAL_OR": Rule((2, 2), compute.logical),
    "LOGISTIC": _UNARY,
    "LOG_SOFTMAX": _UNARY,
    "MAXIMUM": _BINARY,
    "MAX_POOL_2D": Rule((1, 1), compute.pool_2d),
    "MEAN": _REDUCTION,
    "MINIMUM": _BINARY,
    "MIRROR_PAD": Rule((2, 2), layout.mirror_pad),
    "MUL": _ARITHMETIC,
    "NEG": _UNARY,
    "NOT_EQUAL": _COMPARISON,
    "PACK": Rule((1, _ANY_NUMBER), layout.pack),
    "PAD": Rule((2, 2), layout.pad),
    "PADV2": Rule((3, 3), layout.pad),
    "PRELU": Rule((2, 2), compute.prelu),
    "QUANTIZE": Rule((1, 1), compute.quantize),
    "REDUCE_MAX": _REDUCTION,
    "REDUCE_MIN": _REDUCTION,
    "RELU": _UNARY,
    "RELU6": _UNARY,
    "RESHAPE": Rule((1, 2), layout.reshape),
    "RESIZE_BILINEAR": Rule((2, 2), layout.resize),
    "RESIZE_NEAREST_NEIGHBOR": Rule((2, 2), layout.resize),
    "ROUND": _UNARY,
    "RSQRT": _UNARY,
    "SHAPE": Rule((1, 1), layout.shape_of),
    "SIN": _UNARY,
    "SLICE": Rule((3, 3), layout.slice_),
    "SOFTMAX": Rule((1, 1), compute.softmax),
    "SPACE_TO_BATCH_ND": Rule((3, 3), layout.space_to_batch),
    "SPACE_TO_DEPTH": Rule((1, 1), layout.space_to_depth),
    "SPLIT": Rule((2, 2), layout.split, outputs=(1, _ANY_NUMBER)),
    "SPLIT_V": Rule((3, 3), layout.split_v, outputs=(1, _ANY_NUMBER)),
    "SQRT": _UNARY,
    "SQUARE": _UNARY,
    "SQUARED_DIFFERENCE": _BINARY,
    "SQUEEZE": Rule((1, 1), layout.squeeze),
    "STRIDED_SLICE": Rule((4, 4), layout.strided_slice),
    "SUB": Rule((2, 2), compute.addition),
    "SUM": _REDUCTION,
    "SVDF": Rule((5, 5), compute.svdf),
    "TANH": _UNARY,
    "TRANSPOSE": Rule((2, 2), layout.transpose),
    "TRANSPOSE_CONV": Rule((3, 4), compute.transpose_conv),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Rule((24, 24), compute.unidirectional_sequence_lstm),
    "UNPACK": Rule((1, 1), layout.unpack, outputs=(1, _ANY_NUMBER)),
    "ZEROS_LIKE": _UNARY,
}


def check_operators(model: Model) -> None:
    """Refuse a model whose operators do not fit their tensors.

    Operators without a rule are left to `sim.model.support`, which refuses what the firmware does not have.

    Raises
    ------
    ModelError
        Naming the first operator that breaks its rule, and how.
    """
    for operator in model.operators:
        rule = RULES.get(operator.name)
        if rule is None:
            continue
        op = OperatorView(model, operator)
        for kind, count, (least, most) in (
            ("inputs", len(operator.inputs), rule.inputs),
            ("outputs", len(operator.outputs), rule.outputs),
        ):
            op.require(least <= count <= most, f"it has {count} {kind}")
        for index in (*operator.inputs, *operator.outputs):
            if index >= 0:
                tensor = model.tensors[index]
                op.require(
                    len(tensor.shape) <= MAX_KERNEL_RANK,
                    f"tensor {index} has more than {MAX_KERNEL_RANK} dimensions",
                )
        for tensor in op.outputs:
            op.require(tensor.element_count > 0, f"tensor {tensor.index} has no elements")
        rule.check(op)
