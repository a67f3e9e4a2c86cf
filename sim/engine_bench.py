"""How fast the engines are on this machine, all with the same board, image and model.

They are measured in turns within one process, and the best of all rounds counts: ratios are comparable where
times are not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.bench import InferenceTimer
from sim.errors import SimError
from sim.inference.request import RunRequest
from sim.inference.setup import prepare
from sim.machine.engines import DEFAULT_ENGINE
from sim.machine.protocol import Level

if TYPE_CHECKING:
    from sim.machine.qemu.plain import PlainQemu

_ROWS = (
    (DEFAULT_ENGINE, Level.FULL),
    (DEFAULT_ENGINE, Level.COUNTERS),
    ("qemu", Level.FULL),
    ("qemu", Level.COUNTERS),
    ("renode", Level.TIMING),
)
PLAIN_LEVEL = "without plugin"


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """Speed of one engine at one level of detail.

    Attributes
    ----------
    level
        What is accounted for; ``without plugin`` for QEMU alone.
    host_seconds
        Time of one inference on the host; None where single inferences are not seen.
    instructions_per_second
        Simulated instructions per second of host time; None when the engine cannot run.
    relative_to_embedded
        Speed relative to the embedded engine with everything modelled.
    relative_to_plain
        Speed relative to QEMU without the plugin; None for other engines.
    missing
        Why the engine cannot run, and what to do about it; None when it can.
    """

    engine: str
    level: str
    version: str | None = None
    host_seconds: float | None = None
    instructions_per_second: float | None = None
    relative_to_embedded: float | None = None
    relative_to_plain: float | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class EngineBenchmark:
    """All engines on one board with one model."""

    platform: str
    clock_hz: int
    model: str
    instructions: int
    rounds: int
    engines: tuple[EngineSpeed, ...]


def run_engine_benchmark(platform: str, model: Path | None, rounds: int) -> EngineBenchmark:
    """Measure all engines that are there.

    Parameters
    ----------
    platform
        Board to simulate, one that all engines have.
    model
        Model to run; None for the bundled one.
    rounds
        Inferences per engine and level, the first one not counted.

    Raises
    ------
    UsageError
        The board or the model cannot be used.
    """
    setup = prepare(RunRequest(platform=platform, model_path=model))
    timers: dict[tuple[str, Level], InferenceTimer] = {}
    missing: dict[tuple[str, Level], str] = {}
    for engine, level in _ROWS:
        try:
            timers[engine, level] = InferenceTimer(setup, level, engine)
        except SimError as error:
            if engine == DEFAULT_ENGINE:
                raise
            missing[engine, level] = f"{error.message}: {error.hint}" if error.hint else error.message
    try:
        with _plain_qemu(timers.get(("qemu", Level.FULL))) as plain:
            for _ in range(rounds):
                for timer in timers.values():
                    timer.infer()
                if plain is not None:
                    plain.measure()
    finally:
        for timer in timers.values():
            timer.close()
    instructions = timers[DEFAULT_ENGINE, Level.FULL].record.span.instructions
    return EngineBenchmark(
        platform=setup.platform.id,
        clock_hz=setup.clock_hz,
        model="bundled" if setup.model_path is None else setup.model_path.name,
        instructions=instructions,
        rounds=rounds,
        engines=_rows(timers, missing, None if plain is None else plain.best_rate, instructions),
    )


@contextlib.contextmanager
def _plain_qemu(timer: InferenceTimer | None) -> Iterator[PlainQemu | None]:
    """Start QEMU without the plugin on what a timer runs with it; None when there is no QEMU."""
    if timer is None:
        yield None
        return
    from sim.machine.qemu.installation import find_qemu
    from sim.machine.qemu.machine import QemuMachine
    from sim.machine.qemu.plain import plain_qemu

    machine = timer.session.machine
    assert isinstance(machine, QemuMachine)
    with plain_qemu(find_qemu(), machine.board_arguments, machine.contents()) as plain:
        plain.warm_up()
        yield plain


def _rows(
    timers: dict[tuple[str, Level], InferenceTimer],
    missing: dict[tuple[str, Level], str],
    plain: float | None,
    instructions: int,
) -> tuple[EngineSpeed, ...]:
    reference = instructions / timers[DEFAULT_ENGINE, Level.FULL].best_seconds
    rows = []
    for engine, level in _ROWS:
        if (engine, level) in missing:
            rows.append(EngineSpeed(engine, level.value, missing=missing[engine, level]))
            continue
        timer = timers[engine, level]
        rate = instructions / timer.best_seconds
        rows.append(
            EngineSpeed(
                engine=engine,
                level=timer.session.machine.accounting.level.value,
                version=timer.session.machine.version,
                host_seconds=timer.best_seconds,
                instructions_per_second=rate,
                relative_to_embedded=rate / reference,
                relative_to_plain=rate / plain if plain is not None and engine == "qemu" else None,
            )
        )
        if plain is not None and (engine, level) == ("qemu", Level.COUNTERS):
            rows.append(
                EngineSpeed(
                    engine=engine,
                    level=PLAIN_LEVEL,
                    version=timer.session.machine.version,
                    instructions_per_second=plain,
                    relative_to_embedded=plain / reference,
                    relative_to_plain=1.0,
                )
            )
    return tuple(rows)
