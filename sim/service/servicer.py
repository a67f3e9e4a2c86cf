"""The methods of the service, thin over runs, sessions and the store."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.rpc import status_pb2

from sim.platform import list_platforms, load_platform
from sim.platform.description import Platform
from sim.service.answers import answers
from sim.service.artifact_facts import describe_artifact
from sim.service.compare import compare_runs
from sim.service.limits import DEFAULT_PAGE, MAX_BATCH, MAX_PAGE, MAX_UPLOAD_PIECE_BYTES
from sim.service.metrics import Metrics
from sim.service.runs import Runs
from sim.service.sessions import Sessions
from sim.service.signs import Signs
from sim.service.specification import check_platform
from sim.v1 import simulator_pb2 as pb
from sim.v1 import simulator_pb2_grpc
from sim.wire.errors import LimitError, NotFoundError, QueueFullError, RequestError, StateError
from sim.wire.names import resource_id
from sim.wire.status import error_from, status_of

_BATCH_RETRY_SECONDS = 0.05
_PAGE_TOKEN = re.compile(r"[0-9]{1,18}")


class SimulatorServicer(simulator_pb2_grpc.SimulatorServicer):
    """``sim.v1.Simulator``; the contract is in ``api/sim/v1/simulator.proto``."""

    def __init__(
        self, runs: Runs, sessions: Sessions, metrics: Metrics, max_artifact_bytes: int, batch_width: int
    ) -> None:
        self.metrics = metrics
        self._runs = runs
        self._sessions = sessions
        self._max_artifact_bytes = max_artifact_bytes
        self._batch_width = batch_width

    # -- platforms -----------------------------------------------------------------------------------------

    @answers
    async def ListPlatforms(self, request: pb.ListPlatformsRequest, context: Any) -> pb.ListPlatformsResponse:
        """List the boards."""
        summaries = await asyncio.to_thread(list_platforms)
        return pb.ListPlatformsResponse(
            platforms=[
                pb.Platform(
                    name=f"platforms/{summary.id}",
                    display_name=summary.name,
                    core=summary.core,
                    clock_hz=summary.clock_hz,
                    flash_bytes=summary.flash_bytes,
                    ram_bytes=summary.ram_bytes,
                    validation_status=summary.validation,
                )
                for summary in summaries
            ]
        )

    @answers
    async def GetPlatform(self, request: pb.GetPlatformRequest, context: Any) -> pb.Platform:
        """Describe a board."""
        return await asyncio.to_thread(_platform_message, check_platform(request.name, "name"))

    # -- artifacts -----------------------------------------------------------------------------------------

    @answers
    async def UploadArtifact(
        self, request: AsyncIterator[pb.UploadArtifactRequest], context: Any
    ) -> pb.Artifact:
        """Store a file."""
        pieces = aiter(request)
        header = await self._upload_header(pieces)
        store = self._runs.store
        with store.folder.receive() as incoming:  # not in another thread: a call may end meanwhile
            async for piece in pieces:
                if piece.WhichOneof("part") != "data":
                    raise RequestError("a header came behind the first message", field="part")
                if len(piece.data) > MAX_UPLOAD_PIECE_BYTES:
                    raise LimitError(
                        f"a piece has {len(piece.data):,} bytes, more than {MAX_UPLOAD_PIECE_BYTES:,}",
                        "send smaller pieces",
                    )
                if incoming.size_bytes + len(piece.data) > header.size_bytes:
                    raise RequestError(
                        f"the content is longer than the {header.size_bytes:,} bytes that were announced",
                        field="header.size_bytes",
                    )
                await asyncio.to_thread(incoming.write, piece.data)
                self.metrics.uploaded_bytes.inc(len(piece.data))
            if incoming.size_bytes != header.size_bytes:
                raise RequestError(
                    f"the content ended after {incoming.size_bytes:,} of {header.size_bytes:,} bytes",
                    "send it again",
                    field="header.size_bytes",
                )
            if header.sha256 not in ("", incoming.digest):
                raise RequestError(
                    f"the content has the digest {incoming.digest}", "send it again", field="header.sha256"
                )
            await asyncio.to_thread(incoming.commit)
            await self._runs.stored(
                store.add_artifact, incoming.digest, incoming.size_bytes, self._runs.in_use
            )
        return await self._artifact(incoming.digest)

    async def _upload_header(
        self, pieces: AsyncIterator[pb.UploadArtifactRequest]
    ) -> pb.UploadArtifactHeader:
        first = await anext(pieces, None)
        if first is None or first.WhichOneof("part") != "header":
            raise RequestError("the first message has no header", field="header")
        size_bytes = first.header.size_bytes
        if size_bytes < 0:
            raise RequestError("the size is negative", field="header.size_bytes")
        if size_bytes > self._max_artifact_bytes:
            raise LimitError(
                f"a file of {size_bytes:,} bytes is larger than the {self._max_artifact_bytes:,} allowed here"
            )
        return first.header

    @answers
    async def GetArtifact(self, request: pb.GetArtifactRequest, context: Any) -> pb.Artifact:
        """Describe a stored file."""
        return await self._artifact(resource_id(request.name, "artifacts", "name"))

    async def _artifact(self, digest: str) -> pb.Artifact:
        stored = await self._runs.stored(self._runs.store.get_artifact, digest)
        return await asyncio.to_thread(describe_artifact, stored)

    # -- runs ----------------------------------------------------------------------------------------------

    @answers
    async def Run(self, request: pb.RunRequest, context: Any) -> None:
        """Run a model or firmware and stream what happens."""
        events: asyncio.Queue[pb.RunResponse | None] = asyncio.Queue()

        def keep(event: pb.RunResponse) -> None:
            # A client that reads slowly misses signs of life, never anything else.
            if event.WhichOneof("event") != "progress" or events.empty():
                events.put_nowait(event)

        task = await self._runs.start(request.spec, keep)
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                if event.WhichOneof("event") == "finished":
                    _require_result(event.finished)
                await context.write(event)
            await task
        finally:
            task.cancel()

    @answers
    async def RunModel(self, request: pb.RunModelRequest, context: Any) -> pb.Run:
        """Run a model or firmware and answer once."""
        run = await self._run_to_end(request.spec)
        _require_result(run)
        return run

    async def _run_to_end(self, spec: pb.RunSpec) -> pb.Run:
        task = await self._runs.start(spec)
        try:
            return await asyncio.shield(task)
        finally:
            task.cancel()

    @answers
    async def RunBatch(self, request: pb.RunBatchRequest, context: Any) -> None:
        """Run many specifications and stream each run as it ends."""
        if len(request.specs) > MAX_BATCH:
            raise LimitError(
                f"the batch has {len(request.specs):,} runs, more than {MAX_BATCH:,}", "split it"
            )
        width = asyncio.Semaphore(self._batch_width)
        lock = asyncio.Lock()

        async def run_one(index: int, spec: pb.RunSpec) -> None:
            async with width:
                run = await self._run_patiently(spec)
            async with lock:
                await context.write(pb.RunBatchResponse(index=index, run=run))

        async with _unwrapped_group() as group:
            for index, spec in enumerate(request.specs):
                group.create_task(run_one(index, spec))

    async def _run_patiently(self, spec: pb.RunSpec) -> pb.Run:
        """Run to the end, waiting for room in the queue; a refusal becomes a run that failed."""
        while True:
            try:
                return await self._run_to_end(spec)
            except QueueFullError:
                await asyncio.sleep(_BATCH_RETRY_SECONDS)
            except (RequestError, NotFoundError) as error:
                return pb.Run(state=pb.RUN_STATE_FAILED, spec=spec, error=status_of(error))

    @answers
    async def RunMlperf(self, request: pb.RunMlperfRequest, context: Any) -> None:
        """Run a benchmark and stream signs of life and its report."""
        async with Signs(context.write) as signs:
            report = await self._runs.run_mlperf(
                request.spec, lambda progress: signs.pass_on(pb.RunMlperfResponse(progress=progress))
            )
        await context.write(pb.RunMlperfResponse(report=report))

    @answers
    async def GetRun(self, request: pb.GetRunRequest, context: Any) -> pb.Run:
        """Return a run."""
        resource_id(request.name, "runs", "name")
        return await self._runs.stored(self._runs.store.get_run, request.name)

    @answers
    async def ListRuns(self, request: pb.ListRunsRequest, context: Any) -> pb.ListRunsResponse:
        """List runs, the newest first."""
        if not 0 <= request.page_size <= MAX_PAGE:
            raise RequestError(f"page_size is {request.page_size}, not 0 to {MAX_PAGE}", field="page_size")
        if request.page_token and not _PAGE_TOKEN.fullmatch(request.page_token):
            raise RequestError("page_token is not one that this server gave", field="page_token")
        runs, following = await self._runs.stored(
            self._runs.store.list_runs,
            request.page_size or DEFAULT_PAGE,
            int(request.page_token) if request.page_token else None,
            request.state,
            request.platform,
        )
        return pb.ListRunsResponse(runs=runs, next_page_token=str(following) if following is not None else "")

    @answers
    async def CancelRun(self, request: pb.CancelRunRequest, context: Any) -> pb.Run:
        """Stop a run."""
        resource_id(request.name, "runs", "name")
        return await self._runs.cancel(request.name)

    @answers
    async def DeleteRun(self, request: pb.DeleteRunRequest, context: Any) -> Empty:
        """Forget a run."""
        resource_id(request.name, "runs", "name")
        await self._runs.stored(self._runs.store.delete_run, request.name)
        return Empty()

    @answers
    async def CompareRuns(self, request: pb.CompareRunsRequest, context: Any) -> pb.RunComparison:
        """Compare two runs."""
        runs = []
        for field, name in (("base", request.base), ("other", request.other)):
            resource_id(name, "runs", field)
            run = await self._runs.stored(self._runs.store.get_run, name)
            if not run.HasField("result"):
                raise StateError(f"{name} has no result", "compare runs that succeeded")
            runs.append(run)
        return compare_runs(*runs)

    # -- sessions ------------------------------------------------------------------------------------------

    @answers
    async def OpenSession(self, request: pb.OpenSessionRequest, context: Any) -> pb.Session:
        """Boot a board and keep it."""
        return await self._sessions.open(request.spec)

    @answers
    async def Invoke(self, request: AsyncIterator[pb.InvokeRequest], context: Any) -> None:
        """Run inferences on the boards of sessions."""
        async for asked in request:
            async with Signs(context.write) as signs:
                with self.metrics.invoke_seconds.time():
                    answer = await self._sessions.invoke(asked, signs.pass_on)
            await context.write(answer)

    @answers
    async def Interact(self, request: AsyncIterator[pb.InteractRequest], context: Any) -> None:
        """Talk with a session's firmware."""
        steps = aiter(request)
        first = await anext(steps, pb.InteractRequest())
        await self._sessions.interact(first.session, steps, context.write)

    @answers
    async def CloseSession(self, request: pb.CloseSessionRequest, context: Any) -> Empty:
        """End a session."""
        self._sessions.close(request.name)
        return Empty()


def _require_result(run: pb.Run) -> None:
    if run.HasField("error"):
        raise error_from(status_pb2.Status.FromString(run.error.SerializeToString()))


@contextlib.asynccontextmanager
async def _unwrapped_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Return a task group that raises the first error itself instead of a group of errors."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _platform_message(id_: str) -> pb.Platform:
    platform: Platform = load_platform(id_)
    return pb.Platform(
        name=f"platforms/{platform.id}",
        display_name=platform.name,
        core=platform.core,
        clock_hz=platform.clock.default_hz,
        flash_bytes=platform.flash_bytes,
        ram_bytes=platform.ram_bytes,
        validation_status=platform.validation.status.value,
        description_toml=platform.path.read_text(encoding="utf-8"),
    )
