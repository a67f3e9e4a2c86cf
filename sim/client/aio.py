"""The client for programs with an event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from sim.boot import BootRequest
from sim.client.closing import AsyncClosing
from sim.client.connection import ClientTls, Connection
from sim.client.interaction import AsyncFirmwareBoard
from sim.client.invocations import Invocations
from sim.client.platforms import platform_from_message, summary_from_message
from sim.client.records import (
    Comparison,
    RunRecord,
    RunState,
    comparison,
    progress_of,
    run_error,
    run_record,
)
from sim.client.requests import Translation
from sim.client.sessions import AsyncSession
from sim.errors import SimError
from sim.inference import Progress, RunRequest
from sim.mlperf import MlperfReport, MlperfRequest
from sim.platform import Platform, PlatformSummary
from sim.result import Result
from sim.v1 import simulator_pb2 as pb
from sim.v1 import simulator_pb2_grpc
from sim.wire.errors import InternalServiceError, NotFoundError, UnavailableError
from sim.wire.results import mlperf_report_from_message, result_from_message

T = TypeVar("T")
_PIECE_BYTES = 256 * 1024
_REFUSAL_SECONDS = 0.5


class AsyncClient(AsyncClosing):
    """A connection to a server of simulated boards.

    Parameters
    ----------
    address
        ``HOST:PORT`` or ``unix:PATH``; ``grpcs://`` before it asks for TLS.
    token
        Token that the server asks for; that of ``SIM_TOKEN`` by default.
    tls
        Files for an encrypted connection; those of ``SIM_TLS_CA``, ``SIM_TLS_CERT`` and ``SIM_TLS_KEY`` by
        default.

    Raises
    ------
    UsageError
        The address makes no sense, or a token would travel unencrypted.
    """

    def __init__(self, address: str, *, token: str | None = None, tls: ClientTls | None = None) -> None:
        self._connection = Connection.resolve(address, token, tls)
        self._channel = self._connection.channel()
        self._stub = simulator_pb2_grpc.SimulatorStub(self._channel)
        self._invocations = Invocations(self._stub.Invoke, self._connection)
        self._uploaded: set[str] = set()

    async def close(self) -> None:
        """Close the connection; runs in progress are cancelled."""
        await self._invocations.close()
        await self._channel.close()

    # -- boards --------------------------------------------------------------------------------------------

    async def platforms(self) -> list[PlatformSummary]:
        """Return the boards of the server, as :func:`sim.platform.list_platforms` does."""
        response = await self._call(self._stub.ListPlatforms, pb.ListPlatformsRequest())
        return [summary_from_message(platform) for platform in response.platforms]

    async def platform(self, id_: str) -> Platform:
        """Return one board, as :func:`sim.platform.load_platform` does.

        Raises
        ------
        NotFoundError
            There is no such board.
        """
        request = pb.GetPlatformRequest(name=f"platforms/{id_}")
        return platform_from_message(await self._call(self._stub.GetPlatform, request))

    # -- runs ----------------------------------------------------------------------------------------------

    async def run(self, request: RunRequest, progress: Callable[[Progress], None] | None = None) -> Result:
        """Run a model on the server, as :func:`sim.inference.run_inference` does here.

        Parameters
        ----------
        request
            What to run; its files are read on this machine.
        progress
            Called with signs of life; may raise to cancel the run.

        Raises
        ------
        SimError
            As `run_inference`, and :class:`sim.wire.errors.ServiceError` for what the service adds.
        """
        translation = Translation()
        spec = await self._prepare(translation, request)
        if progress is None:
            message = pb.RunModelRequest(spec=spec)
            run: pb.Run = await self._call(self._stub.RunModel, message, translation)
        else:
            with translation.restored_errors(), self._connection.translated_errors():
                run = await self._watch(spec, progress)
        return translation.restore(result_from_message(run.result))

    async def run_firmware(
        self,
        request: BootRequest,
        progress: Callable[[Progress], None] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> Result:
        """Run firmware on the server, as :func:`sim.boot.run_firmware` does here.

        Parameters
        ----------
        request
            What to boot; its files are read on this machine.
        progress
            Called with signs of life; may raise to cancel the run.
        on_output
            Told what the firmware sends on its console, by semihosting and by ITM, while it runs.

        Raises
        ------
        SimError
            As `run_firmware`, and :class:`sim.wire.errors.ServiceError` for what the service adds.
        """
        translation = Translation()
        spec = await asyncio.to_thread(translation.boot_spec, request)
        await self._upload_missing(translation)
        with translation.restored_errors(), self._connection.translated_errors():
            run = await self._watch(spec, progress, on_output)
        return translation.restore(result_from_message(run.result))

    async def _watch(
        self,
        spec: pb.RunSpec,
        progress: Callable[[Progress], None] | None,
        on_output: Callable[[str], None] | None = None,
    ) -> pb.Run:
        """Run to the end, and pass on the signs of life and the output."""
        call = self._stub.Run(pb.RunRequest(spec=spec), metadata=self._connection.metadata)
        try:
            async for event in call:
                kind = event.WhichOneof("event")
                if kind == "progress" and progress is not None:
                    progress(progress_of(event.progress))
                elif kind == "uart" and on_output is not None:
                    on_output(event.uart.text)
                elif kind == "finished":
                    finished: pb.Run = event.finished
                    return finished
        finally:
            call.cancel()
        raise UnavailableError("the server ended the stream without a result", "ask for the run by its name")

    async def run_mlperf(
        self, request: MlperfRequest, progress: Callable[[Progress], None] | None = None
    ) -> MlperfReport:
        """Run a benchmark on the server, as :func:`sim.mlperf.run_mlperf` does here.

        Parameters
        ----------
        request
            What to run; its files and data set are read on this machine.
        progress
            Called with signs of life; may raise to cancel the run.

        Raises
        ------
        SimError
            As `run_mlperf`, and :class:`sim.wire.errors.ServiceError` for what the service adds.
        """
        translation = Translation()
        spec = await asyncio.to_thread(translation.mlperf_spec, request)
        await self._upload_missing(translation)
        with translation.restored_errors(), self._connection.translated_errors():
            call = self._stub.RunMlperf(pb.RunMlperfRequest(spec=spec), metadata=self._connection.metadata)
            try:
                async for event in call:
                    if event.HasField("report"):
                        return translation.restore_report(mlperf_report_from_message(event.report))
                    if progress is not None:
                        progress(progress_of(event.progress))
            finally:
                call.cancel()
        raise UnavailableError("the server ended the stream without a report", "ask for the run again")

    async def run_batch(
        self, requests: Sequence[RunRequest]
    ) -> AsyncGenerator[tuple[int, Result | SimError], None]:
        """Run many requests, and yield the position and the answer of each one as it ends.

        A request that fails gives its error instead of a result; the others go on.
        """
        translations = [Translation() for _ in requests]
        specs = [
            await self._prepare(translation, request)
            for translation, request in zip(translations, requests, strict=True)
        ]
        with self._connection.translated_errors():
            call = self._stub.RunBatch(pb.RunBatchRequest(specs=specs), metadata=self._connection.metadata)
            try:
                async for answer in call:
                    translation = translations[answer.index]
                    error = run_error(answer.run)
                    if error is None:
                        yield answer.index, translation.restore(result_from_message(answer.run.result))
                    else:
                        yield answer.index, translation.restore_error(error)
            finally:
                call.cancel()

    async def get_run(self, name: str) -> RunRecord:
        """Return a run by its name, ``runs/{id}``."""
        return run_record(await self._call(self._stub.GetRun, pb.GetRunRequest(name=name)))

    async def list_runs(
        self, *, state: RunState | None = None, platform: str = "", limit: int = 50
    ) -> list[RunRecord]:
        """Return the newest runs, without their results.

        Parameters
        ----------
        state, platform
            Only runs in this state and on this board (its ID), when given.
        limit
            Most runs to return.
        """
        records: list[RunRecord] = []
        token = ""
        while len(records) < limit:
            response = await self._call(
                self._stub.ListRuns,
                pb.ListRunsRequest(
                    page_size=min(limit - len(records), 1000),
                    page_token=token,
                    state=f"RUN_STATE_{state.name}" if state else None,
                    platform=f"platforms/{platform}" if platform else "",
                ),
            )
            records += map(run_record, response.runs)
            token = response.next_page_token
            if not token:
                break
        return records

    async def cancel_run(self, name: str) -> RunRecord:
        """Stop a run unless it has ended, and return it."""
        return run_record(await self._call(self._stub.CancelRun, pb.CancelRunRequest(name=name)))

    async def delete_run(self, name: str) -> None:
        """Make the server forget a run that has ended."""
        await self._call(self._stub.DeleteRun, pb.DeleteRunRequest(name=name))

    async def compare_runs(self, base: str, other: str) -> Comparison:
        """Return how the results of two runs differ."""
        request = pb.CompareRunsRequest(base=base, other=other)
        return comparison(await self._call(self._stub.CompareRuns, request))

    # -- sessions ------------------------------------------------------------------------------------------

    async def open_session(self, request: RunRequest) -> AsyncSession:
        """Boot a board with a model on the server and keep it ready.

        Parameters
        ----------
        request
            Board, model and options; without inputs.
        """
        translation = Translation()
        spec = await self._prepare(translation, request)
        session = await self._call(self._stub.OpenSession, pb.OpenSessionRequest(spec=spec), translation)
        release = functools.partial(self.close_session, session.name)
        return AsyncSession(session.name, translation, self._invocations, self._upload_missing, release)

    async def open_firmware(self, request: BootRequest) -> AsyncFirmwareBoard:
        """Boot firmware on the server, to talk with it step by step.

        Parameters
        ----------
        request
            Board, image and options; its ends, its profile and its input are not used.
        """
        translation = Translation()
        booted = dataclasses.replace(
            request,
            until=None,
            until_symbol=None,
            profile_from=None,
            profile_to=None,
            uart=None,
            uart_input=b"",
            timeout_cycles=None,
        )
        spec = await asyncio.to_thread(translation.boot_spec, booted)
        await self._upload_missing(translation)
        session = await self._call(self._stub.OpenSession, pb.OpenSessionRequest(spec=spec), translation)
        call = self._stub.Interact(metadata=self._connection.metadata)
        release = functools.partial(self.close_session, session.name)
        board = AsyncFirmwareBoard(call, self._connection, translation, release)
        await board.begin(session.name)
        return board

    async def close_session(self, session: str) -> None:
        """End a session by its name."""
        await self._call(self._stub.CloseSession, pb.CloseSessionRequest(name=session))

    # -- files ---------------------------------------------------------------------------------------------

    async def upload(self, data: bytes) -> str:
        """Store a file on the server and return its name, ``artifacts/{sha256}``."""
        try:
            return await self._upload(data, pause_seconds=0.0)
        except InternalServiceError:
            # A refusal that comes while grpc.aio still sends loses its reason: give it time to come first.
            return await self._upload(data, pause_seconds=_REFUSAL_SECONDS)

    async def _upload(self, data: bytes, *, pause_seconds: float) -> str:
        async def messages() -> AsyncIterator[pb.UploadArtifactRequest]:
            await asyncio.sleep(pause_seconds)
            yield pb.UploadArtifactRequest(header=pb.UploadArtifactHeader(size_bytes=len(data)))
            await asyncio.sleep(pause_seconds)
            for start in range(0, len(data), _PIECE_BYTES):
                yield pb.UploadArtifactRequest(data=data[start : start + _PIECE_BYTES])

        artifact = await self._call(self._stub.UploadArtifact, messages())
        return str(artifact.name)

    async def _prepare(self, translation: Translation, request: RunRequest) -> pb.RunSpec:
        spec = await asyncio.to_thread(translation.spec, request)
        await self._upload_missing(translation)
        return spec

    async def _upload_missing(self, translation: Translation) -> None:
        for digest, data in translation.files.items():
            if digest not in self._uploaded and not await self._has(digest):
                await self.upload(data)
            self._uploaded.add(digest)

    async def _has(self, digest: str) -> bool:
        try:
            await self._call(self._stub.GetArtifact, pb.GetArtifactRequest(name=f"artifacts/{digest}"))
        except NotFoundError:
            return False
        return True

    async def _call(self, method: Any, message: Any, translation: Translation | None = None) -> Any:
        with (translation or Translation()).restored_errors(), self._connection.translated_errors():
            return await method(message, metadata=self._connection.metadata)
