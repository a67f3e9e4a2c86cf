"""The client for programs without an event loop: the asynchronous one, on a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from sim.boot import BootRequest
from sim.client.aio import AsyncClient
from sim.client.closing import Closing
from sim.client.connection import ClientTls
from sim.client.firmware_board import FirmwareBoard
from sim.client.records import Comparison, RunRecord, RunState
from sim.client.requests import Input
from sim.client.sessions import AsyncSession
from sim.errors import SimError
from sim.inference import Progress, RunRequest
from sim.mlperf import MlperfReport, MlperfRequest
from sim.platform import Platform, PlatformSummary
from sim.result import Result

T = TypeVar("T")


class Client(Closing):
    """A connection to a server of simulated boards; see :class:`~sim.client.AsyncClient` for all methods."""

    def __init__(self, address: str, *, token: str | None = None, tls: ClientTls | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sim-client", daemon=True)
        self._thread.start()
        try:
            self._client = self.wait(_create(address, token, tls))
        except BaseException:
            self._stop()
            raise

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the client's loop; interrupting the wait cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Close the connection; runs in progress are cancelled."""
        if not self._loop.is_closed():
            self.wait(self._client.close())
            self._stop()

    def platforms(self) -> list[PlatformSummary]:
        """Return the boards of the server."""
        return self.wait(self._client.platforms())

    def platform(self, id_: str) -> Platform:
        """Return one board."""
        return self.wait(self._client.platform(id_))

    def run(self, request: RunRequest, progress: Callable[[Progress], None] | None = None) -> Result:
        """Run a model on the server; `progress` is called from another thread."""
        return self.wait(self._client.run(request, progress))

    def run_firmware(
        self,
        request: BootRequest,
        progress: Callable[[Progress], None] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> Result:
        """Run firmware on the server; `progress` and `on_output` are called from another thread."""
        return self.wait(self._client.run_firmware(request, progress, on_output))

    def run_mlperf(
        self, request: MlperfRequest, progress: Callable[[Progress], None] | None = None
    ) -> MlperfReport:
        """Run a benchmark on the server; `progress` is called from another thread."""
        return self.wait(self._client.run_mlperf(request, progress))

    def run_batch(self, requests: Sequence[RunRequest]) -> Iterator[tuple[int, Result | SimError]]:
        """Run many requests, and yield the position and the answer of each one as it ends."""
        answers = self._client.run_batch(requests)
        try:
            while (answer := self.wait(_next(answers))) is not None:
                yield answer
        finally:
            self.wait(answers.aclose())

    def get_run(self, name: str) -> RunRecord:
        """Return a run by its name."""
        return self.wait(self._client.get_run(name))

    def list_runs(
        self, *, state: RunState | None = None, platform: str = "", limit: int = 50
    ) -> list[RunRecord]:
        """Return the newest runs, without their results."""
        return self.wait(self._client.list_runs(state=state, platform=platform, limit=limit))

    def cancel_run(self, name: str) -> RunRecord:
        """Stop a run unless it has ended, and return it."""
        return self.wait(self._client.cancel_run(name))

    def delete_run(self, name: str) -> None:
        """Make the server forget a run that has ended."""
        self.wait(self._client.delete_run(name))

    def compare_runs(self, base: str, other: str) -> Comparison:
        """Return how the results of two runs differ."""
        return self.wait(self._client.compare_runs(base, other))

    def open_session(self, request: RunRequest) -> Session:
        """Boot a board with a model on the server and keep it ready."""
        return Session(self, self.wait(self._client.open_session(request)))

    def open_firmware(self, request: BootRequest) -> FirmwareBoard:
        """Boot firmware on the server, to talk with it step by step."""
        return FirmwareBoard(self.wait, self.wait(self._client.open_firmware(request)))

    def upload(self, data: bytes) -> str:
        """Store a file on the server and return its name."""
        return self.wait(self._client.upload(data))

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Session(Closing):
    """A board on the server that is booted and ready."""

    def __init__(self, client: Client, session: AsyncSession) -> None:
        self._client = client
        self._session = session

    @property
    def name(self) -> str:
        """``sessions/{id}``."""
        return self._session.name

    def invoke(
        self, inputs: Sequence[Input] = (), progress: Callable[[Progress], None] | None = None
    ) -> Result:
        """Run inferences from the state right after boot; `progress` is called from another thread."""
        return self._client.wait(self._session.invoke(inputs, progress))

    def close(self) -> None:
        """End the session."""
        self._client.wait(self._session.close())


async def _create(address: str, token: str | None, tls: ClientTls | None) -> AsyncClient:
    # gRPC binds a channel to the loop on which it is made.
    return AsyncClient(address, token=token, tls=tls)


async def _next(answers: Any) -> Any:
    return await anext(answers, None)
