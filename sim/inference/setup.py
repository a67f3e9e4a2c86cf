"""Everything that is decided before a machine exists: board, model, runner, inputs, places in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.errors import UsageError
from sim.inference.placement import Placement
from sim.inference.request import RunRequest
from sim.inference.runner import Runner, require_operators
from sim.inference.selection import choose_runner
from sim.inputs import InputSet, load_inputs
from sim.machine.engines import check_engine
from sim.model import Model, check_operators
from sim.platform import Platform, load_platform

_DEFAULT_INPUT = "random:0"
_DEMO_DIGIT = 7
DEMO_SOURCE = "demo:"
"""How the source of a bundled input starts."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A run that is ready to start.

    Attributes
    ----------
    model_path
        The user's model file; None for the bundled one.
    inputs
        One entry per inference, repetitions not counted.
    labels
        Names of the bundled model's classes; None for the user's model.
    """

    platform: Platform
    clock_hz: int
    model: Model
    model_path: Path | None
    runner: Runner
    placement: Placement
    inputs: tuple[InputSet, ...]
    labels: tuple[str, ...] | None


def prepare(request: RunRequest) -> Setup:
    """Check a request and load what it names.

    Raises
    ------
    UsageError
        Something in the request makes no sense, cannot be read, or does not fit the board.
    EnvironmentMissingError
        The installation lacks a file.
    """
    request.check()
    check_engine(request.engine)
    platform = load_platform(request.platform)
    if request.battery is not None and platform.energy is None:
        raise UsageError(
            f"--battery: nobody has published the consumption of {platform.id}",
            "choose a board whose `sim platforms ID` lists its energy",
        )
    clock_hz = request.clock_hz if request.clock_hz is not None else platform.clock.default_hz
    if request.model_path is None:
        model, inputs, labels = _demo(request)
    else:
        model, labels = Model.load(request.model_path), None
        inputs = tuple(load_inputs(list(request.inputs) or [_DEFAULT_INPUT], model))
    check_operators(model)
    if request.runner_path is None:
        require_operators(platform.core, model)
    choice = choose_runner(platform, model, request.runner_path, request.arena_size_bytes)
    return Setup(
        platform, clock_hz, model, request.model_path, choice.runner, choice.placement, inputs, labels
    )


def _demo(request: RunRequest) -> tuple[Model, tuple[InputSet, ...], tuple[str, ...]]:
    from sim.demo import demo_input, demo_model_path

    model = Model.load(demo_model_path())
    labels = tuple(str(digit) for digit in range(10))
    if request.inputs:
        return model, tuple(load_inputs(list(request.inputs), model)), labels
    digit = InputSet((demo_input(_DEMO_DIGIT),), f"{DEMO_SOURCE}{_DEMO_DIGIT}")
    return model, (digit,), labels
