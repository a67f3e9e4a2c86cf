"""The way of the data: platform and model to machine, to profile, to cycles and joules, to one result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from sim.debug import DebugRequest
from sim.inference.board import Board, ReportOperator, ReportProgress
from sim.inference.document import ResultBuilder
from sim.inference.request import Progress, RunRequest
from sim.inference.setup import Setup, prepare
from sim.inputs import InputSet
from sim.machine.profile import EMPTY_SPAN
from sim.result import Operator, Result, StopReason


def run_inference(
    request: RunRequest, progress: ReportProgress | None = None, debug: DebugRequest | None = None
) -> Result:
    """Run a model on a simulated board.

    Parameters
    ----------
    request
        What to run.
    progress
        Called dozens of times a second of host time; may raise to end the run.
    debug
        Where a debugger is expected, which controls the run.

    Returns
    -------
    Result
        Also of a run that faulted or hit a limit: see ``stop_reason``.

    Raises
    ------
    UsageError
        The request, the model or an input cannot be used, or does not fit the board.
    EnvironmentMissingError
        Something is not installed.
    """
    started = time.monotonic()
    setup = prepare(request)
    board = Board(request, setup, progress or _ignore, debug)
    try:
        board.boot()
        return _run(ResultBuilder(request, board.setup), board, setup.inputs, started)
    finally:
        board.close()


class WarmBoard:
    """A booted board that goes back to its state after boot before every run.

    Results are bit-identical to those of :func:`run_inference`, apart from ``host``.

    Parameters
    ----------
    request
        What to run; its inputs are the default of :meth:`run`.

    Raises
    ------
    UsageError
        The request or the model cannot be used, or does not fit the board.
    EnvironmentMissingError
        Something is not installed.
    """

    def __init__(self, request: RunRequest, progress: ReportProgress | None = None) -> None:
        self._board = Board(request, prepare(request), progress or _ignore)
        self._board.boot()
        self._builder = ResultBuilder(request, self._board.setup)
        self._snapshot = self._board.snapshot()
        self._is_rewound = True

    @property
    def setup(self) -> Setup:
        """Board, model and placement; the inputs in it are the default ones."""
        return self._builder.setup

    def rewind(self) -> None:
        """Go back to the state after boot; :meth:`run` does it first of all where nobody did it before."""
        if not self._is_rewound:
            self._board.restore(self._snapshot)
            self._is_rewound = True

    def run(
        self,
        inputs: Sequence[InputSet] | None = None,
        progress: ReportProgress | None = None,
        on_operator: Callable[[Operator], None] | None = None,
    ) -> Result:
        """Run inputs (see :func:`sim.inputs.load_inputs`) on the board as it was right after boot.

        Parameters
        ----------
        progress
            Called dozens of times a second of host time; may raise to end the run.
        on_operator
            Told each operator of the first inference, without its share, soon after it was executed.
        """
        started = time.monotonic()
        self.rewind()
        self._is_rewound = False
        self._board.start_clock()
        self._board.progress = progress or _ignore
        self._board.on_operator = None if on_operator is None else self._pricing(on_operator)
        return _run(self._builder, self._board, self.setup.inputs if inputs is None else inputs, started)

    def _pricing(self, on_operator: Callable[[Operator], None]) -> ReportOperator:
        """Return what tells of an operator by its account, while the inference has none yet."""
        accounts = self._builder.accounts
        return lambda executed: on_operator(accounts.operator(executed, EMPTY_SPAN))

    def close(self) -> None:
        """Keep what the next run of the same firmware can use."""
        self._board.close()


def _run(builder: ResultBuilder, board: Board, inputs: Sequence[InputSet], started: float) -> Result:
    """Run inputs on a booted board, and describe what came out."""
    outcome = board.infer(inputs)
    verification = None
    if builder.request.verify and outcome.stop_reason is StopReason.COMPLETED:
        from sim.inference.verification import verify_records

        board.progress(Progress("comparing with the reference interpreter"))
        setup = dataclasses.replace(builder.setup, inputs=tuple(inputs))
        verification = verify_records(setup, outcome.records, lambda: board.new_session(traced=True))
    return builder.build(inputs, outcome, verification, wall_seconds=time.monotonic() - started)


def _ignore(_progress: Progress) -> None:
    pass
