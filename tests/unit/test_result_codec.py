"""Reading and writing result documents."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ExitCode
from sim.result import Result, ResultFormatError, output_from_raw
from sim.result.codec import dump
from tests.support.results import full_result, small_result


def test_reading_what_was_written_gives_the_same_result() -> None:
    for result in (full_result(), small_result()):
        assert Result.from_json(result.to_json()) == result


def test_the_json_text_is_one_document_that_ends_in_a_line_feed() -> None:
    text = full_result().to_json()
    assert text.endswith("}\n")
    json.loads(text)


def test_an_unknown_value_is_null_and_not_zero() -> None:
    document = small_result().to_dict()
    assert document["cycles"] is None
    assert document["memory"]["arena_used_bytes"] is None


def test_fields_of_a_newer_writer_are_kept_and_written_back() -> None:
    document = full_result().to_dict()
    document["carbon_grams"] = 1
    document["operators"][1]["tile"] = {"rows": 4}
    result = Result.from_dict(document)
    assert result.cycles == full_result().cycles
    assert result.to_dict() == document


def test_a_nullable_field_may_be_left_out() -> None:
    document = full_result().to_dict()
    del document["uart"]
    assert Result.from_dict(document).uart is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "boardless.platforms"}, "not a Boardless result"),
        ({"schema_version": 2}, "schema_version 2"),
        ({"cycles": "many"}, "document.cycles"),
        ({"cycles": True}, "document.cycles"),
        ({"cycles": 1.5}, "document.cycles"),
        ({"energy_joules": "NaN"}, "document.energy_joules"),
        ({"stop_reason": "bored"}, "document.stop_reason is 'bored'"),
        ({"validity": ["valid"]}, "document.validity"),
        ({"platform": None}, "document.platform"),
        ({"operators": [{"index": 0}]}, r"document.operators\[0\] lacks the field 'name'"),
        ({"instruction_mix": {"alu": "x"}}, "document.instruction_mix.alu"),
    ],
)
def test_a_wrong_field_is_refused_by_its_path(change: dict[str, object], message: str) -> None:
    with pytest.raises(ResultFormatError, match=message) as caught:
        Result.from_dict({**full_result().to_dict(), **change})
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "{}", "[" * 100_000, b"\xff\xfe\x00"])
def test_text_that_is_no_result_is_refused(text: str | bytes) -> None:
    with pytest.raises(ResultFormatError):
        Result.from_json(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda items: st.lists(items, max_size=4) | st.dictionaries(st.text(), items, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200)
@given(_JSON | st.lists(st.sampled_from(["[\n 1\n]", "a\n  b", "]", "{", "[", 1])))
def test_putting_arrays_on_one_line_does_not_change_the_document(document: object) -> None:
    assert json.loads(dump(document)) == document


def test_an_array_of_numbers_takes_one_line() -> None:
    assert (
        dump({"a": [1, 2], "b": [{"c": []}]})
        == '{\n  "a": [1, 2],\n  "b": [\n    {\n      "c": []\n    }\n  ]\n}\n'
    )


@settings(max_examples=50)
@given(st.lists(st.floats(width=32), min_size=1, max_size=8))
def test_every_float_output_survives_json_and_keeps_it_valid(values: list[float]) -> None:
    output = output_from_raw(
        index=0,
        name=None,
        dtype="float32",
        shape=(len(values),),
        scale=None,
        zero_point=None,
        values_raw=values,
    )
    text = dataclasses.replace(full_result(), outputs=(output,)).to_json()

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads(text, parse_constant=refuse)
    for read, written in zip(Result.from_json(text).outputs[0].values, values, strict=True):
        assert read == written or (math.isnan(read) and math.isnan(written))
