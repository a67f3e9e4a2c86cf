"""What the client does with a server that knows no encoding of results but the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

from sim.client import AsyncClient
from sim.inference import RunRequest
from sim.result import Result
from sim.v1 import simulator_pb2 as pb
from sim.v1 import simulator_pb2_grpc
from sim.wire.results import result_to_message
from tests.support.results import full_result


class OlderServicer(simulator_pb2_grpc.SimulatorServicer):
    async def OpenSession(self, request: pb.OpenSessionRequest, context: Any) -> pb.Session:  # noqa: N802
        return pb.Session(name="sessions/1")

    async def Invoke(  # noqa: N802
        self, request: AsyncIterator[pb.InvokeRequest], context: Any
    ) -> AsyncIterator[pb.InvokeResponse]:
        async for _ in request:
            yield pb.InvokeResponse(result=result_to_message(full_result()))


async def invoke_on_older_server() -> Result:
    server = grpc.aio.server()
    simulator_pb2_grpc.add_SimulatorServicer_to_server(OlderServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with AsyncClient(f"127.0.0.1:{port}") as client:
        session = await client.open_session(RunRequest(platform="stm32l4r5"))
        result = await session.invoke()
    await server.stop(None)
    return result


def test_a_server_may_answer_with_the_message_whatever_was_wanted() -> None:
    assert asyncio.run(invoke_on_older_server()) == full_result()
