"""What the ``sim`` fixture gives to a test."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sim.backends import Backend
from sim.boot import BootRequest
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
from sim.pytest_plugin.firmware import CheckedBoard
from sim.report.one_line import render_line
from sim.result import Result, with_labels

Source = str | os.PathLike[str] | np.ndarray[Any, Any]
_MODEL_ARGUMENTS = frozenset({"inputs", "labels", "model"})
_RUN_ARGUMENTS = {field.name for field in dataclasses.fields(RunRequest)} - {"inputs", "model_path"}
_BOOT_ARGUMENTS = {field.name for field in dataclasses.fields(BootRequest)} - {"firmware"}
_BOARD_ARGUMENTS = frozenset({"platform", "base", "clock_hz", "level", "wall_timeout_seconds"})
_DEFAULTS = _MODEL_ARGUMENTS | _RUN_ARGUMENTS | _BOOT_ARGUMENTS | _BOARD_ARGUMENTS
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
    """Runs models and firmware on simulated boards.

    Parameters
    ----------
    backend
        Where they are simulated.
    defaults
        Arguments that a test may leave out.
    make_directory
        Makes an empty directory for arrays that are given as inputs.
    note
        Told one line about every run.
    """

    def __init__(
        self,
        backend: Backend,
        defaults: Mapping[str, Any],
        make_directory: Callable[[], Path],
        note: Callable[[str], None],
    ) -> None:
        self._backend = backend
        self._defaults = defaults
        self._make_directory = make_directory
        self._note = note
        self._boards: list[CheckedBoard] = []

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
        with _hints():
            labels: Sequence[str] | None = self._taken("labels", arguments)
            model = self._taken("model", arguments)
            inputs = _Inputs(self._make_directory).sources(self._taken("inputs", arguments))
            request = RunRequest(
                model_path=None if model is None else Path(model),
                inputs=inputs,
                **self._known("run", arguments, _RUN_ARGUMENTS, _MODEL_ARGUMENTS),
            )
            return self._checked(self._backend.run(request), labels)

    def run_firmware(self, path: str | os.PathLike[str], **arguments: Any) -> CheckedResult:
        """Run a firmware image from reset, and fail the test when it stops early.

        Parameters
        ----------
        path
            ELF, Intel HEX or raw binary.
        platform : str
            Platform identifier, or path of a platform file. Required, here or in the marker.
        **arguments
            Any other field of :class:`sim.boot.BootRequest`, such as ``until``, ``profile_from``,
            ``profile_to`` or ``uart_input``.

        Raises
        ------
        UsageError
            An argument cannot be used, or the image does not fit the board.
        SimulationError
            The run stopped early.
        """
        with _hints():
            known = self._known("run_firmware", arguments, _BOOT_ARGUMENTS)
            return self._checked(self._backend.run_firmware(BootRequest(firmware=Path(path), **known)))

    def firmware(self, path: str | os.PathLike[str], **arguments: Any) -> CheckedBoard:
        """Return a board with a firmware image, at reset, to talk with; it is switched off after the test.

        When the test fails, its report has what the serial ports have sent.

        Parameters
        ----------
        path
            ELF, Intel HEX or raw binary.
        platform : str
            Platform identifier, or path of a platform file. Required, here or in the marker.
        **arguments
            ``base``, the address of a raw binary or of the vector table, and ``clock_hz``, ``level`` and
            ``wall_timeout_seconds`` as in :class:`sim.boot.FirmwareBoard`.

        Raises
        ------
        UsageError
            An argument cannot be used, or the image does not fit the board.
        """
        with _hints():
            known = self._known("firmware", arguments, _BOARD_ARGUMENTS)
            request = BootRequest(firmware=Path(path), **known)
            board = CheckedBoard(self._backend.open_firmware(request), Path(request.platform).stem)
            self._boards.append(board)
            return board

    def transcripts(self) -> list[tuple[str, str]]:
        """Return what the serial ports of the test's boards have sent, by name."""
        return [transcript for board in self._boards for transcript in board.transcripts()]

    def close(self) -> None:
        """Switch all boards off."""
        for board in self._boards:
            board.close()

    def _taken(self, name: str, arguments: dict[str, Any]) -> Any:
        """Take an argument, or its default, out of those given."""
        return arguments.pop(name, self._defaults.get(name))

    def _known(
        self, method: str, arguments: dict[str, Any], known: Set[str], others: Set[str] = frozenset()
    ) -> dict[str, Any]:
        """Return arguments with the defaults that the method knows; refuse those that it does not know."""
        if unknown := sorted((arguments.keys() - known) | (self._defaults.keys() - _DEFAULTS)):
            raise UsageError(
                f"sim.{method}() has no argument {unknown[0]!r}",
                f"it has: {', '.join(sorted(known | others))}",
            )
        merged = {name: value for name, value in {**self._defaults, **arguments}.items() if name in known}
        if "platform" not in merged:
            raise UsageError(
                f"sim.{method}() needs a platform", "give platform='stm32f746'; see `sim platforms`"
            )
        return merged

    def _checked(self, result: Result, labels: Sequence[str] | None = None) -> CheckedResult:
        self._note(render_line(result))
        require_completed(result)
        return CheckedResult.of(result if labels is None else with_labels(result, labels))


@contextmanager
def _hints() -> Iterator[None]:
    """Show the hint of an error in the test's report."""
    try:
        yield
    except SimError as error:
        if error.hint:
            error.add_note(f"hint: {error.hint}")
        raise


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
