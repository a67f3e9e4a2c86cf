"""Fits a board's energy constants to measurements of it.

Every part of the energy model gets a factor: cycles, each class of instructions, flash lines, static power.
The factors are the non-negative ones that minimise ::

    sum(((predicted - measured) / (measured * m)) ** 2) + sum(((factor - expected) / deviation) ** 2)

with ``m`` the relative error of a measurement. The second sum draws what the measurements do not determine
towards the shipped constants: a Bayesian estimate with a normal prior (Tikhonov regularisation), solved by
the non-negative least squares of Lawson and Hanson. Factors are expected to be 1, those of instruction
classes to be that of the cycles: a board that draws less than its datasheet says does so in everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.energy.model import CountedSpan, EnergyModel, class_weights, reference_flash_lines_per_cycle
from sim.energy.reference import activity_factor, reference_activity
from sim.errors import UsageError
from sim.extras import needs_extra
from sim.platform import Platform
from sim.timing.instruction import InstructionClass

MEASUREMENT_RELATIVE_ERROR = 0.02
"""One standard deviation of a measured energy, meter and repeatability: estimate."""

_CLASS_DEVIATION = 0.3
"""One standard deviation of a class's factor: the weights are those of another core: estimate."""

_FLASH_DEVIATION = 0.5
_STATIC_DEVIATION = 0.5
_SMALLEST_UNCERTAINTY = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """What was executed, and what it cost on the board."""

    name: str
    span: CountedSpan
    clock_hz: int
    joules: float


@dataclass(frozen=True, slots=True)
class Residual:
    """One sample: relative errors with the shipped constants, and with the fitted ones.

    Attributes
    ----------
    held_out
        With constants fitted to all other samples; None when there is no other.
    """

    name: str
    measured_joules: float
    before: float
    after: float
    held_out: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted constants, as a platform file holds them.

    Attributes
    ----------
    relative_uncertainty
        Root mean square of the held-out errors, one standard deviation.
    """

    picojoules_per_cycle: float
    static_watts: float
    picojoules_per_line: float
    class_weights: dict[str, float]
    relative_uncertainty: float
    residuals: tuple[Residual, ...]


def calibrate(platform: Platform, samples: Sequence[Sample]) -> Calibration:
    """Fit a board's constants to measurements.

    Parameters
    ----------
    platform
        The board, with the constants to start from.
    samples
        At least one.

    Raises
    ------
    UsageError
        There are no samples, or they contradict the model.
    EnvironmentMissingError
        scipy is not installed.
    """
    if not samples:
        raise UsageError("there is nothing to calibrate with", "give at least one measurement")
    parts = np.array([_parts(platform, sample) for sample in samples])
    measured = np.array([sample.joules for sample in samples])
    prior = _prior(platform.power.relative_uncertainty)
    factors = _solve(parts, measured, prior)
    residuals = tuple(
        Residual(
            name=sample.name,
            measured_joules=sample.joules,
            before=float(parts[row].sum() / measured[row] - 1),
            after=float(parts[row] @ factors / measured[row] - 1),
            held_out=_held_out_error(parts, measured, prior, row),
        )
        for row, sample in enumerate(samples)
    )
    errors = [residual.after if residual.held_out is None else residual.held_out for residual in residuals]
    return _constants(platform, factors, residuals, float(np.sqrt(np.mean(np.square(errors)))))


def _parts(platform: Platform, sample: Sample) -> list[float]:
    model = EnergyModel(platform, sample.clock_hz)
    breakdown = model.energy_of(sample.span).breakdown
    classes = model.joules_by_class(sample.span)
    return [breakdown["core"], *classes.values(), breakdown["flash"], breakdown["static"]]


def _prior(core_deviation: float) -> NDArray[np.float64]:
    """Return what is expected of the factors: one row of coefficients and, last, a goal per expectation."""
    classes = len(InstructionClass)
    deviations = [core_deviation, *[_CLASS_DEVIATION] * classes, _FLASH_DEVIATION, _STATIC_DEVIATION]
    coefficients = np.eye(len(deviations))
    goals = np.ones(len(deviations))
    coefficients[1 : 1 + classes, 0] = -1
    goals[1 : 1 + classes] = 0
    return np.asarray(np.column_stack([coefficients, goals]) / np.array(deviations)[:, np.newaxis])


def _solve(
    parts: NDArray[np.float64], measured: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    with needs_extra("calibrate", "calibration"):
        from scipy.optimize import nnls
    rows = parts / (measured[:, np.newaxis] * MEASUREMENT_RELATIVE_ERROR)
    goals = np.full(len(measured), 1 / MEASUREMENT_RELATIVE_ERROR)
    equations = np.vstack([rows, prior[:, :-1]])
    factors, _ = nnls(equations, np.concatenate([goals, prior[:, -1]]))
    return np.asarray(factors, dtype=np.float64)


def _held_out_error(
    parts: NDArray[np.float64], measured: NDArray[np.float64], prior: NDArray[np.float64], row: int
) -> float | None:
    if len(measured) == 1:
        return None
    others = np.arange(len(measured)) != row
    factors = _solve(parts[others], measured[others], prior)
    return float(parts[row] @ factors / measured[row] - 1)


def _constants(
    platform: Platform, factors: NDArray[np.float64], residuals: tuple[Residual, ...], uncertainty: float
) -> Calibration:
    """Turn factors of the parts into the constants that give them: the inverse of the model's set-up."""
    core, *by_class, flash, static = factors.tolist()
    if core == 0:
        raise UsageError(
            "the measurements contradict the model: they leave no energy for a core cycle",
            "check their unit and what they were taken of",
        )
    weights = {
        kind: weight * factor / core
        for (kind, weight), factor in zip(class_weights(platform).items(), by_class, strict=True)
    }
    power, line = platform.power, platform.flash_energy.picojoules_per_line
    lines_per_cycle = reference_flash_lines_per_cycle(platform)
    shipped = 1 + activity_factor() * reference_activity(platform.core, class_weights(platform))
    fitted = 1 + activity_factor() * reference_activity(platform.core, weights)
    base_picojoules = (power.picojoules_per_cycle - line * lines_per_cycle) / shipped * core
    return Calibration(
        picojoules_per_cycle=base_picojoules * fitted + line * flash * lines_per_cycle,
        static_watts=power.static_watts * static,
        picojoules_per_line=line * flash,
        class_weights={kind.name.lower(): weight for kind, weight in weights.items()},
        relative_uncertainty=max(uncertainty, _SMALLEST_UNCERTAINTY),
        residuals=residuals,
    )
