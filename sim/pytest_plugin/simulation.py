"""What the ``sim`` fixture gives to a test."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sim.checks import (
    ARENA,
    CYCLES,
    ENERGY,
    LATENCY,
    require_budget,
    require_completed,
    require_output,
)
from sim.errors import CheckFailedError, SimError, UsageError
from sim.inference import RunRequest
from sim.report.one_line import render_line
from sim.result import Result, with_labels

Source = str | os.PathLike[str] | np.ndarray[Any, Any]
Inputs = Source | Sequence[Source] | Mapping[str, Source]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckedResult(Result):
    """A result that checks itself, in tests."""

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return the result as one that checks itself."""
        return cls(**{field.name: getattr(result, field.name) for field in dataclasses.fields(result)})

    def assert_budget(
        self,
        *,
        cycles: int | None = None,
        latency_ms: float | None = None,
        energy_uj: float | None = None,
        arena_bytes: int | None = None,
    ) -> None:
        """Assert that every inference takes at most so many cycles, milliseconds, microjoules, bytes.

        Raises
        ------
        AssertionError
            At least one is exceeded; the message names the operators that cost most.
        """
        __tracebackhide__ = True
        limits = {
            CYCLES: cycles,
            LATENCY: None if latency_ms is None else latency_ms * 1e-3,
            ENERGY: None if energy_uj is None else energy_uj * 1e-6,
            ARENA: arena_bytes,
        }
        given = {figure: limit for figure, limit in limits.items() if limit is not None}
        if not given:
            raise UsageError(
                "assert_budget has nothing to check", "give cycles, latency_ms, energy_uj or arena_bytes"
            )
        try:
            require_budget(self, given)
        except CheckFailedError as error:
            raise AssertionError(error.message) from None

    def assert_output(
        self,
        expected: ArrayLike,
        *,
        rel: float | None = None,
        abs: float | None = None,  # noqa: A002 (as in pytest.approx)
        output: int = 0,
        inference: int | None = None,
    ) -> None:
        """Assert the real numbers of an output of every inference, or of one, within a tolerance.

        Parameters
        ----------
        expected
            In the output's shape, or all in one row.
        rel, abs
            A value may differ by the larger of ``rel * abs(expected)`` and ``abs``. With neither: half a step
            of a quantised output, a relative 1e-6 otherwise.
        output
            Which output of the model.
        inference
            Which inference of the run; all of them by default.

        Raises
        ------
        AssertionError
            At least one value differs by more.
        UsageError
            There is no such output or inference, or `expected` has another shape.
        """
        __tracebackhide__ = True
        try:
            require_output(self, expected, relative=rel, absolute=abs, output=output, inference=inference)
        except CheckFailedError as error:
            raise AssertionError(error.message) from None


class Simulation:
    """Runs models on simulated boards.

    Parameters
    ----------
    run
        Runs a request.
    defaults
        Arguments of :meth:`run` that a test may leave out.
    make_directory
        Makes an empty directory for arrays that are given as inputs.
    note
        Told one line about every run.
    """

    def __init__(
        self,
        run: Callable[[RunRequest], Result],
        defaults: Mapping[str, Any],
        make_directory: Callable[[], Path],
        note: Callable[[str], None],
    ) -> None:
        self._run_request = run
        self._defaults = defaults
        self._make_directory = make_directory
        self._note = note

    def run(self, **arguments: Any) -> CheckedResult:
        """Run a model on a board, and fail the test when the run does not come to its end.

        Parameters
        ----------
        platform : str
            Platform identifier, or path of a platform file. Required, here or in the marker.
        model : path
            The ``.tflite`` file; the bundled digits model by default.
        inputs
            A file, ``random:SEED``, ``zeros`` or an array; a list of them or a dictionary by tensor name for
            a model with several inputs.
        labels : sequence of str
            Names of the classes.
        **arguments
            Any other field of :class:`sim.inference.RunRequest`, such as ``kernels``, ``clock_hz``,
            ``arena_size_bytes`` or ``verify``.

        Raises
        ------
        UsageError
            An argument, the model or an input cannot be used, or does not fit the board.
        SimulationError
            The run stopped early.
        """
        try:
            return self._run({**self._defaults, **arguments})
        except SimError as error:
            if error.hint:
                error.add_note(f"hint: {error.hint}")
            raise

    def _run(self, arguments: dict[str, Any]) -> CheckedResult:
        labels: Sequence[str] | None = arguments.pop("labels", None)
        model = arguments.pop("model", None)
        inputs = _Inputs(self._make_directory).sources(arguments.pop("inputs", None))
        known = {field.name for field in dataclasses.fields(RunRequest)} - {"model_path"}
        unknown = sorted(arguments.keys() - known)
        if unknown:
            raise UsageError(
                f"sim.run() has no argument {unknown[0]!r}",
                f"it has: {', '.join(sorted(known | {'labels', 'model'}))}",
            )
        if "platform" not in arguments:
            raise UsageError("sim.run() needs a platform", "give platform='stm32f746'; see `sim platforms`")
        request = RunRequest(model_path=None if model is None else Path(model), inputs=inputs, **arguments)
        result = self._run_request(request)
        self._note(render_line(result))
        require_completed(result)
        return CheckedResult.of(result if labels is None else with_labels(result, labels))


class _Inputs:
    """Writes arrays to files, which is how inputs are given to a run."""

    def __init__(self, make_directory: Callable[[], Path]) -> None:
        self._make_directory = make_directory

    def sources(self, inputs: Inputs | None) -> list[str]:
        if inputs is None:
            return []
        if isinstance(inputs, Mapping):
            return [f"{name}={self._source(value)}" for name, value in inputs.items()]
        if isinstance(inputs, str | os.PathLike | np.ndarray) or not _are_sources(inputs):
            return [self._source(inputs)]
        return [self._source(value) for value in inputs]

    def _source(self, value: Source | Sequence[Source]) -> str:
        if isinstance(value, str | os.PathLike):
            return os.fspath(value)
        path = self._make_directory() / "input.npy"
        np.save(path, np.asarray(value))
        return str(path)


def _are_sources(values: Sequence[Source]) -> bool:
    return all(isinstance(value, str | os.PathLike | np.ndarray) for value in values)
