"""Runs measured images on simulated boards and compares."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

import sim
from sim.errors import SimulationError, UsageError
from sim.mlperf import MlperfReport, MlperfRequest, run_mlperf
from sim.platform import Platform, load_platform
from sim.timing.version import timing_model_version
from sim.validation.discovery import Discovery, Measurement

_ITERATIONS = 2
_WARMUPS = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One image: measured and simulated, per inference; errors are relative and signed.

    Attributes
    ----------
    failure
        Why there is nothing to compare; None when it ran.
    """

    platform: str
    core: str
    system: str
    benchmark: str
    image: str
    image_sha256: str | None
    measured_seconds: float
    simulated_seconds: float | None
    latency_error: float | None
    measured_joules: float | None
    simulated_joules: float | None
    energy_error: float | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Absolute relative errors over images; None where nothing was measured."""

    name: str
    images: int
    mean_latency_error: float | None
    worst_latency_error: float | None
    mean_energy_error: float | None
    worst_energy_error: float | None


@dataclass(frozen=True, slots=True)
class Validation:
    """All comparisons, and summaries per board and per core.

    Attributes
    ----------
    source
        What the measurements are, such as the name of the published round.
    date
        Day of the validation, ISO 8601.
    """

    source: str
    date: str
    boardless_version: str
    timing_model: str
    comparisons: tuple[Comparison, ...]
    platforms: tuple[Summary, ...]
    cores: tuple[Summary, ...]
    skipped: tuple[str, ...]


def run_validation(
    discovery: Discovery,
    source: str,
    on_image: Callable[[int, Measurement], None] | None = None,
    run: Callable[[MlperfRequest], MlperfReport] = run_mlperf,
) -> Validation:
    """Run every measured image.

    Parameters
    ----------
    source
        What to call the measurements.
    on_image
        Called with its number in front of each image.
    run
        Runs a benchmark, here or on a server.
    """
    comparisons = []
    boardless_version, timing_model = sim.__version__, timing_model_version()
    for number, measurement in enumerate(discovery.measurements):
        if on_image is not None:
            on_image(number, measurement)
        outcome = _run(measurement, run)
        if isinstance(outcome, MlperfReport):
            boardless_version, timing_model = outcome.boardless_version, outcome.timing_model
        comparisons.append(_compare(measurement, load_platform(measurement.platform), outcome))
    return Validation(
        source=source,
        date=datetime.date.today().isoformat(),
        boardless_version=boardless_version,
        timing_model=timing_model,
        comparisons=tuple(comparisons),
        platforms=_summaries(comparisons, lambda comparison: comparison.platform),
        cores=_summaries(comparisons, lambda comparison: comparison.core),
        skipped=discovery.skipped,
    )


def _run(measurement: Measurement, run: Callable[[MlperfRequest], MlperfReport]) -> MlperfReport | str:
    """Return the report of an image, or why there is none."""
    request = MlperfRequest(
        measurement.platform,
        measurement.image,
        measurement.benchmark,
        iterations=_ITERATIONS,
        warmups=_WARMUPS,
    )
    try:
        return run(request)
    except (UsageError, SimulationError) as error:
        return error.message


def _compare(measurement: Measurement, platform: Platform, outcome: MlperfReport | str) -> Comparison:
    measured_seconds = 1 / measurement.inferences_per_second
    report, failure = (None, outcome) if isinstance(outcome, str) else (outcome, None)
    seconds = None if report is None else report.latency_seconds
    joules = None if report is None else report.energy_joules
    return Comparison(
        platform=platform.id,
        core=platform.core,
        system=measurement.system,
        benchmark=measurement.benchmark,
        image=measurement.image.name,
        image_sha256=None if report is None else report.image_sha256,
        measured_seconds=measured_seconds,
        simulated_seconds=seconds,
        latency_error=_relative_error(seconds, measured_seconds),
        measured_joules=measurement.joules,
        simulated_joules=joules,
        energy_error=_relative_error(joules, measurement.joules),
        failure=failure,
    )


def _relative_error(simulated: float | None, measured: float | None) -> float | None:
    return None if simulated is None or measured is None else simulated / measured - 1


def _summaries(comparisons: list[Comparison], key: Callable[[Comparison], str]) -> tuple[Summary, ...]:
    names = sorted({key(comparison) for comparison in comparisons})
    return tuple(_summary(name, [item for item in comparisons if key(item) == name]) for name in names)


def _summary(name: str, comparisons: list[Comparison]) -> Summary:
    latency = _absolute(comparison.latency_error for comparison in comparisons)
    energy = _absolute(comparison.energy_error for comparison in comparisons)
    return Summary(
        name=name,
        images=len(latency),
        mean_latency_error=fmean(latency) if latency else None,
        worst_latency_error=max(latency, default=None),
        mean_energy_error=fmean(energy) if energy else None,
        worst_energy_error=max(energy, default=None),
    )


def _absolute(errors: Iterable[float | None]) -> list[float]:
    return [abs(error) for error in errors if error is not None]
