"""How much the service costs on top of the engine: latency of calls, cancellation, throughput by workers."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sim.client import AsyncClient, Client
from sim.demo import demo_model_path
from sim.errors import SimulationError
from sim.inference import Progress, RunRequest, WarmBoard
from sim.inference.request import DEFAULT_TIMEOUT_CYCLES
from sim.inputs import InputData, InputSet, load_inputs
from sim.model import Model
from sim.result import Result
from sim.service.limits import MAX_REPEAT
from sim.wire.documents import result_to_document

_LISTENING = "sim: listening on "
_WORKER_COUNTS = (1, 2)
_CALLERS = 4
_RUN_SECONDS = 0.25
_TURNS = 5
_MIN_TURN_RUNS = 16
_CANCELLATIONS = 10
_SHORTEST_SECONDS = 1e-4
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CallSpeed:
    """One way to ask for an inference on a warm board, one call after the other.

    Attributes
    ----------
    p50_seconds, p90_seconds, p99_seconds
        Time from the call of the Python client to its typed result.
    engine_p50_seconds
        The part of it in which the engine executed the inference and accounted for it, operator by operator
        (``host.simulation_seconds`` of the result).
    overhead_p50_seconds
        The part of it that was not spent in the engine.
    overhead_ratio
        Median time divided by the median time in the engine.
    """

    call: str
    count: int
    p50_seconds: float
    p90_seconds: float
    p99_seconds: float
    engine_p50_seconds: float
    overhead_p50_seconds: float
    overhead_ratio: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Runs per second with a number of workers, asked for by four callers.

    Attributes
    ----------
    runs_per_second
        While all workers have work.
    relative
        Runs per second divided by those of one worker. On a machine with two cores it cannot exceed
        ``2 * worker / (worker + rest)`` of the times below, because all processes share the cores.
    worker_cpu_seconds
        Processor time of the workers for one run.
    rest_cpu_seconds
        Processor time of the server's front process and of the calling process for one run.
    """

    workers: int
    runs_per_second: float
    relative: float
    worker_cpu_seconds: float
    rest_cpu_seconds: float


@dataclass(frozen=True, slots=True)
class ServiceBenchmark:
    """All measurements.

    Attributes
    ----------
    worker_p50_seconds
        Median time that a warm board takes beyond the engine, from inputs to the document of a result: the
        part of the overhead of ``Invoke`` that a worker has, measured in this process. The rest of it are
        client, gRPC, the front process, and the socket to the worker.
    empty_call_p50_seconds
        Median time of a call that does nothing (a health check), asked for as seldom as an inference: what
        gRPC itself takes of ``RunModel``. Requests of ``Invoke`` share one call, which takes less.
    cancel_p50_seconds
        Median time from a client's cancellation to the moment the worker had left the run and began the next.
    inferences_per_run
        Size of the runs of the throughput measurement: about a quarter of a second each.
    """

    platform: str
    model: str
    calls: tuple[CallSpeed, ...]
    worker_p50_seconds: float
    empty_call_p50_seconds: float
    cancel_p50_seconds: float
    inferences_per_run: int
    throughput: tuple[Throughput, ...]


def run_service_benchmark(platform: str, model: Path | None, count: int) -> ServiceBenchmark:
    """Measure a server of this machine over loopback.

    Parameters
    ----------
    platform
        Board to simulate.
    model
        Model to run; None for the bundled one.
    count
        Calls per measurement of latency, and inferences per measurement of throughput at least.

    Raises
    ------
    SimulationError
        The server does not start.
    """
    request = RunRequest(platform=platform, model_path=model)
    with _server(1) as (address, _):
        calls = asyncio.run(_measure_calls(address, request, count))
        cancel_seconds = asyncio.run(_measure_cancellation(address, request))
        engine_seconds = max(calls[0].engine_p50_seconds, _SHORTEST_SECONDS)
        empty_seconds = asyncio.run(_measure_empty_calls(address, engine_seconds, count))
    worker_seconds = _measure_worker(request, count)
    inferences = min(MAX_REPEAT, max(1, round(_RUN_SECONDS / engine_seconds)))
    turn_runs = max(_MIN_TURN_RUNS, count // inferences // _TURNS)
    return ServiceBenchmark(
        platform=platform,
        model="bundled" if model is None else model.name,
        calls=calls,
        worker_p50_seconds=worker_seconds,
        empty_call_p50_seconds=empty_seconds,
        cancel_p50_seconds=cancel_seconds,
        inferences_per_run=inferences,
        throughput=_measure_throughput(replace(request, repeat=inferences), turn_runs),
    )


@contextlib.contextmanager
def _server(workers: int) -> Iterator[tuple[str, int]]:
    """Start a server, and give its address and process ID."""
    with tempfile.TemporaryDirectory() as directory:
        command = ["serve", "--listen", "127.0.0.1:0", "--workers", str(workers), "--data-dir", directory]
        with subprocess.Popen(
            [sys.executable, "-m", "sim", *command], stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            try:
                yield _address(process.stderr), process.pid
            finally:
                process.terminate()
                process.communicate()


def _address(lines: Iterator[str]) -> str:
    said = []
    for line in lines:
        if line.startswith(_LISTENING):
            return line.removeprefix(_LISTENING).strip()
        said.append(line.strip())
    raise SimulationError("the server did not start", " ".join(said))


async def _measure_calls(address: str, request: RunRequest, count: int) -> tuple[CallSpeed, ...]:
    tensors = _inputs(request).tensors
    async with AsyncClient(address) as client, await client.open_session(request) as session:
        speeds = []
        for name, call in (
            ("Invoke", functools.partial(session.invoke, tensors)),
            ("RunModel", functools.partial(client.run, request)),
        ):
            await call()
            speeds.append(_speed(name, [await _timed(call) for _ in range(count)]))
        return tuple(speeds)


def _inputs(request: RunRequest) -> InputSet:
    (inputs,) = load_inputs(["random:1"], Model.load(request.model_path or demo_model_path()))
    return inputs


def _measure_worker(request: RunRequest, count: int) -> float:
    board = WarmBoard(request)
    data = [InputData(tensor.tobytes(), "input.bin") for tensor in _inputs(request).tensors]
    samples = []
    for _ in range(count):
        board.rewind()
        started = time.perf_counter()
        result = board.run(load_inputs(data, board.setup.model))
        result_to_document(result)
        samples.append(time.perf_counter() - started - _engine_seconds(result))
    board.close()
    return statistics.median(samples)


async def _measure_empty_calls(address: str, pause_seconds: float, count: int) -> float:
    samples = []
    async with grpc.aio.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        for _ in range(count):
            await asyncio.sleep(pause_seconds)
            started = time.perf_counter()
            await check(health_pb2.HealthCheckRequest())
            samples.append(time.perf_counter() - started)
    return statistics.median(samples)


async def _measure_cancellation(address: str, request: RunRequest) -> float:
    async with AsyncClient(address) as client:
        return statistics.median([await _cancel_seconds(client, request) for _ in range(_CANCELLATIONS)])


async def _cancel_seconds(client: AsyncClient, request: RunRequest) -> float:
    """Cancel a run that is under way, and see when its worker begins the next."""
    under_way = asyncio.Event()

    def note(_progress: Progress) -> None:
        under_way.set()

    endless = replace(request, repeat=MAX_REPEAT, timeout_cycles=1000 * DEFAULT_TIMEOUT_CYCLES)
    run = asyncio.create_task(client.run(endless, note))
    await under_way.wait()
    cancelled = time.time()
    run.cancel()
    await client.run(request)
    (following,) = await client.list_runs(limit=1)
    assert following.start_time is not None
    return following.start_time.timestamp() - cancelled


async def _timed(call: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = await call()
    return time.perf_counter() - started, result


def _speed(name: str, samples: list[tuple[float, Result]]) -> CallSpeed:
    seconds = [duration for duration, _ in samples]
    engine = [_engine_seconds(result) for _, result in samples]
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return CallSpeed(
        call=name,
        count=len(samples),
        p50_seconds=statistics.median(seconds),
        p90_seconds=cuts[89],
        p99_seconds=cuts[98],
        engine_p50_seconds=statistics.median(engine),
        overhead_p50_seconds=statistics.median(a - b for a, b in zip(seconds, engine, strict=True)),
        overhead_ratio=statistics.median(seconds) / statistics.median(engine),
    )


def _engine_seconds(result: Result) -> float:
    return (result.host and result.host.simulation_seconds) or 0.0


def _measure_throughput(request: RunRequest, turn_runs: int) -> tuple[Throughput, ...]:
    """Load servers in turn, so that whatever else the machine does meets all of them."""
    with contextlib.ExitStack() as stack:
        loads = []
        for workers in _WORKER_COUNTS:
            address, server = stack.enter_context(_server(workers))
            loads.append(_Load(stack.enter_context(Client(address)), server, workers, request))
        for _ in range(_TURNS):
            for load in loads:
                load.work(turn_runs)
    base = loads[0].runs_per_second
    return tuple(
        Throughput(
            workers,
            load.runs_per_second,
            load.runs_per_second / base,
            load.worker_seconds / load.runs,
            load.rest_seconds / load.runs,
        )
        for workers, load in zip(_WORKER_COUNTS, loads, strict=True)
    )


class _Load:
    """What four callers have asked of one server, and how long that took."""

    def __init__(self, client: Client, server: int, workers: int, request: RunRequest) -> None:
        self._client = client
        self._server = server
        self._workers = workers
        self._request = request
        self.runs = self._busy_runs = 0
        self._busy_seconds = self.worker_seconds = self.rest_seconds = 0.0
        for _ in range(2):  # so that every worker has booted the board
            self._run(_CALLERS)

    @property
    def runs_per_second(self) -> float:
        return self._busy_runs / self._busy_seconds

    def work(self, runs: int) -> None:
        workers, rest = _processor_seconds(self._server)
        ends = self._run(runs)
        workers_after, rest_after = _processor_seconds(self._server)
        self.worker_seconds += workers_after - workers
        self.rest_seconds += rest_after - rest
        self.runs += runs
        # At the first end and at the last but as many as there are workers, all of them have work.
        self._busy_runs += runs - self._workers
        self._busy_seconds += ends[-self._workers] - ends[0]

    def _run(self, runs: int) -> list[float]:
        """Return when the runs ended, in that order."""
        with ThreadPoolExecutor(_CALLERS) as pool:
            return sorted(pool.map(self._end_of_run, range(runs)))

    def _end_of_run(self, _number: int) -> float:
        self._client.run(self._request)
        return time.perf_counter()


def _processor_seconds(server: int) -> tuple[float, float]:
    """Return the processor time of the workers, and that of the server's own process and this one."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    workers = sum(_process_seconds(int(child)) for child in children)
    return workers, _process_seconds(server) + time.process_time()


def _process_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND  # utime and stime, see proc(5)
