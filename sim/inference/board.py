"""A board with a model on it: boot once, then answer any number of inferences."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from sim.debug import DebugRequest
from sim.errors import CapacityError, ModelError
from sim.firmware.mailbox import RunnerError
from sim.inference.arena import measure_arena_bytes
from sim.inference.document import Outcome
from sim.inference.failure import describe_stop
from sim.inference.placement import fitting_hint
from sim.inference.request import (
    DEFAULT_TIMEOUT_CYCLES,
    DEFAULT_WALL_TIMEOUT_SECONDS,
    Progress,
    RunRequest,
)
from sim.inference.selection import choose_runner
from sim.inference.session import InferenceRecord, OperatorSpan, RunnerSession, RunStoppedError
from sim.inference.setup import Setup
from sim.inputs import InputSet
from sim.machine.protocol import Level, RunLimits, Snapshot, Stop
from sim.machine.protocol import StopReason as MachineStop
from sim.result import StopReason

ReportProgress = Callable[[Progress], None]
ReportOperator = Callable[[OperatorSpan], None]


class Board:
    """One simulated board that runs one model.

    Parameters
    ----------
    request
        Limits, kernels, engine and level.
    setup
        What :func:`~sim.inference.setup.prepare` made of the request.
    progress
        Called dozens of times a second of host time; may raise to end what runs.
    debug
        Where a debugger is expected.

    Attributes
    ----------
    setup
        What runs: with a smaller runner than it was given, where the model needs the larger one's RAM.
    on_operator
        Told each operator of the first inference of :meth:`infer`, soon after it was executed.
    """

    def __init__(
        self,
        request: RunRequest,
        setup: Setup,
        progress: ReportProgress,
        debug: DebugRequest | None = None,
    ) -> None:
        self.progress = progress
        self.on_operator: ReportOperator | None = None
        self._told_operators = 0
        self._is_first = False
        self._request = request
        self._debug = debug
        self.setup = setup
        self._phase = "booting"
        self._fraction: float | None = None
        self._session = self.new_session(debug=debug)
        self._boot_stop: Stop | None = None

    def new_session(self, *, traced: bool = False, debug: DebugRequest | None = None) -> RunnerSession:
        """Return a fresh machine with the runner and the model on it, not yet booted."""
        request, setup = self._request, self.setup
        return RunnerSession(
            setup.platform,
            setup.placement,
            setup.model.data,
            RunLimits(
                request.timeout_cycles or DEFAULT_TIMEOUT_CYCLES,
                request.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
            ),
            clock_hz=setup.clock_hz,
            reference_kernels=request.kernels == "reference",
            engine=request.engine,
            level=Level(request.level),
            on_progress=self._report,
            stop_at_operators=traced,
            debug=debug,
        )

    def boot(self) -> None:
        """Run from reset until the model is loaded; a stop on the way is kept for :meth:`infer`.

        Raises
        ------
        CapacityError
            The model needs a larger arena than it has.
        """
        try:
            answer = self._session.boot()
        except RunStoppedError as stopped:
            self._boot_stop = stopped.stop
            return
        if answer.error is RunnerError.ARENA_TOO_SMALL:
            if self._takes_smaller_runner():
                self.boot()
                return
            self._refuse_for_arena()
        if answer.error is not RunnerError.NONE:
            self._boot_stop = Stop(MachineStop.MARKER, marker="failed")

    def snapshot(self) -> Snapshot:
        """Return the state of the booted board."""
        return self._session.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this board."""
        self._session.restore(snapshot)

    def start_clock(self) -> None:
        """Let the wall-clock limit count from here instead of from the board's creation."""
        self._session.start_clock()

    def infer(self, inputs: Sequence[InputSet]) -> Outcome:
        """Run every input as often as the request says, and return all that finished."""
        entered = time.monotonic()
        self._told_operators = 0
        records: list[tuple[int, InferenceRecord]] = []
        stop_reason, detail = StopReason.COMPLETED, ""
        try:
            if self._boot_stop is not None:
                raise RunStoppedError(self._boot_stop)
            self._infer_all(inputs, records)
        except RunStoppedError as stopped:
            stop_reason, detail = describe_stop(
                stopped.stop, self._session.answer(), self._session.operator_under_way(), self.setup
            )
        answer = self._session.answer()
        return Outcome(
            engine_version=self._session.machine.version,
            accounting=self._session.machine.accounting,
            records=tuple(records),
            arena_used_bytes=answer.arena_used_bytes or None,
            stack_high_water_bytes=self._session.stack_high_water_bytes(),
            log=answer.log,
            stop_reason=stop_reason,
            stop_detail=detail,
            simulation_seconds=time.monotonic() - entered,
        )

    def close(self) -> None:
        """Keep what the next run of the same firmware can use."""
        self._session.machine.close()

    def _infer_all(self, inputs: Sequence[InputSet], records: list[tuple[int, InferenceRecord]]) -> None:
        jobs = [(i, item) for i, item in enumerate(inputs) for _ in range(self._request.repeat)]
        for number, (input_index, item) in enumerate(jobs):
            self._is_first = number == 0
            self._phase = f"inference {number + 1} of {len(jobs)}"
            self._fraction = number / len(jobs) if len(jobs) > 1 else None
            if number > 0:  # the machine itself reports only inferences that take long
                self._report(self._session.machine.cycles)
            is_last = number == len(jobs) - 1
            record = self._session.infer(item.to_bytes(), self._report_executed if is_last else None)
            if number == 0:
                self._tell_operators(record.operators)
            records.append((input_index, record))

    def _takes_smaller_runner(self) -> bool:
        """Go over to a runner that leaves the arena more RAM, where one can run the model."""
        request, setup = self._request, self.setup
        if request.arena_size_bytes is not None:
            return False
        try:
            choice = choose_runner(
                setup.platform, setup.model, request.runner_path, smaller_than=setup.runner
            )
        except (CapacityError, ModelError):
            return False
        self.setup = dataclasses.replace(setup, runner=choice.runner, placement=choice.placement)
        self.close()
        self._session = self.new_session(debug=self._debug)
        return True

    def _refuse_for_arena(self) -> None:
        setup = self.setup
        needed = measure_arena_bytes(
            setup.platform,
            setup.placement,
            setup.model.data,
            clock_hz=setup.clock_hz,
            reference_kernels=self._request.kernels == "reference",
        )
        available = setup.placement.arena_size_bytes
        if needed is None:
            raise CapacityError(f"the model needs more than the {available:,} bytes of its arena")
        if self._request.arena_size_bytes is not None:
            hint = f"give --arena-size {needed} or more, or leave it out to use all free RAM"
        else:
            hint = fitting_hint(setup.platform, setup.placement.flash_used_bytes, needed)
        raise CapacityError(
            f"the model needs an arena of {needed:,} bytes on {setup.platform.id}, "
            f"{needed - available:,} more than the {available:,} it has",
            hint,
        )

    def _tell_operators(self, finished: Sequence[OperatorSpan]) -> None:
        """Tell of the operators that were not told of yet."""
        if self.on_operator is not None:
            for operator in finished[self._told_operators :]:
                self.on_operator(operator)
            self._told_operators = len(finished)

    def _report_executed(self) -> None:
        self.progress(Progress("accounting for what was executed", 1.0))

    def _report(self, cycles: int) -> None:
        if self.on_operator is not None and self._is_first:
            self._tell_operators(self._session.finished_operators())
        self.progress(Progress(f"{self._phase}, {cycles / 1e6:,.0f} M cycles", self._fraction))
