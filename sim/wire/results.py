"""Between the result document and its messages, driven by the type hints of the document's fields.

A field that is None is absent in the message. Lists and objects that may be None are messages of their own,
with one repeated field, because a repeated field cannot be absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin

from google.protobuf.message import Message

from sim.result import Result
from sim.result.codec import Number, Part, field_hints, required_fields, split_hint
from sim.v1 import result_pb2

PartT = TypeVar("PartT", bound=Part)


def result_to_message(result: Result) -> result_pb2.Result:
    """Return the message of a result; fields of a newer document version are left out."""
    message = result_pb2.Result()
    _fill(message, result)
    return message


def result_from_message(message: result_pb2.Result) -> Result:
    """Return the result of a message, equal to the one that it was made from."""
    return _build(Result, message)


_Field = tuple[str, Any, bool, bool]
_fields_by_part: dict[type[Part], tuple[_Field, ...]] = {}


def _fields(part: type[Part]) -> tuple[_Field, ...]:
    """Return name, bare type, whether it may be None, and whether it must be given, of each field."""
    known = _fields_by_part.get(part)
    if known is None:
        required = set(required_fields(part))
        split = {name: split_hint(hint) for name, hint in field_hints(part).items()}
        known = tuple((name, kind, nullable, name in required) for name, (kind, _, nullable) in split.items())
        _fields_by_part[part] = known
    return known


def _fill(message: Any, part: Part) -> None:
    for name, kind, _, _ in _fields(type(part)):
        value = getattr(part, name)
        if value is None:
            continue
        target = getattr(message, name)
        origin: Any = get_origin(kind)
        if origin is tuple:
            _fill_list(target, value, get_args(kind)[0])
        elif origin is not None and issubclass(origin, Mapping):
            target.SetInParent()
            for key, count in value.items():
                target.counts.add(name=key, count=count)
        elif kind is Number:
            _fill_number(target, value)
        elif issubclass(kind, StrEnum):
            setattr(message, name, _enum_value(message, name, value))
        elif issubclass(kind, Part):
            target.SetInParent()
            _fill(target, value)
        else:
            setattr(message, name, value)


def _fill_list(target: Any, values: tuple[Any, ...], hint: Any) -> None:
    item, _, _ = split_hint(hint)
    if item is Number:
        target.SetInParent()
        is_real = any(isinstance(value, float) for value in values)
        (target.reals if is_real else target.integers).extend(values)
        return
    if isinstance(target, Message):
        target.SetInParent()
        target = getattr(target, _only_field(target))
    if get_origin(item) is tuple:
        for row in values:
            _fill_list(target.add(), row, get_args(item)[0])
    elif isinstance(item, type) and issubclass(item, Part):
        for part in values:
            _fill(target.add(), part)
    else:
        target.extend(values)


def _fill_number(target: Any, value: int | float) -> None:
    if isinstance(value, int):
        target.integer = value
    else:
        target.real = value


def _build(part: type[PartT], message: Any) -> PartT:
    values: dict[str, Any] = {}
    for name, kind, nullable, required in _fields(part):
        if message.DESCRIPTOR.fields_by_name[name].has_presence and not message.HasField(name):
            if nullable:
                values[name] = None
                continue
            if not required:
                continue
        values[name] = _value(kind, message, name)
    return part(**values)


def _value(kind: Any, message: Any, name: str) -> Any:
    source = getattr(message, name)
    origin: Any = get_origin(kind)
    if origin is tuple:
        return _list_value(source, get_args(kind)[0])
    if origin is not None and issubclass(origin, Mapping):
        return {entry.name: entry.count for entry in source.counts}
    if kind is Number:
        return source.integer if source.HasField("integer") else source.real
    if issubclass(kind, StrEnum):
        return _enum_member(kind, message, name)
    if issubclass(kind, Part):
        return _build(kind, source)
    return source


def _list_value(source: Any, hint: Any) -> tuple[Any, ...]:
    item, _, _ = split_hint(hint)
    if item is Number:
        return tuple(source.integers or source.reals)
    if isinstance(source, Message):
        source = getattr(source, _only_field(source))
    if get_origin(item) is tuple:
        return tuple(_list_value(row, get_args(item)[0]) for row in source)
    if isinstance(item, type) and issubclass(item, Part):
        return tuple(_build(item, entry) for entry in source)
    return tuple(source)


def _only_field(message: Message) -> str:
    (field,) = message.DESCRIPTOR.fields
    return str(field.name)


def _enum_prefix(message: Any, name: str) -> str:
    values = message.DESCRIPTOR.fields_by_name[name].enum_type.values
    return str(values[0].name).removesuffix("UNSPECIFIED")


def _enum_value(message: Any, name: str, value: StrEnum) -> int:
    values = message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_name
    return int(values[_enum_prefix(message, name) + value.name].number)


def _enum_member(kind: type[StrEnum], message: Any, name: str) -> StrEnum:
    values = message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
    return kind[str(values[getattr(message, name)].name).removeprefix(_enum_prefix(message, name))]
