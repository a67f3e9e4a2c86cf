"""Between results or reports and their messages, driven by the type hints of their fields.

A field that is None is absent in the message. Lists and objects that may be None are messages of their own,
with one repeated field, because a repeated field cannot be absent.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin

from sim.mlperf import MlperfReport
from sim.result import Operator, Result
from sim.result.codec import Number, field_hints, required_fields, split_hint
from sim.v1 import mlperf_pb2, result_pb2

PartT = TypeVar("PartT")


def result_to_message(result: Result) -> result_pb2.Result:
    """Return the message of a result; fields of a newer document version are left out."""
    return result_pb2.Result(**_arguments(result, result_pb2.Result.DESCRIPTOR))


def operator_to_message(operator: Operator) -> result_pb2.Operator:
    """Return the message of an operator."""
    return result_pb2.Operator(**_arguments(operator, result_pb2.Operator.DESCRIPTOR))


def result_from_message(message: result_pb2.Result) -> Result:
    """Return the result of a message, equal to the one that it was made from."""
    return _build(Result, message)


def mlperf_report_to_message(report: MlperfReport) -> mlperf_pb2.MlperfReport:
    """Return the message of a benchmark's report."""
    return mlperf_pb2.MlperfReport(**_arguments(report, mlperf_pb2.MlperfReport.DESCRIPTOR))


def mlperf_report_from_message(message: mlperf_pb2.MlperfReport) -> MlperfReport:
    """Return the report of a message, equal to the one that it was made from."""
    return _build(MlperfReport, message)


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field goes over the wire.

    Attributes
    ----------
    is_optional
        Whether it may be absent, which leaves the default, or else gives None.
    to_wire
        Makes what a message's constructor takes of a value.
    from_wire
        Makes a value of what the message holds.
    """

    name: str
    is_optional: bool
    has_default: bool
    to_wire: Callable[[Any], Any]
    from_wire: Callable[[Any], Any]


_plans: dict[type[Any], tuple[_Field, ...]] = {}


def _arguments(part: Any, descriptor: Any) -> dict[str, Any]:
    return {
        field.name: field.to_wire(value)
        for field in _plan(type(part), descriptor)
        if (value := getattr(part, field.name)) is not None
    }


def _build(part: type[PartT], message: Any) -> PartT:
    values = {}
    for field in _plan(part, message.DESCRIPTOR):
        if not field.is_optional or message.HasField(field.name):
            values[field.name] = field.from_wire(getattr(message, field.name))
        elif not field.has_default:
            values[field.name] = None
    return part(**values)


def _plan(part: type[Any], descriptor: Any) -> tuple[_Field, ...]:
    """Return how the fields of a part travel."""
    plan = _plans.get(part)
    if plan is None:
        required = required_fields(part)
        plan = tuple(
            _Field(
                name,
                descriptor.fields_by_name[name].has_presence
                and (name not in required or split_hint(hint)[2]),
                name not in required,
                *_converters(hint, descriptor.fields_by_name[name]),
            )
            for name, hint in field_hints(part).items()
        )
        _plans[part] = plan
    return plan


def _converters(hint: Any, descriptor: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    kind, _, _ = split_hint(hint)
    origin: Any = get_origin(kind)
    if origin is tuple:
        return _list_converters(get_args(kind)[0], descriptor)
    if _is_table(kind):
        return _table_converters(descriptor.message_type)
    if kind is Number:
        return _number_to_wire, _number_from_wire
    if issubclass(kind, StrEnum):
        return _enum_converters(kind)
    if _is_part(kind):
        to_wire = functools.partial(_arguments, descriptor=descriptor.message_type)
        return to_wire, functools.partial(_build, kind)
    return _same, _same


def _is_part(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)


def _is_table(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is not None and issubclass(origin, Mapping)


def _list_converters(hint: Any, descriptor: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    item, _, _ = split_hint(hint)
    if item is Number:
        return _numbers_to_wire, _numbers_from_wire
    if not descriptor.has_presence:
        return _items_converters(item, descriptor)
    (wrapped,) = descriptor.message_type.fields
    to_wire, from_wire = _items_converters(item, wrapped)
    return (
        lambda values: {wrapped.name: to_wire(values)},
        lambda message: from_wire(getattr(message, wrapped.name)),
    )


def _items_converters(item: Any, descriptor: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    if get_origin(item) is tuple:
        (cells,) = descriptor.message_type.fields
        return (
            lambda rows: [{cells.name: row} for row in rows],
            lambda rows: tuple(tuple(getattr(row, cells.name)) for row in rows),
        )
    if _is_part(item):
        build = functools.partial(_build, item)
        return (
            lambda parts: [_arguments(part, descriptor.message_type) for part in parts],
            lambda parts: tuple(map(build, parts)),
        )
    return _same, tuple


def _enum_converters(kind: type[StrEnum]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).upper()
    numbers = result_pb2.DESCRIPTOR.enum_types_by_name[kind.__name__].values_by_name
    by_member = {member: numbers[f"{prefix}_{member.name}"].number for member in kind}
    by_number = {number: member for member, number in by_member.items()}
    return by_member.__getitem__, by_number.__getitem__


def _same(value: Any) -> Any:
    return value


def _table_converters(descriptor: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return the converters of an object with any keys: a message of entries, of a name and a value."""
    (entries,) = descriptor.fields
    name, value = (field.name for field in entries.message_type.fields)
    return (
        lambda table: {entries.name: [{name: key, value: number} for key, number in table.items()]},
        lambda message: {
            getattr(entry, name): getattr(entry, value) for entry in getattr(message, entries.name)
        },
    )


def _number_to_wire(value: int | float) -> dict[str, int | float]:
    return {"integer" if isinstance(value, int) else "real": value}


def _number_from_wire(number: result_pb2.Number) -> int | float:
    return number.integer if number.HasField("integer") else number.real


def _numbers_to_wire(values: tuple[int | float, ...]) -> dict[str, Any]:
    return {"reals" if any(isinstance(value, float) for value in values) else "integers": values}


def _numbers_from_wire(numbers: result_pb2.Numbers) -> tuple[int | float, ...]:
    return tuple(numbers.integers or numbers.reals)
