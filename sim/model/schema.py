"""Names and numbers of the TensorFlow Lite schema, version 3, as far as the package reads it.

Source: ``tensorflow/lite/schema/schema.fbs`` (numbers are part of the file format and never change).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FILE_IDENTIFIER: Final = b"TFL3"
SCHEMA_VERSION: Final = 3

# TensorType: number -> (name, bits per element; 0 where the size is not fixed).
TENSOR_TYPES: Final[dict[int, tuple[str, int]]] = {
    0: ("float32", 32), 1: ("float16", 16), 2: ("int32", 32), 3: ("uint8", 8), 4: ("int64", 64), 5:
    ("string", 0), 6: ("bool", 8), 7: ("int16", 16), 8: ("complex64", 64), 9: ("int8", 8), 10:
    ("float64", 64), 11: ("complex128", 128), 12: ("uint64", 64), 13: ("resource", 0), 14: ("variant",
    0), 15: ("uint32", 32), 16: ("uint16", 16), 17: ("int4", 4), 18: ("bfloat16", 16),
}  # fmt: skip

BITS_PER_ELEMENT: Final = dict(TENSOR_TYPES.values())

# BuiltinOperator: names in the order of their numbers.
OPERATOR_NAMES: Final = tuple(
    """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
    EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
    LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6
    RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM
    EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND
    TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN
    EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX
    MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV
    SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT
    REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV
    REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU
    SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU
    REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
    PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS
    HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE
    READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM
    MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX
    UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT
    """.split()  # noqa: SIM905 (a list literal of 162 names would fill three screens)
)
CUSTOM_CODE: Final = OPERATOR_NAMES.index("CUSTOM")
# Codes from here on do not fit into the old 8-bit field, which then holds this number.
EXTENDED_CODE: Final = OPERATOR_NAMES.index("PLACEHOLDER_FOR_GREATER_OP_CODES")

PADDINGS: Final = ("SAME", "VALID")
ACTIVATIONS: Final = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")


@dataclass(frozen=True, slots=True)
class OptionField:
    """One field of an operator's options table.

    `kind` is a scalar type of the file format, or ``padding``, ``activation`` or ``type`` (enumerations that
    are given as names), or ``ints`` (a vector of int32).
    """

    slot: int
    kind: str
    default: int | float = 0


@dataclass(frozen=True, slots=True)
class OptionsTable:
    """Number of a table in the schema's BuiltinOptions union, and its fields."""

    union_type: int
    fields: dict[str, OptionField]


def _window(*extra: tuple[str, int, str]) -> dict[str, OptionField]:
    fields = {
        "padding": OptionField(0, "padding"),
        "stride_w": OptionField(1, "int32"),
        "stride_h": OptionField(2, "int32"),
    }
    return fields | {name: OptionField(slot, kind) for name, slot, kind in extra}


_ACTIVATION: Final = {"activation": OptionField(0, "activation")}
_KEEP_DIMS: Final = OptionsTable(27, {"keep_dims": OptionField(0, "bool")})
_POOL: Final = OptionsTable(
    5, _window(("filter_w", 3, "int32"), ("filter_h", 4, "int32"), ("activation", 5, "activation"))
)

# Only what a kernel would read without looking: operators that are not listed work without options.
OPTIONS: Final[dict[str, OptionsTable]] = {
    "CONV_2D": OptionsTable(
        1,
        _window(("activation", 3, "activation"))
        | {"dilation_w": OptionField(4, "int32", 1), "dilation_h": OptionField(5, "int32", 1)},
    ),
    "DEPTHWISE_CONV_2D": OptionsTable(
        2,
        _window(("depth_multiplier", 3, "int32"), ("activation", 4, "activation"))
        | {"dilation_w": OptionField(5, "int32", 1), "dilation_h": OptionField(6, "int32", 1)},
    ),
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "SVDF": OptionsTable(6, {"rank": OptionField(0, "int32"), "activation": OptionField(1, "activation")}),
    "FULLY_CONNECTED": OptionsTable(
        8,
        _ACTIVATION | {"weights_format": OptionField(1, "int8"), "keep_num_dims": OptionField(2, "bool")},
    ),
    "SOFTMAX": OptionsTable(9, {"beta": OptionField(0, "float32")}),
    "CONCATENATION": OptionsTable(
        10, {"axis": OptionField(0, "int32"), "activation": OptionField(1, "activation")}
    ),
    "ADD": OptionsTable(11, _ACTIVATION),
    "L2_NORMALIZATION": OptionsTable(12, _ACTIVATION),
    "RESIZE_BILINEAR": OptionsTable(
        15, {"align_corners": OptionField(2, "bool"), "half_pixel_centers": OptionField(3, "bool")}
    ),
    "SPACE_TO_DEPTH": OptionsTable(19, {"block_size": OptionField(0, "int32")}),
    "MUL": OptionsTable(21, _ACTIVATION),
    "GATHER": OptionsTable(23, {"axis": OptionField(0, "int32"), "batch_dims": OptionField(1, "int32")}),
    "MEAN": _KEEP_DIMS,
    "SUM": _KEEP_DIMS,
    "REDUCE_MAX": _KEEP_DIMS,
    "REDUCE_MIN": _KEEP_DIMS,
    "SUB": OptionsTable(28, _ACTIVATION),
    "DIV": OptionsTable(29, _ACTIVATION),
    "SQUEEZE": OptionsTable(30, {"squeeze_dims": OptionField(0, "ints")}),
    "STRIDED_SLICE": OptionsTable(
        32,
        {
            name: OptionField(slot, "int32")
            for slot, name in enumerate(
                ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
            )
        }
        | {"offset": OptionField(5, "bool")},
    ),
    "SPLIT": OptionsTable(35, {"num_splits": OptionField(0, "int32")}),
    "ARG_MAX": OptionsTable(40, {"output_type": OptionField(0, "type")}),
    "TRANSPOSE_CONV": OptionsTable(49, _window(("activation", 3, "activation"))),
    "SHAPE": OptionsTable(55, {"out_type": OptionField(0, "type")}),
    "ARG_MIN": OptionsTable(57, {"output_type": OptionField(0, "type")}),
    "PACK": OptionsTable(59, {"values_count": OptionField(0, "int32"), "axis": OptionField(1, "int32")}),
    "UNPACK": OptionsTable(64, {"num": OptionField(0, "int32"), "axis": OptionField(1, "int32")}),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": OptionsTable(
        71,
        _ACTIVATION
        | {
            "cell_clip": OptionField(1, "float32"),
            "proj_clip": OptionField(2, "float32"),
            "time_major": OptionField(3, "bool"),
        },
    ),
    "RESIZE_NEAREST_NEIGHBOR": OptionsTable(
        74, {"align_corners": OptionField(0, "bool"), "half_pixel_centers": OptionField(1, "bool")}
    ),
    "LEAKY_RELU": OptionsTable(75, {"alpha": OptionField(0, "float32")}),
    "MIRROR_PAD": OptionsTable(77, {"mode": OptionField(0, "int8")}),
    "SPLIT_V": OptionsTable(79, {"num_splits": OptionField(0, "int32")}),
    "DEPTH_TO_SPACE": OptionsTable(94, {"block_size": OptionField(0, "int32")}),
    "BATCH_MATMUL": OptionsTable(101, {"adj_x": OptionField(0, "bool"), "adj_y": OptionField(1, "bool")}),
}
