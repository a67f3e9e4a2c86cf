"""Reference pages about the result document, generated from its dataclasses and the registry of issues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sim.result.issues import REGISTRY
from sim.result.schema import build_schema

_ISSUE_CODES_HEAD = """\
# Issue codes

A result lists in `issues` what a reader must know before trusting its numbers. Codes are stable: scripts may
match them. An `error` makes the result `invalid`, a `warning` makes it `degraded`; an `info` changes nothing.

This page is generated from `sim/result/issues.py` by `python -m sim.cli.reference`.
"""


def schema_text() -> str:
    """Return the published JSON Schema."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def issue_codes_page() -> str:
    """Return ``docs/issue-codes.md``."""
    rows = [
        f"| `{code}` | {kind.severity} | {kind.meaning} | {kind.hint or ''} |"
        for code, kind in sorted(REGISTRY.items())
    ]
    return "\n".join(
        [_ISSUE_CODES_HEAD, "| Code | Severity | Meaning | Hint |", "|---|---|---|---|", *rows, ""]
    )


def field_tables() -> str:
    """Return the generated half of ``docs/result.md``: one table per kind of object."""
    schema = build_schema()
    sections = [_section("The document", schema)]
    sections += [_section(name, definition) for name, definition in schema["$defs"].items()]
    return "\n".join(sections)


def _section(title: str, definition: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {_type(prop)} | {prop.get('unit', '')} | {prop['description']} |"
        for name, prop in definition["properties"].items()
    ]
    table = ["| Field | Type | Unit | Meaning |", "|---|---|---|---|", *rows]
    return "\n".join([f"## {title}", "", definition["description"], "", *table, ""])


def _type(schema: dict[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_types(schema)))


def _types(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield f"[{name}](#{name.lower()})"
    elif "anyOf" in schema:
        for alternative in schema["anyOf"]:
            yield from _types(alternative)
    elif "enum" in schema:
        yield from (f"`{value}`" for value in schema["enum"])
    else:
        for name in [schema["type"]] if isinstance(schema["type"], str) else schema["type"]:
            yield f"array of {_type(schema['items'])}" if name == "array" else name
