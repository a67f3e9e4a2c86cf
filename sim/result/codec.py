"""Between frozen dataclasses and JSON, driven by the type hints of their fields.

Numbers that JSON cannot write (NaN and the infinities, which a float model may well answer) are written as
the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, as the Protocol Buffers JSON mapping does.
A field that may hold them is hinted ``int | float``; one hinted ``float`` is finite.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sim.errors import UsageError

# Line breaks inside JSON strings are escaped, so these patterns only ever match the indentation itself.
_FLAT_ARRAY = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s*\]")
_LINE_BREAK = re.compile(r"\n\s+")

NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Number:
    """Stands for ``int | float`` in a bare type: an integer stays one, and NaN and infinities are allowed."""


class ResultFormatError(UsageError):
    """A document is not a result, or one of its fields has the wrong type."""

    code = "result.format"


@dataclass(frozen=True, slots=True)
class Doc:
    """What the published schema says about a field.

    Parameters
    ----------
    description
        One sentence.
    unit
        Unit of the number, as a SI symbol or a plain noun.
    """

    description: str
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """Base of everything in a document: fields of a newer writer are kept, and written back unchanged."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


PartT = TypeVar("PartT", bound=Part)


def field_hints(part: type[Any]) -> dict[str, Any]:
    """Type hints of the JSON fields of a part or another dataclass, in the order they are written."""
    hints = get_type_hints(part, include_extras=True)
    return {f.name: hints[f.name] for f in dataclasses.fields(part) if f.name != "extra"}


def required_fields(part: type[Any]) -> list[str]:
    """Names of the fields that every document has."""
    return [
        f.name
        for f in dataclasses.fields(part)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]


def split_hint(hint: Any) -> tuple[Any, Doc | None, bool]:
    """Split a hint into the bare type, its documentation and whether it may be null."""
    doc = None
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        doc = next((note for note in notes if isinstance(note, Doc)), None)
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        nullable = len(members) < len(get_args(hint))
        if set(members) == {int, float}:
            return Number, doc, nullable
        if len(members) != 1:
            raise TypeError(f"{hint} is not a type, int | float, or one of these | None")
        return members[0], doc, nullable
    return hint, doc, False


def encode(value: Any) -> Any:
    """Turn a part, or anything that a part holds, into what :mod:`json` writes."""
    if isinstance(value, Part):
        document = {
            f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "extra"
        }
        return {**document, **value.extra}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def dump(document: Any) -> str:
    """Return encoded values as indented JSON text, ending in a line feed; arrays of scalars take one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return _FLAT_ARRAY.sub(lambda array: f"[{_LINE_BREAK.sub(' ', array[1])}]", text) + "\n"


def decode(part: type[PartT], document: Any, path: str = "document") -> PartT:
    """Build a part from parsed JSON.

    Raises
    ------
    ResultFormatError
        A field is missing or has the wrong type; the message names it by its path.
    """
    if not isinstance(document, dict):
        raise ResultFormatError(f"{path} is not a JSON object")
    hints = field_hints(part)
    missing = [name for name in required_fields(part) if name not in document]
    if missing:
        raise ResultFormatError(f"{path} lacks the field {missing[0]!r}")
    values = {
        name: _decode_value(hint, document[name], f"{path}.{name}")
        for name, hint in hints.items()
        if name in document
    }
    extra = {name: value for name, value in document.items() if name not in hints}
    return part(**values, extra=extra)


def _decode_value(hint: Any, value: Any, path: str) -> Any:
    kind, _, nullable = split_hint(hint)
    if value is None and nullable:
        return None
    origin = get_origin(kind)
    if origin is tuple:
        item = get_args(kind)[0]
        return tuple(
            _decode_value(item, entry, f"{path}[{i}]") for i, entry in enumerate(_expect(list, value, path))
        )
    if origin is not None and issubclass(origin, Mapping):
        item = get_args(kind)[1]
        return {
            key: _decode_value(item, entry, f"{path}.{key}")
            for key, entry in _expect(dict, value, path).items()
        }
    if issubclass(kind, Part):
        return decode(kind, value, path)
    if issubclass(kind, StrEnum):
        if value not in list(kind):
            raise ResultFormatError(f"{path} is {value!r}, not one of {', '.join(kind)}")
        return kind(value)
    if kind is Number and isinstance(value, str) and value in NON_FINITE:
        return NON_FINITE[value]
    if kind is float or kind is Number:
        number = _expect((int, float), value, path)
        return float(number) if kind is float else number
    return _expect(kind, value, path)


def _expect(kind: type | tuple[type, ...], value: Any, path: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        wanted = kind.__name__ if isinstance(kind, type) else "number"
        raise ResultFormatError(f"{path} is {value!r:.60}, not of type {wanted}")
    return value
