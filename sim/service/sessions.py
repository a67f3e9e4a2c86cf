"""Sessions: a board and a model that stay warm under a name."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from sim.service.conversation import Conversation
from sim.service.frames import JobKind
from sim.service.limits import MAX_SESSIONS, SESSION_IDLE_SECONDS
from sim.service.metrics import Metrics
from sim.service.pool import Job, Listener, WorkerPool
from sim.service.runs import Runs
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import LimitError, NotFoundError, RequestError, StateError
from sim.wire.names import resource_id

_SWEEP_SECONDS = 10.0
_JOBS = {
    pb.RESULT_ENCODING_UNSPECIFIED: JobKind.INVOKE,
    pb.RESULT_ENCODING_MESSAGE: JobKind.INVOKE,
    pb.RESULT_ENCODING_MESSAGE_PACK: JobKind.INVOKE_DOCUMENT,
}
_BOOTED = frozenset({"image", "base_address"})
"""What of firmware counts in a session."""


@dataclass(slots=True)
class _Entry:
    """An open session, the job that booted its board, and when it expires on the monotonic clock."""

    spec: pb.RunSpec
    job: Job
    expires: float


class Sessions:
    """The open sessions.

    A session of a model is a promise to keep a board warm, not a worker of its own: every invocation starts
    from the state right after boot, so any worker can answer it, and the next call after a worker died boots
    again. One of firmware is only a name for it: every interaction starts at reset.
    """

    def __init__(
        self, runs: Runs, pool: WorkerPool, metrics: Metrics, idle_seconds: float = SESSION_IDLE_SECONDS
    ) -> None:
        self._runs = runs
        self._pool = pool
        self._metrics = metrics
        self._idle_seconds = idle_seconds
        self._entries: dict[str, _Entry] = {}

    async def open(self, spec: pb.RunSpec) -> pb.Session:
        """Boot a board and return its session.

        Raises
        ------
        SimError
            The specification makes no sense, or the board does not boot with it.
        """
        if spec.inputs or spec.verify:
            raise RequestError(
                "a session has neither inputs nor verify", "give inputs to Invoke", field="spec.inputs"
            )
        for descriptor, _ in spec.firmware.ListFields():
            if descriptor.name not in _BOOTED:
                raise RequestError(
                    f"a session of firmware has no {descriptor.name}",
                    "say what to do in Interact",
                    field=f"spec.firmware.{descriptor.name}",
                )
        if len(self._entries) >= MAX_SESSIONS:
            raise LimitError(f"there are {MAX_SESSIONS} sessions open already", "close some")
        session = pb.Session(name=f"sessions/{uuid.uuid4().hex}", spec=spec)
        job = await self._runs.admit(session.spec, kind=JobKind.BOOT)
        self._runs.hold(job.artifacts)
        try:
            await self._pool.execute(job, Listener())
        except BaseException:
            self._runs.release(job.artifacts)
            raise
        session.create_time.GetCurrentTime()
        session.expire_time.FromMilliseconds(round((time.time() + self._idle_seconds) * 1000))
        self._entries[session.name] = _Entry(session.spec, job, time.monotonic() + self._idle_seconds)
        self._metrics.sessions.inc()
        return session

    async def invoke(self, request: pb.InvokeRequest, on_sign: Callable[[bytes], None]) -> bytes:
        """Run inferences on a session's board, and return the serialized ``InvokeResponse``.

        Parameters
        ----------
        on_sign
            Told signs of life where they are wanted, each one a serialized ``InvokeResponse``.

        Raises
        ------
        RequestError
            That is no name of a session, or an unknown encoding.
        NotFoundError
            There is no such session, or it has expired.
        StateError
            It is one of firmware.
        SimError
            An input does not fit.
        """
        entry = self._entry(request.session)
        if entry.spec.HasField("firmware"):
            raise StateError(f"{request.session} has firmware and no model", "talk with it: use Interact")
        kind = _JOBS.get(request.result_encoding)
        if kind is None:
            raise RequestError("result_encoding has an unknown value", field="result_encoding")
        self._touch(entry)
        job = await self._runs.admit_again(entry.job, entry.spec, kind, request.inputs)
        self._runs.hold(job.artifacts)
        # The number of the field progress is the same in both messages.
        listener = Listener(on_event=on_sign) if request.progress_wanted else Listener()
        try:
            return await self._pool.execute(job, listener)
        finally:
            self._runs.release(job.artifacts)
            self._touch(entry)

    async def interact(
        self,
        name: str,
        steps: AsyncIterator[pb.InteractRequest],
        answer: Callable[[pb.InteractResponse], Awaitable[None]],
    ) -> None:
        """Do a client's steps with a board of a session's firmware.

        Raises
        ------
        RequestError
            That is no name of a session.
        NotFoundError
            There is no such session, or it has expired.
        StateError
            It is one of a model.
        SimError
            A step makes no sense, the firmware faults, or the client takes too long.
        """
        entry = self._entry(name)
        if not entry.spec.HasField("firmware"):
            raise StateError(f"{name} has a model and no firmware", "run inferences: use Invoke")
        self._touch(entry)
        job = await self._runs.admit_again(entry.job, entry.spec, JobKind.INTERACT)
        self._runs.hold(job.artifacts)
        try:
            await Conversation(self._pool, job).hold(steps, answer)
        finally:
            self._runs.release(job.artifacts)
        self._touch(entry)

    def close(self, name: str) -> None:
        """End a session.

        Raises
        ------
        RequestError
            That is no name of a session.
        NotFoundError
            There is no such session.
        """
        entry = self._entry(name, "name")
        del self._entries[name]
        self._runs.release(entry.job.artifacts)
        self._metrics.sessions.dec()

    async def expire_forever(self) -> None:
        """Close sessions that nobody uses, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            for name in [name for name, entry in self._entries.items() if entry.expires < time.monotonic()]:
                self.close(name)

    def _touch(self, entry: _Entry) -> None:
        entry.expires = time.monotonic() + self._idle_seconds

    def _entry(self, name: str, field: str = "session") -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            resource_id(name, "sessions", field)
            raise NotFoundError(f"there is no {name}", "it may have expired: open a new one", resource=name)
        return entry
