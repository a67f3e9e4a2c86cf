"""Write small ``.tflite`` models for tests, independently of the reader under test.

The file format is the public TensorFlow Lite schema, version 3. Field numbers are written down here a second
time on purpose: a mistake in the package's own table must not cancel out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flatbuffers  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import numpy.typing as npt

TENSOR_TYPES = {
    "float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "int8": 9,
    "uint32": 15,
}  # fmt: skip

OPERATOR_CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4,
    "DEPTH_TO_SPACE": 5, "DEQUANTIZE": 6, "FLOOR": 8, "FULLY_CONNECTED": 9, "L2_NORMALIZATION": 11,
    "LOGISTIC": 14, "MAX_POOL_2D": 17, "MUL": 18, "RELU": 19, "RELU6": 21, "RESHAPE": 22,
    "RESIZE_BILINEAR": 23, "SOFTMAX": 25, "SPACE_TO_DEPTH": 26, "SVDF": 27, "TANH": 28, "CUSTOM": 32,
    "PAD": 34, "GATHER": 36, "TRANSPOSE": 39, "MEAN": 40, "SUB": 41, "DIV": 42, "SQUEEZE": 43,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 44, "STRIDED_SLICE": 45, "EXP": 47, "SPLIT": 49, "LOG_SOFTMAX": 50,
    "CAST": 53, "PRELU": 54, "MAXIMUM": 55, "ARG_MAX": 56, "MINIMUM": 57, "LESS": 58, "NEG": 59,
    "PADV2": 60, "GREATER": 61, "GREATER_EQUAL": 62, "LESS_EQUAL": 63, "SLICE": 65, "SIN": 66,
    "TRANSPOSE_CONV": 67, "EXPAND_DIMS": 70, "EQUAL": 71, "NOT_EQUAL": 72, "LOG": 73, "SUM": 74, "SQRT":
    75, "RSQRT": 76, "SHAPE": 77, "ARG_MIN": 79, "REDUCE_MAX": 82, "PACK": 83, "LOGICAL_OR": 84,
    "LOGICAL_AND": 86, "LOGICAL_NOT": 87, "UNPACK": 88, "SQUARE": 92, "RESIZE_NEAREST_NEIGHBOR": 97,
    "LEAKY_RELU": 98, "SQUARED_DIFFERENCE": 99, "MIRROR_PAD": 100, "ABS": 101, "SPLIT_V": 102, "CEIL":
    104, "COS": 108, "ELU": 111, "QUANTIZE": 114, "ROUND": 116, "HARD_SWISH": 117, "BATCH_MATMUL": 126,
    "CUMSUM": 128, "BATCH_TO_SPACE_ND": 37, "SPACE_TO_BATCH_ND": 38, "REDUCE_MIN": 89, "FLOOR_DIV": 90,
    "ZEROS_LIKE": 93, "FILL": 94, "FLOOR_MOD": 95, "ADD_N": 106,
}  # fmt: skip

_ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3, "TANH": 4, "SIGN_BIT": 5}
_PADDINGS = {"SAME": 0, "VALID": 1}

# Options table of each operator: its number in the BuiltinOptions union, and its fields as (slot, kind).
_OPTIONS: dict[str, tuple[int, dict[str, tuple[int, str]]]] = {
    "CONV_2D": (1, {"padding": (0, "padding"), "stride_w": (1, "int"), "stride_h": (2, "int"),
                    "activation": (3, "activation"), "dilation_w": (4, "int"), "dilation_h": (5, "int")}),
    "DEPTHWISE_CONV_2D": (2, {"padding": (0, "padding"), "stride_w": (1, "int"), "stride_h": (2, "int"),
                              "depth_multiplier": (3, "int"), "activation": (4, "activation"),
                              "dilation_w": (5, "int"), "dilation_h": (6, "int")}),
    "AVERAGE_POOL_2D": (5, {"padding": (0, "padding"), "stride_w": (1, "int"), "stride_h": (2, "int"),
                            "filter_w": (3, "int"), "filter_h": (4, "int"), "activation": (5, "activation")}),
    "SVDF": (6, {"rank": (0, "int"), "activation": (1, "activation")}),
    "FULLY_CONNECTED": (8, {"activation": (0, "activation"), "keep_num_dims": (2, "bool")}),
    "SOFTMAX": (9, {"beta": (0, "float")}),
    "CONCATENATION": (10, {"axis": (0, "int"), "activation": (1, "activation")}),
    "ADD": (11, {"activation": (0, "activation")}),
    "L2_NORMALIZATION": (12, {"activation": (0, "activation")}),
    "RESIZE_BILINEAR": (15, {"align_corners": (2, "bool"), "half_pixel_centers": (3, "bool")}),
    "RESHAPE": (17, {"new_shape": (0, "ints")}),
    "SPACE_TO_DEPTH": (19, {"block_size": (0, "int")}),
    "MUL": (21, {"activation": (0, "activation")}),
    "PAD": (22, {}),
    "GATHER": (23, {"axis": (0, "int"), "batch_dims": (1, "int")}),
    "TRANSPOSE": (26, {}),
    "MEAN": (27, {"keep_dims": (0, "bool")}),
    "SUB": (28, {"activation": (0, "activation")}),
    "DIV": (29, {"activation": (0, "activation")}),
    "SQUEEZE": (30, {"squeeze_dims": (0, "ints")}),
    "STRIDED_SLICE": (32, {"begin_mask": (0, "int"), "end_mask": (1, "int"), "ellipsis_mask": (2, "int"),
                           "new_axis_mask": (3, "int"), "shrink_axis_mask": (4, "int")}),
    "SPLIT": (35, {"num_splits": (0, "int")}),
    "CAST": (37, {}),
    "DEQUANTIZE": (38, {}),
    "ARG_MAX": (40, {"output_type": (0, "type")}),
    "TRANSPOSE_CONV": (49, {"padding": (0, "padding"), "stride_w": (1, "int"), "stride_h": (2, "int"),
                            "activation": (3, "activation")}),
    "EXPAND_DIMS": (52, {}),
    "SHAPE": (55, {"out_type": (0, "type")}),
    "ARG_MIN": (57, {"output_type": (0, "type")}),
    "PACK": (59, {"values_count": (0, "int"), "axis": (1, "int")}),
    "UNPACK": (64, {"num": (0, "int"), "axis": (1, "int")}),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (71, {"activation": (0, "activation"), "cell_clip": (1, "float"),
                                          "proj_clip": (2, "float"), "time_major": (3, "bool")}),
    "RESIZE_NEAREST_NEIGHBOR": (74, {"align_corners": (0, "bool"), "half_pixel_centers": (1, "bool")}),
    "LEAKY_RELU": (75, {"alpha": (0, "float")}),
    "MIRROR_PAD": (77, {"mode": (0, "int8")}),
    "SPLIT_V": (79, {"num_splits": (0, "int")}),
    "QUANTIZE": (89, {}),
    "HARD_SWISH": (91, {}),
    "DEPTH_TO_SPACE": (94, {"block_size": (0, "int")}),
    "BATCH_MATMUL": (101, {"adj_x": (0, "bool"), "adj_y": (1, "bool")}),
}  # fmt: skip
_OPTIONS["MAX_POOL_2D"] = _OPTIONS["AVERAGE_POOL_2D"]
_OPTIONS["SUM"] = _OPTIONS["REDUCE_MAX"] = _OPTIONS["REDUCE_MIN"] = _OPTIONS["MEAN"]

OptionValue = int | float | bool | str | Sequence[int]


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    quantized_dimension: int
    data: npt.NDArray[np.generic] | None
    name: str
    is_variable: bool


@dataclass(frozen=True)
class _Operator:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue]
    version: int
    intermediates: tuple[int, ...]


class ModelBuilder:
    """Collect tensors and operators, then write them as one ``.tflite`` model with one subgraph."""

    def __init__(self, description: str = "boardless test model") -> None:
        self._description = description
        self._tensors: list[_Tensor] = []
        self._operators: list[_Operator] = []

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: npt.ArrayLike = (),
        zero_point: npt.ArrayLike = 0,
        quantized_dimension: int = 0,
        data: npt.ArrayLike | None = None,
        name: str = "",
        is_variable: bool = False,
    ) -> int:
        """Add a tensor and return its index; with `data` it is a constant of the model.

        Parameters
        ----------
        shape
            Dimensions, outermost first; empty for a scalar.
        scale, zero_point
            Quantisation: one value, or one per channel along `quantized_dimension`; no scale: not quantised.
        """
        scales = tuple(float(s) for s in np.atleast_1d(np.asarray(scale, dtype=np.float32)))
        zero_points = tuple(int(z) for z in np.atleast_1d(np.asarray(zero_point, dtype=np.int64)))
        if len(zero_points) == 1:
            zero_points *= len(scales)
        constant = None if data is None else np.asarray(data, dtype=dtype).reshape(tuple(shape))
        self._tensors.append(
            _Tensor(
                tuple(int(d) for d in shape), dtype, scales, zero_points, quantized_dimension, constant,
                name or f"tensor_{len(self._tensors)}", is_variable,
            )
        )  # fmt: skip
        return len(self._tensors) - 1

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Mapping[str, OptionValue] | None = None,
        *,
        version: int = 1,
        intermediates: Sequence[int] = (),
    ) -> None:
        """Add an operator; an input of -1 is an optional tensor that is not there.

        `intermediates` are tensors that only carry quantisation, as converters attach them to an LSTM.
        """
        self._operators.append(
            _Operator(name, tuple(inputs), tuple(outputs), options or {}, version, tuple(intermediates))
        )

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Write the model with these tensors as its inputs and outputs."""
        fb = flatbuffers.Builder(4096)
        buffers = [_table(fb, {})]  # buffer 0 is empty by convention
        tensors = []
        for tensor in self._tensors:
            buffer_index = 0
            if tensor.data is not None:
                buffer_index = len(buffers)
                buffers.append(_buffer(fb, tensor.data.tobytes()))
            tensors.append(_tensor(fb, tensor, buffer_index))

        codes = list(dict.fromkeys((op.name, op.version) for op in self._operators))
        operators = [_operator(fb, op, codes.index((op.name, op.version))) for op in self._operators]
        operator_codes = [_operator_code(fb, name, version) for name, version in codes]
        subgraph = _table(
            fb,
            {
                0: ("offset", _offsets(fb, tensors)),
                1: ("offset", _ints(fb, inputs)),
                2: ("offset", _ints(fb, outputs)),
                3: ("offset", _offsets(fb, operators)),
                4: ("offset", fb.CreateString("main")),
            },
        )
        model = _table(
            fb,
            {
                0: ("uint", 3),
                1: ("offset", _offsets(fb, operator_codes)),
                2: ("offset", _offsets(fb, [subgraph])),
                3: ("offset", fb.CreateString(self._description)),
                4: ("offset", _offsets(fb, buffers)),
            },
        )
        fb.Finish(model, b"TFL3")
        return bytes(fb.Output())


def _table(fb: flatbuffers.Builder, fields: Mapping[int, tuple[str, int | float]]) -> int:
    fb.StartObject(max(fields, default=-1) + 1)
    for slot, (kind, value) in fields.items():
        match kind:
            case "offset":
                fb.PrependUOffsetTRelativeSlot(slot, value, 0)
            case "int":
                fb.PrependInt32Slot(slot, int(value), None)
            case "uint":
                fb.PrependUint32Slot(slot, int(value), None)
            case "float":
                fb.PrependFloat32Slot(slot, float(value), None)
            case "byte":
                fb.PrependInt8Slot(slot, int(value), None)
            case _:
                raise AssertionError(kind)
    return int(fb.EndObject())


def _offsets(fb: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    fb.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        fb.PrependUOffsetTRelative(offset)
    return int(fb.EndVector())


def _ints(fb: flatbuffers.Builder, values: Sequence[int]) -> int:
    return int(fb.CreateNumpyVector(np.asarray(values, dtype=np.int32)))


def _buffer(fb: flatbuffers.Builder, data: bytes) -> int:
    fb.StartVector(1, len(data), 16)  # force_align: 16 in the schema
    fb.head -= len(data)
    fb.Bytes[fb.head : fb.head + len(data)] = data
    return _table(fb, {0: ("offset", int(fb.EndVector()))})


def _tensor(fb: flatbuffers.Builder, tensor: _Tensor, buffer_index: int) -> int:
    quantization: dict[int, tuple[str, int | float]] = {}
    if tensor.scale:
        quantization = {
            2: ("offset", int(fb.CreateNumpyVector(np.asarray(tensor.scale, dtype=np.float32)))),
            3: ("offset", int(fb.CreateNumpyVector(np.asarray(tensor.zero_point, dtype=np.int64)))),
            6: ("int", tensor.quantized_dimension),
        }
    fields: dict[int, tuple[str, int | float]] = {
        0: ("offset", _ints(fb, tensor.shape)),
        1: ("byte", TENSOR_TYPES[tensor.dtype]),
        2: ("uint", buffer_index),
        3: ("offset", fb.CreateString(tensor.name)),
        5: ("byte", tensor.is_variable),
    }
    if quantization:
        fields[4] = ("offset", _table(fb, quantization))
    return _table(fb, fields)


def _operator_code(fb: flatbuffers.Builder, name: str, version: int) -> int:
    code = OPERATOR_CODES.get(name, OPERATOR_CODES["CUSTOM"])
    fields: dict[int, tuple[str, int | float]] = {
        0: ("byte", min(code, 127)),
        2: ("int", version),
        3: ("int", code),
    }
    if name not in OPERATOR_CODES:
        fields[1] = ("offset", fb.CreateString(name))
    return _table(fb, fields)


def _operator(fb: flatbuffers.Builder, operator: _Operator, opcode_index: int) -> int:
    fields: dict[int, tuple[str, int | float]] = {
        0: ("uint", opcode_index),
        1: ("offset", _ints(fb, operator.inputs)),
        2: ("offset", _ints(fb, operator.outputs)),
    }
    if operator.intermediates:
        fields[8] = ("offset", _ints(fb, operator.intermediates))
    if operator.name in _OPTIONS:
        union_type, slots = _OPTIONS[operator.name]
        options = {}
        for key, value in operator.options.items():
            slot, kind = slots[key]
            options[slot] = _option(fb, kind, value)
        fields[3] = ("byte", union_type)
        fields[4] = ("offset", _table(fb, options))
    return _table(fb, fields)


def _option(fb: flatbuffers.Builder, kind: str, value: OptionValue) -> tuple[str, int | float]:
    match kind:
        case "padding":
            return "byte", _PADDINGS[str(value)]
        case "activation":
            return "byte", _ACTIVATIONS[str(value)]
        case "type":
            return "byte", TENSOR_TYPES[str(value)]
        case "ints":
            assert isinstance(value, Sequence)
            assert not isinstance(value, str)
            return "offset", _ints(fb, value)
        case "bool" | "int8":
            assert isinstance(value, int)
            return "byte", int(value)
        case _:
            assert isinstance(value, int | float)
            return kind, value
