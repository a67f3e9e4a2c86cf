"""The bundled model is the one its manifest describes, and is as good as stated."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.demo import demo_image, demo_input, demo_labels, demo_manifest, demo_model_path
from sim.errors import InputError

DATA = Path(__file__).parent.parent / "data"
VARIANTS = ("digits_float32", "digits_int16x8", "digits_int8_per_channel_dense")
ARENA_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def digits() -> Any:
    """The data set as scikit-learn ships it: images (1797, 8, 8) of 0..16, target (1797,)."""
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn holds the data set")
    return datasets.load_digits()


def interpreter_of(path: Path) -> Any:
    package = pytest.importorskip("tflite_micro", reason="tflite-micro is the reference interpreter")
    return package.runtime.Interpreter.from_file(str(path), arena_size=ARENA_BYTES)


def predictions(path: Path, images: np.ndarray) -> np.ndarray:
    """Classify grey images (n, 8, 8) of 0..16, quantising as the model itself says."""
    interpreter = interpreter_of(path)
    details = interpreter.get_input_details(0)
    tensors = images[..., None] / 16
    if np.issubdtype(details["dtype"], np.integer):
        parameters = details["quantization_parameters"]
        limits = np.iinfo(details["dtype"])
        tensors = np.round(tensors / parameters["scales"][0]) + parameters["zero_points"][0]
        tensors = np.clip(tensors, limits.min, limits.max)
    digits = []
    for tensor in tensors.astype(details["dtype"]):
        interpreter.set_input(tensor[None], 0)
        interpreter.invoke()
        digits.append(int(np.argmax(interpreter.get_output(0))))
    return np.array(digits)


def held_out(digits: Any) -> tuple[np.ndarray, np.ndarray]:
    first = demo_manifest()["dataset"]["first_held_out_sample"]
    return digits.images[first:], digits.target[first:]


def test_the_manifest_describes_the_model_file() -> None:
    model = demo_model_path().read_bytes()
    assert demo_manifest()["sha256"] == hashlib.sha256(model).hexdigest()
    assert demo_manifest()["size_bytes"] == len(model) < 20_000


def test_the_model_reads_the_whole_held_out_split_as_accurately_as_stated(digits: Any) -> None:
    images, labels = held_out(digits)
    stated = demo_manifest()["accuracy"]
    assert len(labels) == stated["held_out_samples"] == 360
    correct = predictions(demo_model_path(), images) == labels
    assert correct.mean() == pytest.approx(stated["int8"], abs=1e-12)
    assert correct.mean() >= 0.96


@pytest.mark.parametrize("name", VARIANTS)
def test_the_variants_for_tests_are_the_same_network_in_other_types(name: str, digits: Any) -> None:
    images, _ = held_out(digits)
    same = predictions(DATA / f"{name}.tflite", images) == predictions(demo_model_path(), images)
    assert same.mean() >= 0.98


def test_the_bundled_images_are_the_first_two_of_each_digit_in_the_held_out_split(digits: Any) -> None:
    images, labels = held_out(digits)
    assert demo_labels().tolist() == [*range(10), *range(10)]
    for index, digit in enumerate(demo_labels()):
        nth = np.flatnonzero(labels == digit)[index // 10]
        np.testing.assert_array_equal(demo_image(index), images[nth])


def test_inputs_are_quantised_as_the_model_says() -> None:
    details = interpreter_of(demo_model_path()).get_input_details(0)
    for index in range(len(demo_labels())):
        tensor = demo_input(index)
        assert tensor.dtype == details["dtype"] == np.int8
        assert tensor.shape == tuple(details["shape"])
        scale, zero_point = (details["quantization_parameters"][key][0] for key in ("scales", "zero_points"))
        brightness = (tensor[0, :, :, 0].astype(np.float64) - zero_point) * scale
        np.testing.assert_allclose(brightness, demo_image(index) / 16, atol=scale / 2 + 1e-9)


@pytest.mark.parametrize("index", [-1, 20])
def test_an_image_that_does_not_exist_is_refused_with_a_hint(index: int) -> None:
    with pytest.raises(InputError, match=f"no demo image {index}") as caught:
        demo_image(index)
    assert "0 to 19" in caught.value.hint


def test_changing_a_returned_image_leaves_the_bundled_one_alone() -> None:
    demo_image(3)[:] = 99
    assert demo_image(3).max() <= 16
