"""The worker processes: who is idle, who waits for one, and what happens when one dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from google.rpc import status_pb2

from sim.errors import EnvironmentMissingError
from sim.service.channel import WorkerChannel
from sim.service.frames import Frame, FrameKind, JobKind
from sim.service.limits import WARM_BOARDS
from sim.service.metrics import Metrics
from sim.wire.errors import (
    InternalServiceError,
    QueueFullError,
    RunCancelledError,
    UnavailableError,
    WorkerLostError,
)
from sim.wire.status import error_from

log = logging.getLogger(__name__)

CANCEL_GRACE_SECONDS = 1.0
"""How long a worker may take to give up a job before it is killed; it looks dozens of times a second."""
_RESPAWN_DELAY_SECONDS = 1.0

Send = Callable[[Frame], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to know how a job goes.

    Attributes
    ----------
    on_start
        Told when a worker has begun, with a function that sends it more.
    on_event
        Told the messages of the worker for the client.
    """

    on_start: Callable[[Send], None] = lambda _: None
    on_event: Callable[[bytes], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes
    ----------
    board_key
        Which warm board it can use: the serialized ``RunSpec`` without inputs; empty for firmware, of which
        none is kept.
    spec
        The rest of the serialized ``RunSpec``; all of it, or of the ``MlperfSpec``, without a board key.
    artifacts
        Paths of the files that it names, by digest.
    is_live
        Whether somebody listens to more than signs of life.
    """

    board_key: bytes
    spec: bytes
    artifacts: Mapping[str, str]
    kind: JobKind = JobKind.RUN
    is_live: bool = False

    def frame(self) -> Frame:
        """Return the frame that asks a worker for it."""
        header = {
            "artifacts": dict(self.artifacts),
            "kind": self.kind,
            "is_live": self.is_live,
            "board_key_bytes": len(self.board_key),
        }
        return Frame(FrameKind.JOB, header, self.board_key + self.spec)


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process, as the front process sees it."""

    number: int
    process: asyncio.subprocess.Process
    channel: WorkerChannel
    warm: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def note_board(self, key: bytes) -> None:
        """Remember that the board is warm there now, and which one made room."""
        self.warm[key] = None
        self.warm.move_to_end(key)
        if len(self.warm) > WARM_BOARDS:
            self.warm.popitem(last=False)


class WorkerPool:
    """A fixed number of workers behind a queue.

    Parameters
    ----------
    size
        Number of workers.
    max_queue
        Jobs that may wait for a worker.
    memory_bytes
        Address space that one job may take in its worker.
    directory
        Where workers put their scratch files.
    """

    def __init__(
        self, size: int, max_queue: int, memory_bytes: int, directory: Path, metrics: Metrics
    ) -> None:
        self._size = size
        self._max_queue = max_queue
        self._memory_bytes = memory_bytes
        self._directory = directory
        self._metrics = metrics
        self._numbers = itertools.count(1)
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._waiting: deque[asyncio.Future[_Worker]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._admitted = 0
        self._closed = False

    async def start(self) -> None:
        """Start a worker, and let the others start behind it.

        Raises
        ------
        EnvironmentMissingError
            It ends before it is ready, and so would all.
        """
        try:
            await self._try_to_add_worker()
        except (OSError, InternalServiceError) as error:
            raise EnvironmentMissingError(
                "the processes that execute runs end before they are ready",
                "what they print on stderr says why; `sim doctor` looks for what is missing",
            ) from error
        for _ in range(self._size - 1):
            self._spawn(self._add_worker())

    async def close(self) -> None:
        """Kill all workers and refuse all jobs that wait."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(UnavailableError("the server is shutting down", "try again later"))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._kill(worker) for worker in list(self._workers)))

    @property
    def process_ids(self) -> list[int]:
        """Process IDs of the live workers."""
        return [worker.process.pid for worker in self._workers]

    def admit(self) -> None:
        """Reserve a place for a job, which :meth:`execute` takes or :meth:`withdraw` gives back.

        Raises
        ------
        QueueFullError
            As many jobs wait as may.
        """
        waiting = self._admitted + sum(not waiter.done() for waiter in self._waiting)
        if waiting >= self._max_queue + len(self._idle):
            raise QueueFullError(f"{waiting} runs are waiting already", "try again in a moment")
        self._admitted += 1

    def withdraw(self) -> None:
        """Give back the place of a job that will not be executed."""
        self._admitted -= 1

    async def execute(self, job: Job, listener: Listener) -> bytes:
        """Run an admitted job and return the serialized result; cancelling the caller cancels the job.

        Raises
        ------
        WorkerLostError
            The worker crashed or hung; another one takes its place.
        SimError
            The job itself failed.
        """
        self._admitted -= 1
        while True:
            worker = await self._acquire(job.board_key)
            answer = await self._execute_on(worker, job, listener)
            if answer is not None:
                return answer

    async def _execute_on(self, worker: _Worker, job: Job, listener: Listener) -> bytes | None:
        """Run a job on a worker; None when the worker died before it saw the job, so another can have it."""
        has_started = False

        def on_frame(frame: Frame) -> None:
            nonlocal has_started
            if frame.kind is FrameKind.STARTED:
                has_started = True
                listener.on_start(worker.channel.send)
            else:
                listener.on_event(frame.body)

        self._metrics.busy_workers.inc()
        asked = worker.channel.ask(job.frame(), on_frame)
        try:
            answer = await asked
        except ConnectionError as error:
            self._spawn(self._replace(worker))
            if not has_started:
                return None
            raise WorkerLostError(
                "the process that executed the run died", "the run may need too much memory on the server"
            ) from error
        except TimeoutError as error:
            self._spawn(self._replace(worker))
            raise WorkerLostError(f"the process that executed the run gave {error}") from error
        except BaseException:
            if asked.cancelled() or asked.exception() is not None:
                self._spawn(self._reclaim(worker))
            else:  # the answer and the cancellation crossed
                self._release(worker)
            raise
        finally:
            self._metrics.busy_workers.dec()
        return self._settle(worker, job, answer)

    def _settle(self, worker: _Worker, job: Job, answer: Frame) -> bytes:
        """Take a worker back that has answered, and return or raise its answer."""
        self._release(worker)
        if answer.kind is FrameKind.RESULT:
            if job.board_key:
                worker.note_board(job.board_key)
            return answer.body
        if not answer.body:
            raise RunCancelledError("the run was cancelled")
        raise error_from(status_pb2.Status.FromString(answer.body))

    async def _acquire(self, board_key: bytes) -> _Worker:
        if self._closed:
            raise UnavailableError("the server is shutting down", "try again later")
        while self._idle:
            worker = next((w for w in self._idle if board_key in w.warm), self._idle[0])
            self._idle.remove(worker)
            if worker.channel.is_open:
                return worker
            self._spawn(self._replace(worker))
        waiter: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._metrics.queued_runs.inc()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release(waiter.result())
            raise
        finally:
            self._metrics.queued_runs.dec()
            with contextlib.suppress(ValueError):
                self._waiting.remove(waiter)

    def _release(self, worker: _Worker) -> None:
        """Hand a worker to the longest-waiting job, or mark it idle."""
        if not worker.channel.is_open:
            self._spawn(self._replace(worker))
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(worker)
                return
        self._idle.append(worker)

    async def _reclaim(self, worker: _Worker) -> None:
        """Take a worker back whose job is not wanted any more."""
        try:
            async with asyncio.timeout(CANCEL_GRACE_SECONDS):
                await worker.channel.ask(Frame(FrameKind.CANCEL))
        except (TimeoutError, ConnectionError):
            await self._replace(worker)
        else:
            self._release(worker)

    async def _replace(self, worker: _Worker) -> None:
        log.warning("worker lost", extra={"worker": worker.number})
        self._metrics.lost_workers.inc()
        await self._kill(worker)
        await self._add_worker()

    async def _add_worker(self) -> None:
        """Start a worker and put it to use; try until it works or the pool is closed."""
        while not self._closed:
            try:
                await self._try_to_add_worker()
            except (OSError, InternalServiceError):
                log.exception("cannot start a worker")
                await asyncio.sleep(_RESPAWN_DELAY_SECONDS)
            else:
                return

    async def _try_to_add_worker(self) -> None:
        """Start a worker and put it to use.

        Raises
        ------
        OSError, InternalServiceError
            It cannot be started, or ends before it is ready.
        """
        started = time.monotonic()
        worker = await self._start_worker()
        log.info(
            "worker ready",
            extra={"worker": worker.number, "start_seconds": round(time.monotonic() - started, 3)},
        )
        self._release(worker)

    async def _start_worker(self) -> _Worker:
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        with theirs:
            channel = await WorkerChannel.connect(ours)
            ready = channel.ask(None)
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "sim.service.worker",
                    str(theirs.fileno()),
                    str(self._directory / f"worker-{number}"),
                    str(self._memory_bytes),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
            except BaseException:
                ready.cancel()
                channel.close()
                raise
        worker = _Worker(number, process, channel)
        self._workers.add(worker)
        try:
            if (await ready).kind is not FrameKind.READY:
                raise InternalServiceError("a worker started with something else than READY")
        except BaseException:
            await self._kill(worker)
            raise
        return worker

    async def _kill(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        with contextlib.suppress(ValueError):
            self._idle.remove(worker)
        worker.channel.close()
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
