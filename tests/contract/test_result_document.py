"""The result document is a contract: its JSON, its schema and its dataclasses agree in every direction."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim.result import Result
from sim.result.codec import Part
from sim.result.schema import SCHEMA_PATH
from tests.support.results import full_result, small_result

GOLDEN = Path(__file__).parent / "golden" / "result.v1.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))


def test_a_full_result_is_written_exactly_as_the_golden_document() -> None:
    assert full_result().to_json() == GOLDEN.read_text(encoding="utf-8")


def test_the_golden_document_is_read_as_the_full_result() -> None:
    assert Result.from_json(GOLDEN.read_bytes()) == full_result()


def test_the_published_schema_is_a_valid_draft_2020_12_schema(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("result", [full_result(), small_result()], ids=["full", "small"])
def test_results_conform_to_the_published_schema(schema: dict[str, Any], result: Result) -> None:
    jsonschema.validate(json.loads(result.to_json()), schema)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("schema", "boardless.platforms"),
        ("schema_version", 2),
        ("cycles", 1.5),
        ("energy_joules", "1 J"),
        ("validity", "fine"),
        ("outputs", None),
        ("operators", [{"name": "CONV_2D"}]),
        ("memory", {"arena_used_bytes": "many"}),
        ("issues", [{"code": "x", "severity": "fatal", "message": "m"}]),
    ],
)
def test_the_published_schema_refuses_a_wrong_field(
    schema: dict[str, Any], field: str, wrong: object
) -> None:
    document = full_result().to_dict()
    document[field] = wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


@pytest.mark.parametrize("field", ["platform", "engine", "memory", "stop_reason", "validity", "provenance"])
def test_the_published_schema_demands_the_parts_that_every_result_has(
    schema: dict[str, Any], field: str
) -> None:
    document = small_result().to_dict()
    del document[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_every_field_of_every_part_is_in_the_published_schema_and_nothing_else(
    schema: dict[str, Any],
) -> None:
    for part in (Result, *Part.__subclasses__()):
        definition = schema if part is Result else schema["$defs"][part.__name__]
        fields = {field.name for field in dataclasses.fields(part)} - {"extra"}
        assert set(definition["properties"]) == fields, part.__name__
    assert set(schema["$defs"]) == {part.__name__ for part in Part.__subclasses__()} - {"Result"}


def test_every_property_of_the_published_schema_has_a_description(schema: dict[str, Any]) -> None:
    for definition in (schema, *schema["$defs"].values()):
        for name, prop in definition["properties"].items():
            assert prop["description"].endswith("."), name


@pytest.mark.parametrize(
    ("suffix", "unit"),
    [
        ("_seconds", "s"),
        ("_joules", "J"),
        ("_watts", "W"),
        ("_volts", "V"),
        ("_amperes", "A"),
        ("_hz", "Hz"),
        ("_bytes", "B"),
        ("cycles", "cycles"),
    ],
)
def test_the_unit_in_a_field_name_is_the_unit_in_the_schema(
    schema: dict[str, Any], suffix: str, unit: str
) -> None:
    properties = [
        (name, prop)
        for definition in (schema, *schema["$defs"].values())
        for name, prop in definition["properties"].items()
        if name.endswith(suffix)
    ]
    assert properties
    assert all(prop["unit"] == unit for _, prop in properties), properties


def test_objects_of_the_published_schema_admit_fields_of_newer_versions(schema: dict[str, Any]) -> None:
    for definition in (schema, *schema["$defs"].values()):
        assert definition["additionalProperties"] is True


def test_the_full_result_leaves_no_field_null_that_could_be_filled() -> None:
    def nulls(value: Any, path: str) -> list[str]:
        if isinstance(value, dict):
            return [hit for key, item in value.items() for hit in nulls(item, f"{path}.{key}")]
        if isinstance(value, list):
            return [hit for i, item in enumerate(value) for hit in nulls(item, f"{path}[{i}]")]
        return [path] if value is None else []

    # No labels were given, and a softmax has no MACs.
    allowed = (".label", "operators[3].cycles_per_mac")
    assert [path for path in nulls(full_result().to_dict(), "result") if not path.endswith(allowed)] == []
