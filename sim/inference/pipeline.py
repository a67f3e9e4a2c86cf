"""The way of the data: platform and model to machine, to profile, to cycles and joules, to one result."""

from __future__ import annotations

import time
from collections.abc import Callable

from sim.errors import CapacityError
from sim.firmware.mailbox import MailboxAnswer, RunnerError
from sim.inference.arena import measure_arena_bytes
from sim.inference.document import Outcome, build_result
from sim.inference.failure import describe_stop
from sim.inference.placement import fitting_hint
from sim.inference.request import (
    DEFAULT_TIMEOUT_CYCLES,
    DEFAULT_WALL_TIMEOUT_SECONDS,
    Progress,
    RunRequest,
)
from sim.inference.session import InferenceRecord, RunnerSession, RunStoppedError
from sim.inference.setup import Setup, prepare
from sim.machine.protocol import Level, RunLimits, Stop
from sim.machine.protocol import StopReason as MachineStop
from sim.result import Result, StopReason

ReportProgress = Callable[[Progress], None]


def run_inference(request: RunRequest, progress: ReportProgress | None = None) -> Result:
    """Run a model on a simulated board.

    Parameters
    ----------
    request
        What to run.
    progress
        Called about ten times a second of host time; may raise to end the run.

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
    run = _Run(request, setup, progress or (lambda _: None))
    return build_result(request, setup, run.execute(started))


class _Run:
    """The machine part of one run: boot, then one inference after the other."""

    def __init__(self, request: RunRequest, setup: Setup, progress: ReportProgress) -> None:
        self._request = request
        self._setup = setup
        self._progress = progress
        self._phase = "booting"
        self._fraction: float | None = None
        self._records: list[tuple[int, InferenceRecord]] = []
        self._session = self._new_session()

    def _new_session(self, *, traced: bool = False) -> RunnerSession:
        request, setup = self._request, self._setup
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
        )

    def execute(self, started: float) -> Outcome:
        entered = time.monotonic()
        stop_reason, detail = StopReason.COMPLETED, ""
        try:
            self._boot()
            self._infer_all()
        except RunStoppedError as stopped:
            stop_reason, detail = describe_stop(
                stopped.stop,
                self._session.answer(),
                self._setup.model,
                self._setup.placement,
                self._setup.platform,
            )
        simulated = time.monotonic() - entered
        self._session.machine.close()
        answer = self._session.answer()
        verification = None
        if self._request.verify and stop_reason is StopReason.COMPLETED:
            self._progress(Progress("comparing with the reference interpreter"))
            from sim.inference.verification import verify_records

            verification = verify_records(
                self._setup, self._records, lambda: self._new_session(traced=True)
            )
        return Outcome(
            engine_version=self._session.machine.version,
            records=tuple(self._records),
            arena_used_bytes=answer.arena_used_bytes or None,
            stack_high_water_bytes=self._session.stack_high_water_bytes(),
            log=answer.log,
            stop_reason=stop_reason,
            stop_detail=detail,
            verification=verification,
            wall_seconds=time.monotonic() - started,
            simulation_seconds=simulated,
        )

    def _boot(self) -> None:
        answer = self._session.boot()
        if answer.error is RunnerError.ARENA_TOO_SMALL:
            self._refuse_for_arena()
        if answer.error is not RunnerError.NONE:
            raise RunStoppedError(Stop(MachineStop.MARKER, marker="failed"))

    def _refuse_for_arena(self) -> None:
        setup = self._setup
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

    def _infer_all(self) -> None:
        jobs = [(i, item) for i, item in enumerate(self._setup.inputs) for _ in range(self._request.repeat)]
        for number, (input_index, item) in enumerate(jobs):
            self._phase = f"inference {number + 1} of {len(jobs)}"
            self._fraction = number / len(jobs)
            record = self._session.infer(item.to_bytes())
            self._records.append((input_index, record))

    def _report(self, cycles: int) -> None:
        self._progress(Progress(f"{self._phase}, {cycles / 1e6:,.0f} M cycles", self._fraction))
