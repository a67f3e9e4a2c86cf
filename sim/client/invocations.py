"""Inferences in sessions, over calls that stay open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import grpc

from sim.client.connection import Connection
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import UnavailableError

_END_SECONDS = 1.0


class Invocations:
    """Calls of ``Invoke``, kept for further requests: beginning a call takes longer than a request on one.

    A call answers one request after the other, so requests that overlap go over calls of their own.

    Parameters
    ----------
    method
        ``Invoke`` of a stub.
    """

    def __init__(self, method: Any, connection: Connection) -> None:
        self._method = method
        self._connection = connection
        self._idle: list[Any] = []

    async def ask(
        self, request: pb.InvokeRequest, on_progress: Callable[[pb.RunProgress], None]
    ) -> pb.InvokeResponse:
        """Send a request, and return its answer; cancelling the caller cancels the inference.

        Parameters
        ----------
        on_progress
            Told signs of life; may raise to cancel the inference.

        Raises
        ------
        SimError
            The server's error.
        """
        with self._connection.translated_errors():
            call = self._take()
            try:
                await call.write(request)
                while (answer := await call.read()) is not grpc.aio.EOF and answer.HasField("progress"):
                    on_progress(answer.progress)
            except BaseException:
                call.cancel()
                raise
        if answer is grpc.aio.EOF:
            raise UnavailableError("the server ended the call without an answer", "ask again")
        self._idle.append(call)
        return answer  # type: ignore[no-any-return]

    async def close(self) -> None:
        """End the idle calls, so that gRPC has no event of them left for a loop that is to be closed."""
        while self._idle:
            call = self._idle.pop()
            with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError):
                async with asyncio.timeout(_END_SECONDS):
                    await call.done_writing()
                    await call.code()

    def _take(self) -> Any:
        while self._idle:
            call = self._idle.pop()
            if not call.done():
                return call
        return self._method(metadata=self._connection.metadata)
