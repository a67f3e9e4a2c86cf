"""Which of a core's runner images a board has room for beside a model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile, islice
from pathlib import Path

from sim.errors import CapacityError, ModelError
from sim.inference.placement import Placement, place
from sim.inference.runner import Runner, find_runners
from sim.model import Model, check_supported
from sim.platform import Platform


@dataclass(frozen=True, slots=True)
class RunnerChoice:
    """A runner image, and where it goes on a board."""

    runner: Runner
    placement: Placement


def choose_runner(
    platform: Platform,
    model: Model,
    runner_path: Path | None = None,
    arena_size_bytes: int | None = None,
    *,
    smaller_than: Runner | None = None,
) -> RunnerChoice:
    """Return the largest runner that fits a board together with a model.

    Parameters
    ----------
    runner_path
        The user's own image; None for the bundled ones.
    arena_size_bytes
        Size of the arena; None for all RAM that is free.
    smaller_than
        Look only at the images behind this one.

    Raises
    ------
    ModelError
        The model needs operators that only a larger runner has.
    CapacityError
        None fits.
    ImageError
        The user's image cannot be used.
    EnvironmentMissingError
        The installation has no image for the core.
    """
    runners = find_runners(platform.core, runner_path)
    if smaller_than is not None:
        runners = islice(dropwhile(lambda runner: runner.name != smaller_than.name, runners), 1, None)
    refusal = CapacityError(f"there is no smaller runner for {platform.core}")
    for runner in runners:
        try:
            placement = place(platform, runner.data, runner.name, model.size_bytes, arena_size_bytes)
        except CapacityError as error:
            refusal = error
            continue
        _require_operators(runner, model, platform, refusal.hint)
        return RunnerChoice(runner, placement)
    raise refusal


def _require_operators(runner: Runner, model: Model, platform: Platform, hint: str) -> None:
    """Refuse a model for which only a larger runner would have all operators."""
    missing = check_supported(model, runner.operators or ()) if not runner.is_full else []
    if missing:
        names = ", ".join(dict.fromkeys(problem.operator for problem in missing))
        verb = "is" if "," not in names else "are"
        memory = f"{platform.image_memory.size_bytes >> 10} KiB of flash"
        raise ModelError(
            f"{names} {verb} not in the {runner.variant} runner that fits the {memory} of {platform.id}", hint
        )
