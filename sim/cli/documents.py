"""JSON documents of the verbs that list facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any


def document(schema: str, content: Mapping[str, Any]) -> str:
    """Return a JSON document that names itself, such as ``boardless.platforms``, version 1."""
    return (
        json.dumps(
            {"schema": f"boardless.{schema}", "schema_version": 1, **content},
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
            default=_plain,
        )
        + "\n"
    )


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")
