"""A server for tests: in a thread of this process, or as the process that users start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from sim.service.config import ServerConfig
from sim.service.server import Server
from sim.v1 import simulator_pb2 as pb
from sim.v1 import simulator_pb2_grpc

PLATFORM = "platforms/stm32l4r5"
CHANNEL_OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", 64 * 1024 * 1024)]


class RunningServer:
    """A server whose event loop runs in a thread."""

    def __init__(self, config: ServerConfig) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self._call(self._create(config))
        self.address = self.server.address
        self.channel = grpc.insecure_channel(self.address, CHANNEL_OPTIONS)
        self.stub = simulator_pb2_grpc.SimulatorStub(self.channel)

    async def _create(self, config: ServerConfig) -> Server:
        server = Server(config)
        await server.start()
        return server

    def stop(self) -> None:
        self.channel.close()
        self._call(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _call(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def upload(self, data: bytes) -> pb.Artifact:
        return self.stub.UploadArtifact(upload_messages(data))


@contextlib.contextmanager
def running_server(data_dir: Path, **options: object) -> Iterator[RunningServer]:
    config = ServerConfig(**{"listen": "127.0.0.1:0", "workers": 2, "data_dir": data_dir, **options})  # type: ignore[arg-type]
    running = RunningServer(config)
    try:
        yield running
    finally:
        running.stop()


class ServerProcess:
    """``sim serve`` in a process of its own, in its own process group."""

    def __init__(self, data_dir: Path, *options: str, reads_log: bool = True) -> None:
        command = [sys.executable, "-m", "sim", "serve", "--listen", "127.0.0.1:0", "--workers", "1"]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir), *options], stderr=subprocess.PIPE, text=True
        )
        self.log: list[str] = []
        self.address = self._wait_for_address()
        self._drain = threading.Thread(target=self._read_log, daemon=True)
        if reads_log:
            self._drain.start()
        self.channel = grpc.insecure_channel(self.address, CHANNEL_OPTIONS)
        self.stub = simulator_pb2_grpc.SimulatorStub(self.channel)

    def _wait_for_address(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if match := re.match(r"sim: listening on (\S+)", line):
                return match[1]
        raise AssertionError("".join(self.log))

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def kill(self) -> None:
        """End it as a crash would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._drain.join(10)
        self.channel.close()

    def terminate(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        code = self.process.wait(60)
        self._drain.join(10)
        self.channel.close()
        return code


def upload_messages(
    data: bytes, *, size_bytes: int | None = None, sha256: str = ""
) -> Iterator[pb.UploadArtifactRequest]:
    header = pb.UploadArtifactHeader(
        size_bytes=len(data) if size_bytes is None else size_bytes, sha256=sha256
    )
    yield pb.UploadArtifactRequest(header=header)
    for start in range(0, len(data), 1 << 18):
        yield pb.UploadArtifactRequest(data=data[start : start + (1 << 18)])


def status_of_call(error: grpc.RpcError) -> status_pb2.Status:
    status = rpc_status.from_call(error)
    assert status is not None, error
    return status


def reason_of_call(error: grpc.RpcError) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in status_of_call(error).details:
        if detail.Unpack(info):
            return str(info.reason)
    raise AssertionError("no ErrorInfo")


def digit_spec(**options: object) -> pb.RunSpec:
    """Return the bundled model on a small board: an inference of a few milliseconds."""
    return pb.RunSpec(platform=PLATFORM, **options)  # type: ignore[arg-type]


def endless_spec() -> pb.RunSpec:
    """Return a run that nobody waits for: minutes of inferences."""
    return digit_spec(repeat_count=10_000, timeout_cycles=10**15)
