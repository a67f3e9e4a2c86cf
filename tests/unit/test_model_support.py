from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from sim.errors import ImageError, ModelError
from sim.model import Model, check_supported, load_operators, require_supported
from sim.model.checks import RULES
from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.tflite_builder import ModelBuilder

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt" / "operators.json"


def operators(tmp_path: Path, *entries: tuple[str, int, int, int, list[str]]) -> Path:
    path = tmp_path / "operators.json"
    keys = ("builtin", "code", "min_version", "max_version", "types")
    path.write_text(json.dumps([dict(zip(keys, e, strict=True)) for e in entries]))
    return path


def test_a_model_of_known_operators_is_supported(tmp_path: Path) -> None:
    known = load_operators(operators(tmp_path, ("CONV_2D", 3, 1, 3, ["int8"])))
    assert check_supported(Model.parse(so.conv_2d()), known) == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (("ADD", 0, 1, 2, ["int8"]), "no such kernel"),
        (("CONV_2D", 3, 1, 2, ["int8"]), "only versions 1 to 2"),
        (("CONV_2D", 3, 4, 9, ["int8"]), "only versions 4 to 9"),
        (("CONV_2D", 3, 1, 3, ["float32", "int16"]), "only float32, int16"),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, entry: tuple[str, int, int, int, list[str]], reason: str
) -> None:
    (problem,) = check_supported(Model.parse(so.conv_2d()), load_operators(operators(tmp_path, entry)))
    assert reason in problem.reason
    assert (problem.operator, problem.version, problem.dtype, problem.indices) == ("CONV_2D", 3, "int8", (0,))


def test_the_error_lists_everything_with_its_places() -> None:
    builder = ModelBuilder()
    tensors = [builder.tensor((1, 4), "float32") for _ in range(5)]
    for name, (a, b) in zip(("RELU", "COS", "RELU", "MyOperator"), pairwise(tensors), strict=True):
        builder.operator(name, [a], [b])
    with pytest.raises(ModelError) as caught:
        require_supported(Model.parse(builder.build(tensors[:1], tensors[-1:])), [])
    for part in (
        "RELU version 1 on float32 (operators 0, 2)", "COS version 1 on float32 (operator 1)",
        "MyOperator version 1 on float32 (operator 3): custom",
    ):  # fmt: skip
        assert part in caught.value.message


@pytest.mark.parametrize("build", [sequence.transpose_conv, shape.split])
def test_the_type_of_the_data_counts_and_not_that_of_parameters_before_them(
    build: object, tmp_path: Path
) -> None:
    known = load_operators(
        operators(tmp_path, ("TRANSPOSE_CONV", 67, 1, 3, ["int8"]), ("SPLIT", 49, 1, 2, ["int8"]))
    )
    assert check_supported(Model.parse(build()), known) == []  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '[{"builtin": "ADD"}]'])
def test_a_malformed_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "operators.json"
    path.write_text(text)
    if text == "{}":
        assert load_operators(path) == ()
    else:
        with pytest.raises(ImageError):
            load_operators(path)


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be read"):
        load_operators(tmp_path / "none.json")


def test_every_operator_of_the_prebuilt_firmware_has_a_rule() -> None:
    names = {operator.name for operator in load_operators(PREBUILT)}
    assert names
    assert names <= set(RULES)
