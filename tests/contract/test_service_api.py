"""The protocol of the service: stubs are current, its rules hold, the result is the same document."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from api.generate import API, PROTO_FILES, ROOT, describe, generate
from sim.result import Result
from sim.result.codec import Part, field_hints, split_hint
from sim.v1 import result_pb2
from sim.wire.documents import result_from_document, result_to_document
from sim.wire.errors import InternalServiceError
from sim.wire.results import result_from_message, result_to_message
from tests.support.results import full_result, small_result

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UNSIGNED = {
    Field.TYPE_UINT32,
    Field.TYPE_UINT64,
    Field.TYPE_FIXED32,
    Field.TYPE_FIXED64,
}
QUANTITIES = {
    "cycles": "cycles",
    "Hz": "_hz",
    "J": "joules|uncertainty",
    "W": "watts",
    "V": "volts",
    "A": "amperes",
    "B": "bytes",
    "s": "seconds",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    return describe(tmp_path_factory.mktemp("api") / "descriptors")


def test_the_stubs_are_those_that_the_proto_files_generate(tmp_path: Path) -> None:
    generate(tmp_path)
    generated = {path.name: path.read_bytes() for path in (tmp_path / "sim/v1").iterdir()}
    committed = {path.name: path.read_bytes() for path in (ROOT / "sim/v1").glob("*_pb2*")}
    assert committed == generated, "run `make proto`"


def test_packages_lie_in_directories_of_their_name_and_end_in_a_version(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    for file in files:
        assert str(Path(file.name).parent) == file.package.replace(".", "/")
        assert re.search(r"\.v[0-9]+$", file.package)


def test_fields_are_signed_snake_case_and_never_start_with_num(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    for file in files:
        for message in file.message_type:
            for field in message.field:
                where = f"{message.name}.{field.name}"
                assert field.type not in UNSIGNED, where
                assert SNAKE.fullmatch(field.name), where
                assert not field.name.startswith("num_"), where


def test_enum_values_carry_the_name_of_their_enum_and_start_with_an_unspecified_one(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    for enum in (enum for file in files for enum in file.enum_type):
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper()
        assert enum.value[0].name == f"{prefix}_UNSPECIFIED"
        assert enum.value[0].number == 0
        assert all(value.name.startswith(f"{prefix}_") for value in enum.value)


def test_every_method_has_a_request_message_of_its_own_name(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    methods = [method for file in files for service in file.service for method in service.method]
    assert len(methods) == 17
    for method in methods:
        assert method.input_type == f".sim.v1.{method.name}Request"


def test_everything_is_documented(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    undocumented = [name for name, comment in _comments(files).items() if not comment]
    assert undocumented == []


def test_a_field_with_a_unit_has_it_in_its_name(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    for name, comment in _comments(files).items():
        unit = re.search(r"Unit: ([^.]+)\.$", comment)
        if unit and unit[1] in QUANTITIES:
            assert re.search(QUANTITIES[unit[1]], name.rpartition(".")[2]), f"{name} is in {unit[1]}"


def test_the_result_message_has_the_fields_and_the_words_of_the_result_document(
    files: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    comments = _comments(files)
    for part in _parts(Result):
        message = result_pb2.DESCRIPTOR.message_types_by_name[part.__name__]
        hints = field_hints(part)
        assert [field.name for field in message.fields] == list(hints)
        for name, hint in hints.items():
            _, doc, _ = split_hint(hint)
            assert doc is not None
            words = doc.description + (f" Unit: {doc.unit}." if doc.unit else "")
            assert comments[f"{part.__name__}.{name}"] == words


def test_a_field_that_may_be_null_has_presence() -> None:
    for part in _parts(Result):
        message = result_pb2.DESCRIPTOR.message_types_by_name[part.__name__]
        for name, hint in field_hints(part).items():
            _, _, nullable = split_hint(hint)
            assert not nullable or message.fields_by_name[name].has_presence, f"{part.__name__}.{name}"


@pytest.mark.parametrize("result", [full_result(), small_result()], ids=["full", "small"])
def test_a_result_survives_the_way_over_the_wire(result: Result) -> None:
    given = dataclasses.replace(result, command=("sim", "run"))
    data = result_to_message(given).SerializeToString()
    received = result_from_message(result_pb2.Result.FromString(data))
    assert received == given
    assert received.to_json() == given.to_json()


@pytest.mark.parametrize("result", [full_result(), small_result()], ids=["full", "small"])
def test_a_result_survives_the_way_in_a_document(result: Result) -> None:
    received = result_from_document(result_to_document(result))
    assert received == result
    assert received.to_json() == result.to_json()


def test_a_document_in_messagepack_has_the_names_and_values_of_the_one_in_json() -> None:
    result = full_result()
    assert _without_extra(msgspec.msgpack.decode(result_to_document(result))) == result.to_dict()


def test_a_document_keeps_numbers_that_json_cannot_write() -> None:
    output = dataclasses.replace(
        full_result().outputs[0], values=(math.nan, math.inf, 1.0), values_raw=(-math.inf, 2, 0.5)
    )
    received = result_from_document(
        result_to_document(dataclasses.replace(full_result(), outputs=(output,)))
    ).outputs[0]
    assert repr((received.values, received.values_raw)) == repr((output.values, output.values_raw))


@pytest.mark.parametrize("document", [b"", b"\x93", msgspec.msgpack.encode({"schema": 1}), b"\xc1" * 20])
def test_what_is_no_result_is_an_error_of_the_server(document: bytes) -> None:
    with pytest.raises(InternalServiceError, match="not a result"):
        result_from_document(document)


def test_a_document_of_a_newer_server_is_read_without_its_new_fields() -> None:
    result = full_result()
    document = {**msgspec.msgpack.decode(result_to_document(result)), "news": 1}
    assert result_from_document(msgspec.msgpack.encode(document)) == result


def _without_extra(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_extra(item) for name, item in value.items() if name != "extra"}
    return [_without_extra(item) for item in value] if isinstance(value, list) else value


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    """Yield a part and all parts below it."""
    yield part
    for hint in field_hints(part).values():
        for found in _kinds(hint):
            yield from _parts(found)


def _kinds(hint: object) -> Iterator[type[Part]]:
    kind, _, _ = split_hint(hint)
    for candidate in (kind, *getattr(kind, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, Part):
            yield candidate


def _comments(files: list[descriptor_pb2.FileDescriptorProto]) -> dict[str, str]:
    """Return the comment of everything that can have one, by its name in the file."""
    comments: dict[str, str] = {}
    for file in files:
        located = {
            tuple(location.path): " ".join(location.leading_comments.split())
            for location in file.source_code_info.location
        }
        for path, name in _named(file):
            comments[name] = located.get(path, "")
    return comments


def _named(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for i, message in enumerate(file.message_type):
        yield (4, i), message.name
        for j, field in enumerate(message.field):
            yield (4, i, 2, j), f"{message.name}.{field.name}"
    for i, enum in enumerate(file.enum_type):
        yield (5, i), enum.name
        for j, value in enumerate(enum.value):
            yield (5, i, 2, j), f"{enum.name}.{value.name}"
    for i, service in enumerate(file.service):
        yield (6, i), service.name
        for j, method in enumerate(service.method):
            yield (6, i, 2, j), f"{service.name}.{method.name}"


def test_the_generator_knows_all_proto_files() -> None:
    assert {str(path.relative_to(API)) for path in API.rglob("*.proto")} == set(PROTO_FILES)
