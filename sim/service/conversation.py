"""The front process's side of an interaction: steps go to the worker, output and answers to the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from sim.service.frames import Frame, FrameKind
from sim.service.pool import Job, Listener, Send, WorkerPool
from sim.v1 import simulator_pb2 as pb

Answer = Callable[[pb.InteractResponse], Awaitable[None]]


class Conversation:
    """One client and one worker.

    A step goes to the worker when the client has taken the answer to the one before, so a client that reads
    slowly or writes fast fills no memory here.
    """

    def __init__(self, pool: WorkerPool, job: Job) -> None:
        self._pool = pool
        self._job = job
        self._send: asyncio.Future[Send] = asyncio.get_running_loop().create_future()
        self._events: asyncio.Queue[pb.InteractResponse | None] = asyncio.Queue()
        self._is_answered = asyncio.Event()

    async def hold(self, steps: AsyncIterator[pb.InteractRequest], answer: Answer) -> None:
        """Pass steps and answers on until either side has no more.

        Raises
        ------
        SimError
            The worker ends the interaction with it.
        """
        execution = asyncio.create_task(self._execute())
        feeding = asyncio.create_task(self._feed(steps))
        try:
            while (event := await self._events.get()) is not None:
                await answer(event)
                if event.HasField("step"):
                    self._is_answered.set()
            await execution
        finally:
            feeding.cancel()
            execution.cancel()

    async def _execute(self) -> None:
        try:
            await self._pool.execute(self._job, Listener(self._send.set_result, self._take))
        finally:
            self._events.put_nowait(None)

    async def _feed(self, steps: AsyncIterator[pb.InteractRequest]) -> None:
        send = await self._send
        async for step in steps:
            self._is_answered.clear()
            send(Frame(FrameKind.STEP, body=step.SerializeToString()))
            if step.WhichOneof("step") != "write":
                await self._is_answered.wait()
        send(Frame(FrameKind.END))

    def _take(self, event: bytes) -> None:
        if event:  # an empty one is a mere sign of life
            self._events.put_nowait(pb.InteractResponse.FromString(event))
