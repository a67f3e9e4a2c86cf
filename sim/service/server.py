"""Puts a server together, runs it until it is told to stop, and takes it apart."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from sim.errors import EnvironmentMissingError, UsageError
from sim.service.auth import TokenFile, TokenInterceptor
from sim.service.config import ServerConfig, Tls
from sim.service.limits import MAX_MESSAGE_BYTES
from sim.service.metrics import Metrics
from sim.service.pool import WorkerPool
from sim.service.runs import Runs
from sim.service.serialized import SerializedAnswers
from sim.service.servicer import SimulatorServicer
from sim.service.sessions import Sessions
from sim.service.store import Store
from sim.v1 import simulator_pb2, simulator_pb2_grpc
from sim.wire.address import split_address

log = logging.getLogger(__name__)

SERVICE = simulator_pb2.DESCRIPTOR.services_by_name["Simulator"].full_name
_INVOKE = f"/{SERVICE}/Invoke"
_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


class Server:
    """A server that is running.

    Attributes
    ----------
    address
        Where clients reach it.
    pool
        Its workers.
    """

    def __init__(self, config: ServerConfig) -> None:
        config.check()
        self._config = config
        self._metrics = Metrics()
        store = Store(config.data_dir.absolute(), config.retention)
        aborted = store.abort_unfinished()
        if aborted:
            log.warning("unfinished runs of an earlier server were aborted", extra={"runs": aborted})
        self.pool = WorkerPool(
            config.workers,
            config.max_queue,
            config.worker_memory_bytes,
            config.data_dir.absolute() / "scratch",
            self._metrics,
        )
        self._runs = Runs(store, self.pool, self._metrics, config.max_run_seconds)
        self._sessions = Sessions(self._runs, self.pool, self._metrics)
        self._health = health.aio.HealthServicer()
        self._grpc = self._create_grpc()
        self._sweeper: asyncio.Task[None] | None = None
        self.address = config.listen

    async def start(self) -> None:
        """Start workers and listen.

        Raises
        ------
        EnvironmentMissingError
            The address cannot be used, or workers do not start.
        """
        await self.pool.start()
        self.address = self._listen()
        if self._config.metrics_listen is not None:
            self._metrics.expose(*split_address(self._config.metrics_listen))
        await self._grpc.start()
        self._sweeper = asyncio.create_task(self._sessions.expire_forever())
        for service in ("", SERVICE):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        log.info("listening", extra={"address": self.address, "workers": self._config.workers})

    async def stop(self) -> None:
        """Refuse new runs, let those in progress end, and stop."""
        log.info("stopping")
        await self._health.enter_graceful_shutdown()
        await self._runs.drain(self._config.drain_seconds)
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._grpc.stop(grace=1.0)
        await self.pool.close()
        await self._runs.close()
        log.info("stopped")

    def _create_grpc(self) -> grpc.aio.Server:
        config = self._config
        interceptors: list[grpc.aio.ServerInterceptor] = [SerializedAnswers(_INVOKE)]
        if config.token_file:
            interceptors.insert(0, TokenInterceptor(TokenFile(config.token_file)))
        server = grpc.aio.server(interceptors=interceptors, options=_CHANNEL_OPTIONS)
        servicer = SimulatorServicer(
            self._runs, self._sessions, self._metrics, config.max_artifact_bytes, config.workers
        )
        simulator_pb2_grpc.add_SimulatorServicer_to_server(servicer, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        return server

    def _listen(self) -> str:
        address, tls = self._config.listen, self._config.tls
        try:
            if tls is None:
                port = self._grpc.add_insecure_port(address)
            else:
                port = self._grpc.add_secure_port(address, _credentials(tls))
        except RuntimeError as error:
            raise EnvironmentMissingError(
                f"cannot listen on {address}", "is another server running there? choose another --listen"
            ) from error
        return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"


async def serve(config: ServerConfig, on_listening: Callable[[str], None]) -> None:
    """Run a server until SIGTERM or SIGINT.

    Parameters
    ----------
    on_listening
        Told the address, once calls are answered.
    """
    server = Server(config)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    starting = asyncio.create_task(server.start())
    told_to_stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([starting, told_to_stop], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            on_listening(server.address)
            await told_to_stop
    finally:
        for task in (starting, told_to_stop):
            task.cancel()
        await asyncio.gather(starting, told_to_stop, return_exceptions=True)
        await server.stop()


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    client_ca = None if tls.client_ca is None else _read(tls.client_ca)
    return grpc.ssl_server_credentials(
        [(_read(tls.key), _read(tls.certificate))],
        root_certificates=client_ca,
        require_client_auth=client_ca is not None,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
