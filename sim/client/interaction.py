"""Firmware on a server that a program talks with, step by step."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import grpc

from sim.boot.board import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.client.connection import Connection
from sim.client.requests import Translation, duration
from sim.errors import CheckFailedError
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, StateError


class AsyncFirmwareBoard:
    """A board on a server that stands still between calls; :class:`sim.boot.FirmwareBoard` on this machine.

    The board takes a worker of the server until it is closed, and is lost when it is not used for long.

    Attributes
    ----------
    uptime_seconds, cycles
        Virtual time and core cycles since reset, when the last call ended.
    sent
        Everything that the firmware has sent, by serial port.
    """

    def __init__(
        self,
        call: Any,
        connection: Connection,
        translation: Translation,
        release: Callable[[], Awaitable[None]],
    ) -> None:
        self.uptime_seconds = 0.0
        self.cycles = 0
        self.sent: dict[str, bytearray] = {}
        self._call = call
        self._connection = connection
        self._translation = translation
        self._release = release

    async def begin(self, session: str) -> None:
        """Say whose firmware it is, by the name of its session."""
        await self._step(pb.InteractRequest(session=session))

    async def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port; while the board runs, they arrive at its baud rate."""
        await self._step(pb.InteractRequest(write=pb.WriteUart(data=data, uart=uart)))

    async def write_line(self, text: str, *, end: str = "\r", uart: str | None = None) -> None:
        """Send a line, which ends as a terminal's Return key does unless told otherwise."""
        await self.write((text + end).encode(), uart=uart)

    async def run_for(self, seconds: float) -> None:
        """Run for a virtual time.

        Raises
        ------
        SimulationError
            The firmware faults, or the host takes too long.
        """
        await self._answered(pb.InteractRequest(run_for=pb.RunFor(duration=duration(seconds))))

    async def wait_for_line(
        self,
        pattern: str,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        regex: bool = False,
        uart: str | None = None,
    ) -> Received:
        """Run until a line has come that contains a text, unless it is there already.

        Parameters
        ----------
        regex
            Whether `pattern` is a regular expression, which may match anywhere in the line.

        Raises
        ------
        CheckFailedError
            It did not come in time; virtual time has then passed nonetheless.
        SimulationError
            The firmware faults, or the host takes too long.
        """
        return await self._wait_for(_line_wait(pattern, regex=regex), timeout_seconds, uart)

    async def wait_for_prompt(
        self,
        pattern: str,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        regex: bool = False,
        uart: str | None = None,
    ) -> Received:
        """Run until a text has come in a line that may still lack its end; see :meth:`wait_for_line`."""
        what = _line_wait(pattern, regex=regex)
        what.unfinished = True
        return await self._wait_for(what, timeout_seconds, uart)

    async def wait_for_bytes(
        self, pattern: bytes, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, *, uart: str | None = None
    ) -> Received:
        """Run until bytes have come; see :meth:`wait_for_line`."""
        return await self._wait_for(pb.WaitFor(data=pattern), timeout_seconds, uart)

    async def close(self) -> None:
        """Let the board go."""
        self._call.cancel()
        with contextlib.suppress(NotFoundError):  # its session has expired
            await self._release()

    async def __aenter__(self) -> Self:
        """Return the board itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the board go."""
        await self.close()

    async def _wait_for(self, what: pb.WaitFor, timeout_seconds: float, uart: str | None) -> Received:
        what.timeout.CopyFrom(duration(timeout_seconds))
        what.uart = uart or ""
        result = await self._answered(pb.InteractRequest(wait_for=what))
        if not result.HasField("received"):
            raise CheckFailedError(result.missed)
        received = result.received
        return Received(received.data, received.uptime_seconds, tuple(received.groups))

    async def _answered(self, request: pb.InteractRequest) -> pb.StepResult:
        """Ask for a step, collect the output, and return how the step ended."""
        await self._step(request)
        async for event in self._events():
            if event.WhichOneof("event") == "step":
                self.uptime_seconds, self.cycles = event.step.uptime_seconds, event.step.cycles
                result: pb.StepResult = event.step
                return result
            self.sent.setdefault(event.output.uart, bytearray()).extend(event.output.data)
        raise StateError("the interaction is over", "open a new one")

    async def _step(self, request: pb.InteractRequest) -> None:
        with self._translation.restored_errors(), self._connection.translated_errors():
            try:
                await self._call.write(request)
            except asyncio.InvalidStateError as error:
                raise StateError("the interaction is over", "open a new one") from error

    async def _events(self) -> AsyncIterator[pb.InteractResponse]:
        with self._translation.restored_errors(), self._connection.translated_errors():
            while (event := await self._call.read()) is not grpc.aio.EOF:
                yield event


def _line_wait(pattern: str, *, regex: bool) -> pb.WaitFor:
    return pb.WaitFor(regex=pattern) if regex else pb.WaitFor(text=pattern)
