"""The JSON Schema of the result document, built from its dataclasses and published in ``sim/schema``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

from sim.result.codec import NON_FINITE, Number, Part, field_hints, required_fields, split_hint
from sim.result.document import SCHEMA, SCHEMA_VERSION, Result

SCHEMA_PATH = Path(__file__).parent.parent / "schema" / f"result.v{SCHEMA_VERSION}.schema.json"
SCHEMA_ID = f"urn:boardless:schema:result:{SCHEMA_VERSION}"

_TYPES: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Number: {"anyOf": [{"type": "number"}, {"enum": list(NON_FINITE)}]},
}


def build_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of :class:`~sim.result.Result`."""
    definitions: dict[str, Any] = {}
    root = _object(Result, definitions)
    root["properties"]["schema"]["const"] = SCHEMA
    root["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    root["required"] = ["schema", "schema_version", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Boardless result",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(part: type[Part], definitions: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": _first_paragraph(part),
        "type": "object",
        "additionalProperties": True,
        "required": required_fields(part),
        "properties": {name: _property(hint, definitions) for name, hint in field_hints(part).items()},
    }


def _property(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    kind, doc, nullable = split_hint(hint)
    schema = _type(kind, definitions)
    if nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    elif nullable:
        schema = {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}
    if doc is None:
        return schema
    return {"description": doc.description, **({"unit": doc.unit} if doc.unit else {}), **schema}


def _type(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin is tuple:
        return {"type": "array", "items": _property(get_args(kind)[0], definitions)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _property(get_args(kind)[1], definitions)}
    if issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    if issubclass(kind, Part):
        definitions[kind.__name__] = _object(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return dict(_TYPES[kind])


def _first_paragraph(part: type[Part]) -> str:
    return " ".join((part.__doc__ or "").split("\n\n")[0].split())
