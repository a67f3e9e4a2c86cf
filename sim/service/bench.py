"""How much the service costs on top of the engine: latency of calls, and throughput by number of workers."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sim.client import AsyncClient, Client
from sim.errors import SimulationError
from sim.inference import RunRequest
from sim.result import Result

_LISTENING = "sim: listening on "
_WORKER_COUNTS = (1, 2)
_CALLERS_PER_WORKER = 2


@dataclass(frozen=True, slots=True)
class CallSpeed:
    """One way to ask for an inference on a warm board, one call after the other.

    Attributes
    ----------
    p50_seconds, p90_seconds, p99_seconds
        Time from the call to its answer.
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
    overhead_p50_seconds: float
    overhead_ratio: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Runs per second with a number of workers and two callers for each; `relative` to one worker."""

    workers: int
    runs_per_second: float
    relative: float


@dataclass(frozen=True, slots=True)
class ServiceBenchmark:
    """Both measurements."""

    platform: str
    model: str
    calls: tuple[CallSpeed, ...]
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
        Calls per measurement.

    Raises
    ------
    SimulationError
        The server does not start.
    """
    request = RunRequest(platform=platform, model_path=model)
    with _server(1) as address:
        calls = _measure_calls(address, request, count)
    rates = []
    for workers in _WORKER_COUNTS:
        with _server(workers) as address:
            rates.append(_measure_rate(address, request, workers, count))
    return ServiceBenchmark(
        platform=platform,
        model="bundled" if model is None else model.name,
        calls=calls,
        throughput=tuple(
            Throughput(workers, rate, rate / rates[0])
            for workers, rate in zip(_WORKER_COUNTS, rates, strict=True)
        ),
    )


@contextlib.contextmanager
def _server(workers: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        command = ["serve", "--listen", "127.0.0.1:0", "--workers", str(workers), "--data-dir", directory]
        with subprocess.Popen(
            [sys.executable, "-m", "sim", *command], stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            try:
                yield _address(process.stderr)
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


def _measure_calls(address: str, request: RunRequest, count: int) -> tuple[CallSpeed, ...]:
    async def work() -> tuple[CallSpeed, ...]:
        async with AsyncClient(address) as client, await client.open_session(request) as session:
            speeds = []
            run = functools.partial(client.run, request)
            for name, call in (("Invoke", session.invoke), ("RunModel", run)):
                await call()
                samples = [await _timed(call) for _ in range(count)]
                speeds.append(_speed(name, samples))
            return tuple(speeds)

    return asyncio.run(work())


async def _timed(call: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = await call()
    return time.perf_counter() - started, result


def _speed(name: str, samples: list[tuple[float, Result]]) -> CallSpeed:
    seconds = [duration for duration, _ in samples]
    engine = [(result.host and result.host.simulation_seconds) or 0.0 for _, result in samples]
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    median = statistics.median(seconds)
    return CallSpeed(
        call=name,
        count=len(samples),
        p50_seconds=median,
        p90_seconds=cuts[89],
        p99_seconds=cuts[98],
        overhead_p50_seconds=statistics.median(a - b for a, b in zip(seconds, engine, strict=True)),
        overhead_ratio=median / statistics.median(engine),
    )


def _measure_rate(address: str, request: RunRequest, workers: int, count: int) -> float:
    with Client(address) as client, ThreadPoolExecutor(workers * _CALLERS_PER_WORKER) as pool:
        for future in [pool.submit(client.run, request) for _ in range(workers * _CALLERS_PER_WORKER)]:
            future.result()
        started = time.perf_counter()
        list(pool.map(lambda _: client.run(request), range(count)))
        return count / (time.perf_counter() - started)
