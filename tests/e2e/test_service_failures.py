"""What goes wrong around runs: workers that die or hang, full queues, killed servers, lost clients."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import signal
import sqlite3
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sim.errors import EnvironmentMissingError
from sim.service.config import Retention, ServerConfig
from sim.service.server import serve
from sim.service.store import Store
from sim.v1 import simulator_pb2 as pb
from sim.v1 import simulator_pb2_grpc
from tests.support.runner_models import chain_of_additions
from tests.support.service import (
    CHANNEL_OPTIONS,
    RunningServer,
    ServerProcess,
    digit_spec,
    endless_spec,
    reason_of_call,
    running_server,
    status_of_call,
)

WORKER_KILLS = 5
PIPE_BYTES = 4096
LOG_LINE_BYTES = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data"), workers=1, max_queue=2) as running:
        yield running


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def started(server: RunningServer, spec: pb.RunSpec) -> grpc.Call:
    """Start a run and return its stream once a worker is on it."""
    call = server.stub.Run(pb.RunRequest(spec=spec))
    next(call)
    next(call)
    return call


def run_digits(server: RunningServer) -> pb.Run:
    return server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()), timeout=60)


def test_a_killed_worker_fails_its_run_alone_and_is_replaced(server: RunningServer) -> None:
    reference = run_digits(server)
    for _ in range(WORKER_KILLS):
        call = started(server, endless_spec())
        (victim,) = server.server.pool.process_ids
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(grpc.RpcError) as raised:
            list(call)
        assert raised.value.code() is grpc.StatusCode.INTERNAL
        assert reason_of_call(raised.value) == "SERVICE_WORKER_LOST"
        after = run_digits(server)
        assert after.result.outputs == reference.result.outputs
        assert after.result.cycles == reference.result.cycles
    assert victim not in server.server.pool.process_ids


def test_a_worker_that_is_killed_while_idle_is_replaced_without_an_error(server: RunningServer) -> None:
    run_digits(server)
    (victim,) = server.server.pool.process_ids
    os.kill(victim, signal.SIGKILL)
    assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED


def test_a_run_whose_worker_hangs_can_be_cancelled(server: RunningServer) -> None:
    call = server.stub.Run(pb.RunRequest(spec=endless_spec()))
    name = next(call).accepted.name
    next(call)
    (victim,) = server.server.pool.process_ids
    os.kill(victim, signal.SIGSTOP)
    assert server.stub.CancelRun(pb.CancelRunRequest(name=name)).state == pb.RUN_STATE_CANCELLED
    assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED
    assert victim not in server.server.pool.process_ids


def test_a_worker_that_shows_no_sign_of_life_is_replaced(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.service.channel.SILENCE_LIMIT_SECONDS", 1.0)
    call = started(server, endless_spec())
    os.kill(server.server.pool.process_ids[0], signal.SIGSTOP)
    with pytest.raises(grpc.RpcError) as raised:
        list(call)
    assert reason_of_call(raised.value) == "SERVICE_WORKER_LOST"
    monkeypatch.undo()
    assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED


def test_a_full_queue_refuses_with_a_time_to_retry_and_what_waits_is_answered(
    server: RunningServer, pool: ThreadPoolExecutor
) -> None:
    blocking = started(server, endless_spec())
    waiting: list[Future[pb.Run]] = []
    streams = [server.stub.Run(pb.RunRequest(spec=digit_spec())) for _ in range(2)]
    for stream in streams:
        assert next(stream).accepted.state == pb.RUN_STATE_QUEUED
    with pytest.raises(grpc.RpcError) as raised:
        run_digits(server)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status_of_call(raised.value).details)
    blocking.cancel()
    waiting += [pool.submit(list, stream) for stream in streams]
    for future in waiting:
        assert future.result(30)[-1].finished.state == pb.RUN_STATE_SUCCEEDED


def test_a_deadline_that_passes_in_the_queue_takes_the_run_out_of_it(server: RunningServer) -> None:
    blocking = started(server, endless_spec())
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()), timeout=0.3)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    blocking.cancel()
    assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED


def test_a_client_that_reads_slowly_delays_nobody_else(server: RunningServer) -> None:
    slow = server.stub.Run(pb.RunRequest(spec=digit_spec()))
    next(slow)
    for _ in range(3):
        run_digits(server)
    assert list(slow)[-1].finished.state == pb.RUN_STATE_SUCCEEDED


def test_clients_that_vanish_leave_nothing_behind(server: RunningServer) -> None:
    for _ in range(5):
        channel = grpc.insecure_channel(server.address, CHANNEL_OPTIONS)
        call = simulator_pb2_grpc.SimulatorStub(channel).Run(pb.RunRequest(spec=endless_spec()))
        next(call)
        channel.close()
    assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED
    active = [pb.RUN_STATE_QUEUED, pb.RUN_STATE_RUNNING]
    deadline = time.monotonic() + 10
    while any(server.stub.ListRuns(pb.ListRunsRequest(state=state)).runs for state in active):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_many_clients_at_once_are_all_answered_right_or_refused(
    server: RunningServer, pool: ThreadPoolExecutor
) -> None:
    model = server.upload(chain_of_additions())

    def ask(number: int) -> str:
        data = np.full(8, number, np.float32).tobytes()
        spec = digit_spec(
            model=pb.ArtifactFile(artifact=model.name, filename="m.tflite"), inputs=[pb.InputSpec(data=data)]
        )
        try:
            run = server.stub.RunModel(pb.RunModelRequest(spec=spec), timeout=60)
        except grpc.RpcError as error:
            return reason_of_call(error)
        return "right" if list(run.result.outputs[0].values.reals) == [number + 3.0] * 8 else "wrong"

    answers = list(pool.map(ask, range(40)))
    assert set(answers) <= {"right", "SERVICE_QUEUE_FULL"}
    assert answers.count("right") >= 3


def bomb(member_bytes: int) -> bytes:
    """Return a small archive that claims to hold a huge array, and holds it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|i1", "fortran_order": False, "shape": (member_bytes,)}
    )
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("x.npy", "w", force_zip64=True) as member,
    ):
        member.write(header.getvalue())
        zeros = bytes(1 << 24)
        for _ in range(member_bytes >> 24):
            member.write(zeros)
    return archive.getvalue()


def test_a_decompression_bomb_is_an_error_of_its_run_alone(tmp_path: Path) -> None:
    with running_server(tmp_path, workers=1, worker_memory_bytes=1280 << 20) as server:
        model = server.upload(chain_of_additions())
        archive = server.upload(bomb(1536 << 20))
        spec = digit_spec(
            model=pb.ArtifactFile(artifact=model.name, filename="m.tflite"),
            inputs=[pb.InputSpec(file=pb.ArtifactFile(artifact=archive.name, filename="x.npz"))],
        )
        with pytest.raises(grpc.RpcError) as raised:
            server.stub.RunModel(pb.RunModelRequest(spec=spec), timeout=60)
        assert raised.value.code() in (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.INTERNAL,
        )
        assert run_digits(server).state == pb.RUN_STATE_SUCCEEDED


def test_a_killed_server_keeps_what_was_finished_and_aborts_the_rest(tmp_path: Path) -> None:
    first = ServerProcess(tmp_path)
    finished = first.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    data = b"kept"
    header = pb.UploadArtifactRequest(header=pb.UploadArtifactHeader(size_bytes=len(data)))
    artifact = first.stub.UploadArtifact(iter([header, pb.UploadArtifactRequest(data=data)]))
    call = first.stub.Run(pb.RunRequest(spec=endless_spec()))
    unfinished = next(call).accepted.name
    next(call)
    first.kill()
    second = ServerProcess(tmp_path)
    assert second.stub.GetRun(pb.GetRunRequest(name=finished.name)) == finished
    assert second.stub.GetRun(pb.GetRunRequest(name=unfinished)).state == pb.RUN_STATE_ABORTED
    assert second.stub.GetArtifact(pb.GetArtifactRequest(name=artifact.name)) == artifact
    assert second.terminate() == 0


def test_a_server_says_where_it_listens_and_then_only_lines_of_json(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    assert server.terminate() == 0
    events = [json.loads(line)["event"] for line in server.log if not line.startswith("sim: listening on ")]
    assert {"worker ready", "run ended", "stopped"} <= set(events)


def test_a_server_whose_workers_do_not_start_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    config = ServerConfig(data_dir=tmp_path, listen="127.0.0.1:0", workers=2)
    with pytest.raises(EnvironmentMissingError, match="end before they are ready"):
        asyncio.run(asyncio.wait_for(serve(config, pytest.fail), 30))


def test_a_server_that_still_starts_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 100\n", encoding="ascii")
    silent.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(silent))
    config = ServerConfig(data_dir=tmp_path / "data", listen="127.0.0.1:0", workers=2)

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serve(config, pytest.fail), 30)

    asyncio.run(work())


def test_nobody_waits_for_a_reader_of_the_log_that_has_stopped_reading(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, reads_log=False)
    assert server.process.stderr is not None
    fcntl.fcntl(server.process.stderr, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    for _ in range(2 * PIPE_BYTES // LOG_LINE_BYTES):
        server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()), timeout=60)
    server.process.terminate()
    assert server.process.wait(30) == 0


def test_workers_end_with_a_killed_server(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    workers = children.read_text(encoding="ascii").split()
    assert workers
    server.kill()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sigterm_lets_a_run_end_and_refuses_new_ones(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    health = health_pb2_grpc.HealthStub(server.channel)
    assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    call = server.stub.Run(pb.RunRequest(spec=digit_spec(repeat_count=400)))
    next(call)
    next(call)
    server.process.terminate()
    watch = health.Watch(health_pb2.HealthCheckRequest())
    while next(watch).status == health_pb2.HealthCheckResponse.SERVING:
        pass
    watch.cancel()
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    assert list(call)[-1].finished.state == pb.RUN_STATE_SUCCEEDED
    assert server.terminate() == 0
    events = [json.loads(line) for line in server.log if line.startswith("{")]
    assert events[-1]["event"] == "stopped"
    assert any(event["event"] == "run ended" and event["run"].startswith("runs/") for event in events)


def test_two_servers_do_not_share_a_data_directory(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(EnvironmentMissingError, match="another server"):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_data_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "runs.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(EnvironmentMissingError, match="schema version 99"):
        Store(tmp_path)


def test_what_is_beyond_the_limits_of_retention_is_forgotten(tmp_path: Path) -> None:
    retention = Retention(runs=3, artifact_bytes=2500)
    with running_server(tmp_path, workers=1, retention=retention) as server:
        runs = [run_digits(server).name for _ in range(6)]
        kept = [run.name for run in server.stub.ListRuns(pb.ListRunsRequest()).runs]
        assert set(kept) <= set(runs[-4:])
        artifacts = [server.upload(bytes([number]) * 1000).name for number in range(3)]
        with pytest.raises(grpc.RpcError):
            server.stub.GetArtifact(pb.GetArtifactRequest(name=artifacts[0]))
        assert server.stub.GetArtifact(pb.GetArtifactRequest(name=artifacts[2])).size_bytes == 1000
    stored = sum(path.stat().st_size for path in (tmp_path / "artifacts").rglob("*") if path.is_file())
    assert stored <= 2500


def test_an_upload_that_breaks_off_leaves_no_file(server: RunningServer, tmp_path: Path) -> None:
    with running_server(tmp_path, workers=1) as own:
        entered = threading.Event()

        def messages() -> Iterator[pb.UploadArtifactRequest]:
            yield pb.UploadArtifactRequest(header=pb.UploadArtifactHeader(size_bytes=1000))
            yield pb.UploadArtifactRequest(data=bytes(500))
            entered.set()
            time.sleep(5)

        call = own.stub.UploadArtifact.future(messages())
        entered.wait(10)
        call.cancel()
        deadline = time.monotonic() + 10
        while any(path.is_file() for path in (tmp_path / "artifacts").rglob("*")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
