"""The grpcurl calls of the page about the service, sent as grpcurl does: with nothing but reflection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tests.support.service import RunningServer, running_server

PAGE = Path(__file__).resolve().parents[2] / "docs/service.md"
COMMAND = re.compile(
    r"\$ grpcurl -plaintext -d '(?P<body>.*)' 127\.0\.0\.1:50051 (?P<service>\S+)/(?P<method>\S+)"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data"), workers=1) as running:
        yield running


def transcript() -> list[tuple[str, str]]:
    """Return each command of the page with what it prints."""
    (console,) = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    commands: list[tuple[str, str]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            commands.append((line, ""))
        else:
            command, output = commands[-1]
            commands[-1] = command, f"{output}{line}\n"
    return commands


def grpcurl(channel: grpc.Channel, service: str, method: str, body: str) -> list[Any]:
    """Call a method that only the server describes, and return the answers as JSON."""
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    described = pool.FindServiceByName(service).methods_by_name[method]
    request = json_format.Parse(body, GetMessageClass(described.input_type)())
    call = channel.unary_stream(
        f"/{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(described.output_type).FromString,
    )
    return [json_format.MessageToDict(answer, descriptor_pool=pool) for answer in call(request)]


def documents(output: str) -> list[Any]:
    """Return the JSON documents of a transcript; what is left out of objects and lists is not in them."""
    text = re.sub(r",?\s*…(?=\s*[}\]])", "", output)
    blocks = re.split(r"^…\n", text, flags=re.MULTILINE)
    return [json.loads(block) for block in blocks]


def contains(actual: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return all(key in actual and contains(actual[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return all(contains(a, b) for a, b in zip(actual, expected, strict=True))
    return bool(actual == expected)


@pytest.mark.parametrize(("command", "output"), transcript())
def test_a_call_of_the_page_gives_the_answer_of_the_page(
    server: RunningServer, command: str, output: str
) -> None:
    call = COMMAND.fullmatch(command)
    assert call is not None
    answers = grpcurl(server.channel, call["service"], call["method"], call["body"])
    expected = documents(output)
    assert contains(answers[0], expected[0])
    assert contains(answers[-1], expected[-1])
    assert len(expected) > 1 or len(answers) == 1
