"""How fast the simulation is: what each level of detail costs, and how it compares with the board itself.

Host times depend on the machine and on what else it does, so levels are measured in turns within one process,
and the best of all rounds counts: ratios are comparable where times are not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import SimulationError
from sim.inference.request import DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS, RunRequest
from sim.inference.session import InferenceRecord, RunnerSession, RunStoppedError
from sim.inference.setup import Setup, prepare
from sim.machine.engines import DEFAULT_ENGINE
from sim.machine.protocol import Level, RunLimits

_LEVELS = (Level.BARE, Level.COUNTERS, Level.TIMING, Level.FULL)  # those that the embedded engine offers


@dataclass(frozen=True, slots=True)
class LevelSpeed:
    """Speed of one level of detail.

    Attributes
    ----------
    host_seconds
        Time of one inference on the host.
    instructions_per_second
        Simulated instructions per second of host time.
    relative_to_bare
        Speed relative to the bare level, 1 when nothing is lost.
    """

    level: str
    host_seconds: float
    instructions_per_second: float
    relative_to_bare: float


@dataclass(frozen=True, slots=True)
class ModelSpeed:
    """Speed of one model with everything modelled.

    Attributes
    ----------
    board_seconds
        Simulated duration of one inference.
    host_seconds
        Time of one inference on the host.
    relative_to_board
        Above 1, the simulation is faster than the board.
    """

    model: str
    board_seconds: float
    host_seconds: float
    relative_to_board: float


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Both measurements: levels on the first model, then all models."""

    platform: str
    clock_hz: int
    rounds: int
    levels: tuple[LevelSpeed, ...]
    models: tuple[ModelSpeed, ...]


def run_benchmark(platform: str, models: Sequence[Path], rounds: int) -> Benchmark:
    """Measure the speed of the embedded engine.

    Parameters
    ----------
    platform
        Board to simulate.
    models
        Models to run; the bundled one when there are none.
    rounds
        Inferences per measurement, the first one not counted.
    """
    paths: Sequence[Path | None] = models or [None]
    setups = [prepare(RunRequest(platform=platform, model_path=path)) for path in paths]
    return Benchmark(
        platform=setups[0].platform.id,
        clock_hz=setups[0].clock_hz,
        rounds=rounds,
        levels=_measure_levels(setups[0], rounds),
        models=tuple(_measure_model(setup, rounds) for setup in setups),
    )


def _measure_levels(setup: Setup, rounds: int) -> tuple[LevelSpeed, ...]:
    timers = {level: InferenceTimer(setup, level) for level in _LEVELS}
    for _ in range(rounds):
        for timer in timers.values():
            timer.infer()
    instructions = timers[Level.FULL].record.span.instructions
    bare_seconds = timers[Level.BARE].best_seconds
    return tuple(
        LevelSpeed(
            level=level.value,
            host_seconds=timer.best_seconds,
            instructions_per_second=instructions / timer.best_seconds,
            relative_to_bare=bare_seconds / timer.best_seconds,
        )
        for level, timer in timers.items()
    )


def _measure_model(setup: Setup, rounds: int) -> ModelSpeed:
    timer = InferenceTimer(setup, Level.FULL)
    for _ in range(rounds):
        timer.infer()
    board_seconds = timer.record.span.cycles / setup.clock_hz
    return ModelSpeed(
        model="bundled" if setup.model_path is None else setup.model_path.name,
        board_seconds=board_seconds,
        host_seconds=timer.best_seconds,
        relative_to_board=board_seconds / timer.best_seconds,
    )


class InferenceTimer:
    """A booted session whose code has been translated, and the fastest of its inferences.

    Parameters
    ----------
    setup
        What to run; of its inputs, the first.
    level, engine
        How to run it.

    Raises
    ------
    SimulationError
        The model does not run to its end.
    """

    def __init__(self, setup: Setup, level: Level, engine: str = DEFAULT_ENGINE) -> None:
        self._inputs = [tensor.tobytes() for tensor in setup.inputs[0].tensors]
        self.session = RunnerSession(
            setup.platform,
            setup.placement,
            setup.model.data,
            RunLimits(DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS),
            clock_hz=setup.clock_hz,
            engine=engine,
            level=level,
        )
        try:
            self.session.boot()
            self.record: InferenceRecord = self.session.infer(self._inputs)
        except RunStoppedError as stopped:
            raise SimulationError(f"the benchmark stopped early: {stopped.stop.reason}") from stopped
        self.best_seconds = float("inf")

    def infer(self) -> None:
        """Time one more inference."""
        started = time.perf_counter()
        self.record = self.session.infer(self._inputs)
        self.best_seconds = min(self.best_seconds, time.perf_counter() - started)

    def close(self) -> None:
        """Release the machine."""
        self.session.machine.close()
