"""Outputs, labels and previews of a result."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sim.errors import UsageError
from sim.result import Output, grey_preview, output_from_raw, with_labels
from tests.support.results import full_result, small_result


def int8_output(values: list[int], shape: tuple[int, ...]) -> Output:
    return output_from_raw(
        index=0, name=None, dtype="int8", shape=shape, scale=0.5, zero_point=-3, values_raw=values
    )


def test_quantised_outputs_are_dequantised_by_scale_and_zero_point() -> None:
    assert int8_output([-3, -1, 127], (1, 3)).values == (0.0, 1.0, 65.0)


def test_float_outputs_are_taken_as_they_are() -> None:
    output = output_from_raw(
        index=0, name=None, dtype="float32", shape=(2,), scale=None, zero_point=None, values_raw=[0.25, 3]
    )
    assert output.values == (0.25, 3.0)


@pytest.mark.parametrize(
    ("values", "shape", "argmax"),
    [
        ([1, 9, 9, 2], (1, 4), 1),
        ([1, 9, 3, 2], (1, 1, 1, 4), 1),
        ([1, 9, 3, 2], (4,), 1),
        ([5], (1, 1), None),
        ([1, 9, 3, 2], (2, 2), None),
        ([], (1, 0), None),
    ],
)
def test_only_a_vector_of_several_elements_has_an_argmax(
    values: list[int], shape: tuple[int, ...], argmax: int | None
) -> None:
    assert int8_output(values, shape).argmax == argmax


def test_a_vector_with_nan_has_no_argmax() -> None:
    output = output_from_raw(
        index=0,
        name=None,
        dtype="float32",
        shape=(2,),
        scale=None,
        zero_point=None,
        values_raw=[1.0, float("nan")],
    )
    assert output.argmax is None


def test_labels_name_the_class_in_every_inference() -> None:
    labelled = with_labels(full_result(), [f"digit {i}" for i in range(10)])
    assert labelled.outputs[0].label == "digit 0"
    assert labelled.inferences[0].outputs[0].label == "digit 0"


def test_labels_that_do_not_match_the_number_of_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="2 labels do not fit output 0 of 10 classes"):
        with_labels(full_result(), ["a", "b"])


def test_labels_change_nothing_in_a_run_without_outputs() -> None:
    assert with_labels(small_result(), ["a"]) == small_result()


def test_a_preview_spans_black_to_white() -> None:
    preview = grey_preview(list(range(-8, 8)), (1, 4, 4, 1))
    assert preview is not None
    assert preview[0][0] == 0
    assert preview[3][3] == 255
    assert len(preview) == 4


def test_a_preview_of_a_large_colour_image_averages_its_pixels() -> None:
    image = np.zeros((1, 96, 64, 3), dtype=np.int64)
    image[0, :2, :2] = [[[30, 60, 90], [60, 60, 60]], [[60, 60, 60], [60, 60, 60]]]
    image[0, 95, 63] = 255
    preview = grey_preview(image.ravel().tolist(), image.shape)
    assert preview is not None
    assert np.shape(preview) == (48, 32)
    assert preview[0][0] == 60
    assert preview[47][31] == round(255 / 4)


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ((1, 10), range(10)),
        ((1, 3, 3, 1), range(9)),
        ((1, 4, 4, 2), range(32)),
        ((2, 4, 4, 1), range(32)),
        ((1, 4, 4, 1), [7] * 16),
        ((1, 4, 4, 1), [*range(15), float("inf")]),
        ((1, 49, 10, 8), range(3920)),
    ],
)
def test_a_tensor_that_is_no_picture_has_no_preview(shape: tuple[int, ...], values: list[float]) -> None:
    assert grey_preview(list(values), shape) is None


def test_parts_of_a_result_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        full_result().outputs[0].index = 3  # type: ignore[misc]
