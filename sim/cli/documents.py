"""JSON documents of the verbs that list facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from sim.result.codec import dump


def document(schema: str, content: Mapping[str, Any]) -> str:
    """Return a JSON document that names itself, such as ``boardless.platforms``, version 1."""
    return dump({"schema": f"boardless.{schema}", "schema_version": 1, **plain(content)})


def plain(value: Any) -> Any:
    """Turn dataclasses, enumerations and paths into what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value
