"""Firmware on a server that a program talks with, step by step."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.boot.waits import Wait
from sim.client.closing import AsyncClosing
from sim.client.connection import Connection
from sim.client.requests import Translation, duration
from sim.errors import CheckFailedError
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, StateError
from sim.wire.waits import wait_to_message


class AsyncFirmwareBoard(AsyncClosing):
    """A board on a server that stands still between calls; :class:`sim.boot.FirmwareBoard` on this machine.

    The board takes a worker of the server until it is closed, and is lost when it is not used for long.

    Attributes
    ----------
    uptime_seconds, cycles
        Virtual time and core cycles since reset, when the last call ended.
    core_hz
        The core clock as the firmware had set it then; None before the first call.
    sent
        Everything that the firmware has sent, by serial port or channel.
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
        self.core_hz: float | None = None
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

    async def run_for(self, seconds: float) -> None:
        """Run for a virtual time.

        Raises
        ------
        SimulationError
            The firmware faults, or the host takes too long.
        """
        await self._answered(pb.InteractRequest(run_for=pb.RunFor(duration=duration(seconds))))

    async def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received on a serial port, unless it is there already.

        Parameters
        ----------
        wait
            One of :mod:`sim.boot.waits`, such as ``LineWait("ready")``.

        Raises
        ------
        CheckFailedError
            It did not come in time, with virtual time then passed nonetheless; or a line came that a
            :class:`~sim.boot.waits.GuardedWait` forbids.
        SimulationError
            The firmware faults, or the host takes too long.
        """
        result = await self._wait_for(wait_to_message(wait), timeout_seconds, uart)
        if not result.HasField("received"):
            raise CheckFailedError(result.missed, result.missed_hint)
        received = result.received
        return Received(received.data, received.uptime_seconds, tuple(received.groups))

    async def is_idle(self, seconds: float, *, uart: str | None = None) -> bool:
        """Run for a virtual time, or until firmware sends anything: then return False."""
        result = await self._wait_for(pb.WaitFor(anything=True), seconds, uart)
        return not result.HasField("received")

    async def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read flash or RAM."""
        read = pb.ReadMemory(address=address, size_bytes=size_bytes)
        return (await self._answered(pb.InteractRequest(read_memory=read))).memory

    async def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM or flash."""
        written = pb.WriteMemory(address=address, data=data)
        await self._answered(pb.InteractRequest(write_memory=written))

    async def address_of(self, function: str) -> int:
        """Return the address of a function by its linker name."""
        find = pb.FindFunction(function=function)
        return (await self._answered(pb.InteractRequest(find_function=find))).address

    async def use_terminal(self, action: pb.TerminalAction, uart: str | None = None) -> str:
        """Do something with what listens to a serial port, and return the report that it asks for."""
        use = pb.UseTerminal(action=action, uart=uart)
        return (await self._answered(pb.InteractRequest(use_terminal=use))).report

    async def reset(self) -> None:
        """Switch off and on: RAM, peripherals, terminals and virtual time begin anew."""
        await self._answered(pb.InteractRequest(reset=pb.ResetBoard()))
        self.sent.clear()

    async def close(self) -> None:
        """Let the board go."""
        self._call.cancel()
        with contextlib.suppress(NotFoundError):  # its session has expired
            await self._release()

    async def _wait_for(self, what: pb.WaitFor, timeout_seconds: float, uart: str | None) -> pb.StepResult:
        what.timeout.CopyFrom(duration(timeout_seconds))
        what.uart = uart or ""
        return await self._answered(pb.InteractRequest(wait_for=what))

    async def _answered(self, request: pb.InteractRequest) -> pb.StepResult:
        """Ask for a step, collect the output, and return how the step ended."""
        await self._step(request)
        async for event in self._events():
            if event.WhichOneof("event") == "step":
                self.uptime_seconds, self.cycles = event.step.uptime_seconds, event.step.cycles
                self.core_hz = event.step.core_hz
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
