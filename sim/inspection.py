"""What can be said about a model before an inference: contents, cost, support, and the boards that it fits.

The arena is measured, not estimated: the runner loads the model on a simulated board and says what it took.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import CapacityError, ModelError
from sim.inference.arena import measure_arena_bytes
from sim.inference.placement import Placement
from sim.inference.runner import Runner
from sim.inference.selection import choose_runner
from sim.model import (
    Model,
    SupportedOperator,
    Tensor,
    activation_lower_bound_bytes,
    check_supported,
    load_operators,
    model_macs,
    operator_macs,
    parameter_count,
)
from sim.platform import Platform, load_platform
from sim.resources import data_path


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """An input or output; scale and zero point are None when it is not quantised."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True, slots=True)
class OperatorFacts:
    """One operator.

    Attributes
    ----------
    macs
        Multiply-accumulates; None when they are not known.
    problem
        Why the bundled runner cannot run it; None when it can.
    """

    index: int
    name: str
    version: int
    output_shape: tuple[int, ...] | None
    macs: int | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class BoardFit:
    """Whether the model fits a board.

    Attributes
    ----------
    runner
        Variant of the bundled runner that fits best; None when none fits into flash.
    flash_used_bytes, arena_available_bytes
        Flash taken by runner and model, and RAM left for the arena; None when they do not fit into flash.
    arena_used_bytes
        Arena that the model takes; None when it could not be loaded.
    problem
        What is too large; None when nothing is known to be.
    """

    platform: str
    fits: bool
    runner: str | None
    flash_used_bytes: int | None
    flash_total_bytes: int
    arena_used_bytes: int | None
    arena_available_bytes: int | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model, as far as it can be known before an inference.

    Attributes
    ----------
    macs
        Multiply-accumulates of one inference; None when those of an operator are not known.
    parameters
        Number of trained values.
    tensors_at_least_bytes
        RAM that the tensors need at the fullest moment: a lower bound of the arena.
    """

    path: str
    sha256: str
    size_bytes: int
    description: str
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    operators: tuple[OperatorFacts, ...]
    macs: int | None
    parameters: int
    tensors_at_least_bytes: int
    boards: tuple[BoardFit, ...]


def inspect_model(path: Path, platforms: Sequence[str]) -> ModelFacts:
    """Read a model and compare it with boards.

    Parameters
    ----------
    platforms
        Identifiers of the boards.

    Raises
    ------
    ModelError
        The file is no usable model.
    PlatformError
        A board is unknown.
    EnvironmentMissingError
        The installation lacks the runner image of a board.
    """
    model = Model.load(path)
    supported = load_operators(data_path("firmware") / "operators.json")
    operators = _operators(model, supported)
    return ModelFacts(
        path=str(path),
        sha256=model.sha256,
        size_bytes=model.size_bytes,
        description=model.description,
        inputs=tuple(map(_tensor, model.input_tensors)),
        outputs=tuple(map(_tensor, model.output_tensors)),
        operators=operators,
        macs=model_macs(model),
        parameters=parameter_count(model),
        tensors_at_least_bytes=activation_lower_bound_bytes(model),
        boards=_fits(model, platforms, loadable=all(operator.problem is None for operator in operators)),
    )


def _tensor(tensor: Tensor) -> TensorFacts:
    return TensorFacts(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scale=tensor.scales[0] if tensor.scales else None,
        zero_point=tensor.zero_points[0] if tensor.zero_points else None,
    )


def _operators(model: Model, supported: Sequence[SupportedOperator]) -> tuple[OperatorFacts, ...]:
    problems = {
        index: missing.reason for missing in check_supported(model, supported) for index in missing.indices
    }
    return tuple(
        OperatorFacts(
            index=operator.index,
            name=operator.custom_name or operator.name,
            version=operator.version,
            output_shape=model.tensors[operator.outputs[0]].shape if operator.outputs else None,
            macs=operator_macs(model, operator),
            problem=problems.get(operator.index),
        )
        for operator in model.operators
    )


def _fits(model: Model, platforms: Sequence[str], *, loadable: bool) -> tuple[BoardFit, ...]:
    arenas_bytes: dict[str, int | None] = {}

    def fit(platform: Platform, larger: BoardFit | None = None, runner: Runner | None = None) -> BoardFit:
        try:
            choice = choose_runner(platform, model, smaller_than=runner)
        except (CapacityError, ModelError) as error:
            flash_total_bytes = platform.image_memory.size_bytes
            return larger or BoardFit(
                platform.id, False, None, None, flash_total_bytes, None, None, error.message
            )
        runner, placement = choice.runner, choice.placement
        # All boards with one image have the same arena.
        if runner.name not in arenas_bytes:
            arenas_bytes[runner.name] = _arena_bytes(platform, placement, model) if loadable else None
        used_bytes = arenas_bytes[runner.name]
        problem = _arena_problem(platform, placement, used_bytes, activation_lower_bound_bytes(model))
        found = BoardFit(
            platform=platform.id,
            fits=problem is None,
            runner=runner.variant,
            flash_used_bytes=placement.flash_used_bytes,
            flash_total_bytes=platform.image_memory.size_bytes,
            arena_used_bytes=used_bytes,
            arena_available_bytes=placement.arena_size_bytes,
            problem=problem,
        )
        return found if found.fits else fit(platform, found, runner)

    return tuple(fit(load_platform(platform_id)) for platform_id in platforms)


def _arena_bytes(platform: Platform, placement: Placement, model: Model) -> int | None:
    return measure_arena_bytes(
        platform, placement, model.data, clock_hz=platform.clock.default_hz, reference_kernels=False
    )


def _arena_problem(
    platform: Platform, placement: Placement, used_bytes: int | None, at_least_bytes: int
) -> str | None:
    needed_bytes = at_least_bytes if used_bytes is None else used_bytes
    missing_bytes = needed_bytes - placement.arena_size_bytes
    if missing_bytes <= 0:
        return None
    needed = f"the arena takes {'at least ' if used_bytes is None else ''}{needed_bytes:,} bytes of RAM"
    return f"{needed}, {missing_bytes:,} more than {platform.id} has left"
