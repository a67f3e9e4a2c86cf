"""The service under load for minutes: ``pytest -m soak --log-cli-level=INFO``.

The normal set of tests has a short version of each.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest

from sim.v1 import result_pb2, simulator_pb2_grpc
from sim.v1 import simulator_pb2 as pb
from tests.support.runner_models import chain_of_additions
from tests.support.service import (
    CHANNEL_OPTIONS,
    ServerProcess,
    digit_spec,
    reason_of_call,
    upload_messages,
)

log = logging.getLogger(__name__)
pytestmark = pytest.mark.soak

CLIENTS = 200
CLIENT_SECONDS = 60.0
WORKER_KILLS = 50
SERVER_KILLS = 5
RUNS = 2000
MAX_GROWTH = 1.05
REFUSALS = {"SERVICE_QUEUE_FULL", "SERVICE_CANCELLED", "SERVICE_DEADLINE"}


def workers_of(server: ServerProcess) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in children.read_text(encoding="ascii").split()]


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class MixedClient:
    """Keeps asking in different ways, and checks every output that it gets."""

    def __init__(self, address: str, model: str, number: int) -> None:
        self._random = random.Random(number)
        self._channel = grpc.insecure_channel(
            address, [*CHANNEL_OPTIONS, ("grpc.use_local_subchannel_pool", 1)]
        )
        self._stub = simulator_pb2_grpc.SimulatorStub(self._channel)
        self._model = pb.ArtifactFile(artifact=model, filename="m.tflite")
        self.outcomes: Counter[str] = Counter()

    def work(self, until: float) -> None:
        asks = [self._run, self._stream, self._session, self._batch, self._vanish, self._hurry, self._look]
        while time.monotonic() < until:
            ask = self._random.choice(asks)
            try:
                outcome = ask()
            except grpc.RpcError as error:
                outcome = self._name(error)
            self.outcomes[f"{ask.__name__.strip('_')}: {outcome}"] += 1
        self._channel.close()

    def _name(self, error: grpc.RpcError) -> str:
        if error.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED):
            return "SERVICE_DEADLINE"
        return reason_of_call(error)

    def _spec(self, value: float) -> pb.RunSpec:
        data = np.full(8, value, np.float32).tobytes()
        return digit_spec(model=self._model, inputs=[pb.InputSpec(data=data)])

    def _value(self) -> float:
        return float(self._random.randrange(1000))

    def _judge(self, result: result_pb2.Result, value: float) -> str:
        answer = [list(output.values.reals) for output in result.outputs]
        return "right" if answer == [[value + 3.0] * 8] else f"wrong: {answer}"

    def _run(self) -> str:
        value = self._value()
        run = self._stub.RunModel(pb.RunModelRequest(spec=self._spec(value)), timeout=120)
        return self._judge(run.result, value)

    def _stream(self) -> str:
        value = self._value()
        events = list(self._stub.Run(pb.RunRequest(spec=self._spec(value)), timeout=120))
        return self._judge(events[-1].finished.result, value)

    def _session(self) -> str:
        spec = digit_spec(model=self._model)
        session = self._stub.OpenSession(pb.OpenSessionRequest(spec=spec), timeout=120)
        try:
            value = self._value()
            request = pb.InvokeRequest(session=session.name, inputs=self._spec(value).inputs)
            return self._judge(next(self._stub.Invoke(iter([request]), timeout=120)).result, value)
        finally:
            self._stub.CloseSession(pb.CloseSessionRequest(name=session.name), timeout=120)

    def _batch(self) -> str:
        values = [self._value() for _ in range(3)]
        request = pb.RunBatchRequest(specs=[self._spec(value) for value in values])
        answers = list(self._stub.RunBatch(request, timeout=240))
        verdicts = {self._judge(answer.run.result, values[answer.index]) for answer in answers}
        return "right" if verdicts == {"right"} and len(answers) == 3 else f"wrong: {verdicts}"

    def _vanish(self) -> str:
        call = self._stub.Run(pb.RunRequest(spec=digit_spec(repeat_count=1000)), timeout=120)
        next(call)
        call.cancel()
        return "right"

    def _hurry(self) -> str:
        value = self._value()
        run = self._stub.RunModel(pb.RunModelRequest(spec=self._spec(value)), timeout=0.05)
        return self._judge(run.result, value)

    def _look(self) -> str:
        page = self._stub.ListRuns(pb.ListRunsRequest(page_size=5), timeout=120)
        return "right" if len(page.runs) <= 5 else "wrong"


def test_two_hundred_mixed_clients_get_right_answers_or_clean_refusals(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "--workers", "2")
    model = server.stub.UploadArtifact(upload_messages(chain_of_additions())).name
    clients = [MixedClient(server.address, model, number) for number in range(CLIENTS)]
    until = time.monotonic() + CLIENT_SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda client: client.work(until), clients))
    outcomes = sum((client.outcomes for client in clients), Counter())
    log.info("%s", dict(sorted(outcomes.items())))
    assert {outcome.partition(": ")[2] for outcome in outcomes} <= {"right", *REFUSALS}
    assert server.stub.RunModel(pb.RunModelRequest(spec=digit_spec())).state == pb.RUN_STATE_SUCCEEDED
    deadline = time.monotonic() + 30
    while under_way(server):  # cancelled ones, until their workers have noticed
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert server.terminate() == 0


def under_way(server: ServerProcess) -> bool:
    states = [pb.RUN_STATE_QUEUED, pb.RUN_STATE_RUNNING]
    return any(server.stub.ListRuns(pb.ListRunsRequest(state=state)).runs for state in states)


def kill_one_at_work(server: ServerProcess, outcomes: Counter[str]) -> None:
    """Kill a worker when there has been an answer since the last time."""
    seen = outcomes.total()
    deadline = time.monotonic() + 30
    while outcomes.total() == seen or not workers_of(server):
        assert time.monotonic() < deadline, outcomes
        time.sleep(0.01)
    os.kill(random.choice(workers_of(server)), signal.SIGKILL)


def test_fifty_killed_workers_cost_at_most_their_own_runs(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "--workers", "2")
    expected = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec(repeat_count=20))).result.inferences
    done = threading.Event()
    outcomes: Counter[str] = Counter()

    def ask() -> None:
        while not done.is_set():
            try:
                run = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec(repeat_count=20)))
            except grpc.RpcError as error:
                outcomes[reason_of_call(error)] += 1
            else:
                outcomes["right" if run.result.inferences == expected else "wrong"] += 1

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(ask)
        try:
            for _ in range(WORKER_KILLS):
                kill_one_at_work(server, outcomes)
        finally:
            done.set()
    log.info("%s", dict(outcomes))
    assert set(outcomes) <= {"right", "SERVICE_WORKER_LOST"}
    assert outcomes["SERVICE_WORKER_LOST"] <= WORKER_KILLS
    assert server.terminate() == 0


def test_a_server_that_is_killed_again_and_again_loses_no_finished_run(tmp_path: Path) -> None:
    finished: dict[str, int] = {}
    for _ in range(SERVER_KILLS):
        server = ServerProcess(tmp_path)
        for name, cycles in finished.items():
            assert server.stub.GetRun(pb.GetRunRequest(name=name)).result.cycles == cycles
        for _ in range(20):
            run = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
            finished[run.name] = run.result.cycles
        call = server.stub.Run(pb.RunRequest(spec=digit_spec(repeat_count=1000)))
        next(call)
        server.kill()
    log.info("%d runs survived %d kills", len(finished), SERVER_KILLS)


def test_memory_stays_flat_over_two_thousand_runs(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    model = server.stub.UploadArtifact(upload_messages(chain_of_additions())).name
    specs = [
        digit_spec(),
        digit_spec(model=pb.ArtifactFile(artifact=model, filename="m.tflite")),
        pb.RunSpec(platform="platforms/rp2040"),
    ]

    def run(count: int) -> None:
        for number in range(count):
            server.stub.RunModel(pb.RunModelRequest(spec=specs[number % len(specs)]))

    run(RUNS // 10)
    (worker,) = workers_of(server)
    before = resident_bytes(server.process.pid), resident_bytes(worker)
    run(RUNS)
    assert workers_of(server) == [worker]
    after = resident_bytes(server.process.pid), resident_bytes(worker)
    log.info("front %d to %d bytes, worker %d to %d", before[0], after[0], before[1], after[1])
    for one, other in zip(before, after, strict=True):
        assert other < MAX_GROWTH * one + (4 << 20)
    assert server.terminate() == 0
