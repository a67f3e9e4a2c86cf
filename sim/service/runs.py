"""The life of a run: accepted, queued, running, ended; and who may cut it short."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from google.protobuf.duration_pb2 import Duration

from sim.errors import SimError
from sim.service.frames import JobKind
from sim.service.metrics import Metrics
from sim.service.pool import Job, Listener, Send, WorkerPool
from sim.service.specification import (
    check_inputs,
    check_mlperf_spec,
    check_spec,
    seconds_of,
    split_spec,
    without_inline_data,
)
from sim.service.store import Store, new_run
from sim.service.tracing import span
from sim.v1 import mlperf_pb2, result_pb2
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import InternalServiceError, RequestError, RunCancelledError, UnavailableError
from sim.wire.status import status_of

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
_START_WRITE_SECONDS = 0.05
"""A run that ends sooner is not written down as running in between."""
OnEvent = Callable[[pb.RunResponse], None]
Spec = pb.RunSpec | pb.MlperfSpec


class Runs:
    """Runs in progress, and the store of all others.

    Parameters
    ----------
    max_run_seconds
        Longest time on the host that a run may take.
    """

    def __init__(self, store: Store, pool: WorkerPool, metrics: Metrics, max_run_seconds: float) -> None:
        self._store = store
        self._pool = pool
        self._metrics = metrics
        self._max_run_seconds = max_run_seconds
        self._active: dict[str, asyncio.Task[pb.Run]] = {}
        self._in_use: Counter[str] = Counter()
        self._thread = ThreadPoolExecutor(1, "store")
        self._draining = False

    async def stored(self, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a method of the store in its thread; calls happen in the order they were made."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*arguments, **options))

    @property
    def store(self) -> Store:
        """The store, to be used through :meth:`stored`."""
        return self._store

    @property
    def in_use(self) -> list[str]:
        """Digests of files that runs and sessions still need."""
        return list(self._in_use)

    def hold(self, digests: Iterable[str]) -> None:
        """Keep files from being removed until they are released."""
        for digest in digests:
            self._in_use[digest] += 1

    def release(self, digests: Iterable[str]) -> None:
        """Let go of files."""
        for digest in digests:
            self._in_use[digest] -= 1
            if not self._in_use[digest]:
                del self._in_use[digest]

    async def admit(
        self,
        spec: Spec,
        *,
        kind: JobKind = JobKind.RUN,
        is_live: bool = False,
    ) -> Job:
        """Check a specification and return its job, with a place for it in the pool.

        Raises
        ------
        SimError
            The specification makes no sense, names what is not there, or there is no room.
        """
        with self._place():
            digests = check_mlperf_spec(spec) if isinstance(spec, pb.MlperfSpec) else check_spec(spec)
            self._bound_time(spec)
            key, rest = split_spec(spec) if isinstance(spec, pb.RunSpec) else (b"", spec.SerializeToString())
            paths = await self._paths(digests)
            return Job(key, rest, paths, kind, is_live)

    async def admit_again(
        self, job: Job, spec: pb.RunSpec, kind: JobKind, inputs: Sequence[pb.InputSpec] = ()
    ) -> Job:
        """Return another job for a specification that was admitted before, with a place for it in the pool.

        Parameters
        ----------
        job, spec
            The earlier job, whose files the caller holds, and its specification, which has no inputs.
        inputs
            Inputs of the new one.

        Raises
        ------
        SimError
            An input makes no sense, names what is not there, or there is no room.
        """
        with self._place():
            paths = job.artifacts
            if others := check_inputs(spec, inputs) - paths.keys():
                paths = {**paths, **await self._paths(others)}
            # Serialized messages that follow each other are one message.
            joined = job.spec + pb.RunSpec(inputs=inputs).SerializeToString()
            return Job(job.board_key, joined, paths, kind)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """Reserve a place in the pool, and give it back unless a job comes of it."""
        self._pool.admit()
        try:
            yield
        except BaseException:
            self._pool.withdraw()
            raise

    async def _paths(self, digests: Collection[str]) -> Mapping[str, str]:
        return await self.stored(self._store.artifact_paths, digests) if digests else {}

    async def run_mlperf(
        self, spec: pb.MlperfSpec, on_progress: Callable[[pb.RunProgress], None]
    ) -> mlperf_pb2.MlperfReport:
        """Run a benchmark, of which nothing is kept.

        Raises
        ------
        SimError
            The specification makes no sense, there is no room, or the benchmark cannot be carried out.
        """
        job = await self.admit(spec, kind=JobKind.MLPERF)
        self.hold(job.artifacts)
        try:
            with span("mlperf", {"sim.platform": spec.platform}):
                report = await self._pool.execute(
                    job,
                    Listener(on_event=lambda event: on_progress(pb.RunResponse.FromString(event).progress)),
                )
        finally:
            self.release(job.artifacts)
        return mlperf_pb2.MlperfReport.FromString(report)

    async def start(self, spec: pb.RunSpec, on_event: OnEvent | None = None) -> asyncio.Task[pb.Run]:
        """Accept a run and return the task that ends with it; cancelling the task cancels the run.

        Parameters
        ----------
        on_event
            Told what happens, beginning with the run as it was accepted; None when nobody listens.

        Raises
        ------
        SimError
            The run was not accepted.
        """
        if self._draining:
            raise UnavailableError("the server is shutting down", "try again later")
        job = await self.admit(spec, is_live=on_event is not None)
        run = new_run(without_inline_data(spec))
        # Not awaited: the store's thread keeps the order, and the end of the run waits for its turn.
        self._thread.submit(self._store.add_run, pb.Run.FromString(run.SerializeToString()))
        if on_event is not None:
            on_event(pb.RunResponse(accepted=run))
        task = asyncio.create_task(self._execute(run, job, on_event))
        self._active[run.name] = task
        task.add_done_callback(lambda _: self._active.pop(run.name, None))
        try:
            await asyncio.sleep(0)  # a task that is cancelled before its first step would leave no trace
        except asyncio.CancelledError:
            task.cancel()
            raise
        return task

    async def cancel(self, name: str) -> pb.Run:
        """Stop a run unless it has ended, and return it.

        Raises
        ------
        NotFoundError
            There is no such run.
        """
        task = self._active.get(name)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return await self.stored(self._store.get_run, name)

    async def drain(self, seconds: float) -> None:
        """Accept no more runs, wait for those in progress, and cancel what is left after a time."""
        self._draining = True
        if self._active:
            await asyncio.wait(list(self._active.values()), timeout=seconds)
        left = list(self._active.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def close(self) -> None:
        """Close the store, when everything in its queue is written."""
        await self.stored(self._store.close)
        self._thread.shutdown()

    async def _execute(self, run: pb.Run, job: Job, on_event: OnEvent | None) -> pb.Run:
        """Run a job to its end, whatever that is; the returned run says which."""
        started = time.monotonic()
        self.hold(job.artifacts)
        start_write: asyncio.TimerHandle | None = None

        def note_start(_send: Send) -> None:
            nonlocal start_write
            run.state = pb.RUN_STATE_RUNNING
            run.start_time.FromNanoseconds(time.time_ns() // 1000 * 1000)
            start_write = asyncio.get_running_loop().call_later(_START_WRITE_SECONDS, self._write_start, run)

        def pass_on(event: bytes) -> None:
            if on_event is not None:
                on_event(pb.RunResponse.FromString(event))

        try:
            with span("run", {"sim.run": run.name, "sim.platform": run.spec.platform}):
                result = await self._pool.execute(job, Listener(note_start, pass_on))
            run.result.CopyFrom(result_pb2.Result.FromString(result))
            run.state = pb.RUN_STATE_SUCCEEDED
        except asyncio.CancelledError:
            self._fail(run, RunCancelledError("the run was cancelled"), pb.RUN_STATE_CANCELLED)
        except SimError as error:
            self._fail(run, error, pb.RUN_STATE_FAILED)
        except Exception:
            log.exception("run failed", extra={"run": run.name})
            self._fail(run, InternalServiceError("internal error"), pb.RUN_STATE_FAILED)
        finally:
            self.release(job.artifacts)
            if start_write is not None:
                start_write.cancel()
        run.end_time.FromNanoseconds(time.time_ns() // 1000 * 1000)
        await _finish(self.stored(self._store.update_run, run))
        self._account(run, time.monotonic() - started)
        if on_event is not None:
            on_event(pb.RunResponse(finished=run))
        return run

    def _write_start(self, run: pb.Run) -> None:
        self._thread.submit(self._store.update_run, pb.Run.FromString(run.SerializeToString()))

    def _fail(self, run: pb.Run, error: SimError, state: pb.RunState) -> None:
        run.state = state
        run.error.CopyFrom(status_of(error))

    def _account(self, run: pb.Run, seconds: float) -> None:
        state = pb.RunState.Name(run.state).removeprefix("RUN_STATE_").lower()
        self._metrics.runs.labels(state).inc()
        self._metrics.cycles.inc(sum(inference.cycles for inference in run.result.inferences))
        facts = {"run": run.name, "state": state, "platform": run.spec.platform, "seconds": round(seconds, 4)}
        if run.HasField("error"):
            facts["error"] = run.error.message
        log.info("run ended", extra=facts)

    def _bound_time(self, spec: Spec) -> None:
        limit = Duration()
        limit.FromMilliseconds(round(self._max_run_seconds * 1000))
        if not spec.HasField("wall_timeout"):
            spec.wall_timeout.CopyFrom(limit)
            return
        if seconds_of(spec.wall_timeout) > self._max_run_seconds:
            raise RequestError(
                f"the wall_timeout is above this server's limit of {self._max_run_seconds:g} s",
                "ask for less, or for nothing",
                field="spec.wall_timeout",
            )


async def _finish(work: Coroutine[None, None, None]) -> None:
    """Wait for work that a cancellation must not interrupt any more."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()
