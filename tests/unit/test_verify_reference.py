from __future__ import annotations

from importlib import metadata

import numpy as np
import pytest

from sim.errors import EnvironmentMissingError, ModelError
from sim.inputs import load_inputs
from sim.model import Model
from sim.verify import compare, run_reference
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.tflite_builder import ModelBuilder


@pytest.fixture(autouse=True)
def _needs_the_reference(request: pytest.FixtureRequest) -> None:
    if "without_reference" not in request.fixturenames:
        pytest.importorskip("tflite_micro", reason="the tflite-micro package is not installed")


@pytest.fixture
def without_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)


def relu_of_absolute() -> Model:
    builder = ModelBuilder()
    x, y, z = (builder.tensor((1, 4), "float32") for _ in range(3))
    builder.operator("NEG", [x], [y])
    builder.operator("RELU", [y], [z])
    return Model.parse(builder.build([x], [z]))


def test_the_reference_computes_outputs_and_what_lies_between() -> None:
    values = np.array([[1.0, -2.0, 3.0, -4.0]], np.float32)
    run = run_reference(relu_of_absolute(), [[values], [-values]], with_tensors=True)
    assert run.name.startswith("tflite-micro ")
    assert [o[0].tolist() for o in run.outputs] == [[[0, 2, 0, 4]], [[1, 0, 3, 0]]]
    assert [t[1].tolist() for t in run.tensors] == [[[-1, 2, -3, 4]], [[1, -2, 3, -4]]]
    assert compare(relu_of_absolute(), run, run.outputs, run.tensors).equal


def test_outputs_come_in_the_order_and_shape_of_the_model() -> None:
    model = Model.parse(shape.split((1, 2, 2, 6), 3, 3))
    values = np.arange(24, dtype=np.int8).reshape(1, 2, 2, 6)
    run = run_reference(model, [[values]])
    assert run.tensors == ()
    assert all(np.array_equal(o, values[..., 2 * i : 2 * i + 2]) for i, o in enumerate(run.outputs[0]))


def test_state_carries_over_between_inferences() -> None:
    model = Model.parse(sequence.unidirectional_sequence_lstm())
    (inputs,) = load_inputs(["random:1"], model)
    first, second = run_reference(model, [inputs.tensors] * 2).outputs
    assert not np.array_equal(first[0], second[0])


def test_a_model_that_the_reference_cannot_run_is_refused_with_its_reason() -> None:
    model = Model.parse(shape.resize(dtype="int16"))
    (inputs,) = load_inputs(["zeros"], model)
    with pytest.raises(ModelError, match="RESIZE_BILINEAR") as caught:
        run_reference(model, [inputs.tensors])
    assert "Traceback" not in caught.value.message


def test_a_reference_that_does_not_finish_is_given_up() -> None:
    model = relu_of_absolute()
    with pytest.raises(ModelError, match="did not finish"):
        run_reference(model, [[np.zeros((1, 4), np.float32)]], timeout_seconds=0.001)


@pytest.mark.usefixtures("without_reference")
def test_without_the_package_the_error_says_how_to_install_it() -> None:
    with pytest.raises(EnvironmentMissingError) as caught:
        run_reference(relu_of_absolute(), [[np.zeros((1, 4), np.float32)]])
    assert caught.value.hint == "pip install 'boardless[verify]'"
