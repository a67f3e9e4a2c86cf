from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from sim.model import Model, activation_lower_bound_bytes, model_macs, operator_macs, parameter_count
from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.models import mltk_model
from tests.support.tflite_builder import ModelBuilder


@pytest.mark.parametrize(
    ("build", "macs"),
    [
        # 5x5 outputs of 4 channels, each over 3x3 positions of 2 channels.
        (lambda: so.conv_2d((1, 5, 5, 2), 4, (3, 3)), 5 * 5 * 4 * 3 * 3 * 2),
        (lambda: so.conv_2d((2, 5, 5, 2), 4, (3, 3), stride=(2, 2)), 2 * 3 * 3 * 4 * 3 * 3 * 2),
        (lambda: so.depthwise_conv_2d((1, 5, 5, 2), 3, (3, 3)), 5 * 5 * 2 * 3 * 3 * 3),
        (lambda: so.fully_connected((3, 7), 4), 3 * 7 * 4),
        # Every input value meets the whole filter once.
        (lambda: sequence.transpose_conv((1, 4, 4, 3), 2, (3, 3)), 4 * 4 * 3 * 3 * 3 * 2),
        (lambda: sequence.batch_matmul(((2, 3, 4), (2, 4, 5))), 2 * 3 * 4 * 5),
        (lambda: sequence.batch_matmul(((2, 4, 3), (2, 5, 4)), adjoints=(True, True)), 2 * 3 * 4 * 5),
        # Four gates over 4 features and 5 units of state, at each of 3 steps.
        (lambda: sequence.unidirectional_sequence_lstm(3, 4, 5), 3 * 4 * 5 * (4 + 5)),
        (so.pool_2d, 0),
        (lambda: so.elementwise("MUL"), 0),
        (shape.transpose, 0),
        (so.softmax, 0),
        (shape.resize, None),
        (lambda: sequence.unary("CUSTOM_THING"), None),
    ],
)
def test_multiply_accumulates_are_counted_by_hand(build: Callable[[], bytes], macs: int | None) -> None:
    model = Model.parse(build())
    assert operator_macs(model, model.operators[0]) == macs
    assert model_macs(model) == macs


def test_one_unknown_operator_makes_the_sum_unknown() -> None:
    builder = ModelBuilder()
    x, y, z = (builder.tensor((1, 4), "float32") for _ in range(3))
    builder.operator("RELU", [x], [y])
    builder.operator("CUSTOM_THING", [y], [z])
    assert model_macs(Model.parse(builder.build([x], [z]))) is None


# The autoencoder of the MLPerf Tiny paper (arXiv 2106.07597): widths of its dense layers.
AUTOENCODER_LAYERS = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)


def test_the_anomaly_detection_model_has_the_published_layers() -> None:
    model = Model.parse(mltk_model("anomaly_detection"))
    macs = sum(a * b for a, b in pairwise(AUTOENCODER_LAYERS))
    assert model_macs(model) == macs
    assert parameter_count(model) == macs + sum(AUTOENCODER_LAYERS[1:])


def test_shapes_and_axes_are_not_parameters() -> None:
    assert parameter_count(Model.parse(so.mean())) == 0
    assert parameter_count(Model.parse(so.conv_2d((1, 5, 5, 2), 4, (3, 3)))) == 4 * 3 * 3 * 2 + 4


def test_activations_are_counted_only_while_they_are_alive() -> None:
    builder = ModelBuilder()
    sizes = (100, 50, 200, 10)
    tensors = [builder.tensor((n,), "int8", scale=1.0) for n in sizes]
    for a, b in pairwise(tensors):
        builder.operator("CUSTOM_THING", [a], [b])
    model = Model.parse(builder.build(tensors[:1], tensors[-1:]))
    # In steps of 16 bytes: 112 + 64, then 64 + 208, then 208 + 16.
    assert activation_lower_bound_bytes(model) == 64 + 208


def test_a_tensor_that_is_needed_again_stays_alive() -> None:
    builder = ModelBuilder()
    a, b, c, d = (builder.tensor((16,), "int8", scale=1.0) for _ in range(4))
    builder.operator("RELU", [a], [b])
    builder.operator("RELU", [b], [c])
    builder.operator("ADD", [a, c], [d], {"activation": "NONE"})
    assert activation_lower_bound_bytes(Model.parse(builder.build([a], [d]))) == 3 * 16


def test_variables_are_always_alive_and_constants_never() -> None:
    model = Model.parse(sequence.unidirectional_sequence_lstm(3, 4, 5))
    # Input of 12, output of 15, output state of 5 and cell state of 10 bytes, each padded to 16.
    assert activation_lower_bound_bytes(model) == 4 * 16
