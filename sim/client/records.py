"""What a server says about runs, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2

from sim.errors import SimError
from sim.inference import Progress
from sim.result import Result
from sim.v1 import simulator_pb2 as pb
from sim.wire.results import result_from_message
from sim.wire.status import error_from


class RunState(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run on a server.

    Attributes
    ----------
    name
        ``runs/{id}``.
    platform
        Resource name of the board.
    create_time, start_time, end_time
        When it was accepted, taken by a worker, and over.
    result
        Of a run that succeeded; None in lists.
    error
        Of a run that failed.
    """

    name: str
    state: RunState
    platform: str
    create_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    result: Result | None
    error: SimError | None


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure in both runs, and the second divided by the first; None when that is 0."""

    field: str
    base: float
    other: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """Cycles of an operator in both runs."""

    index: int
    name: str
    base_cycles: int
    other_cycles: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the second of two runs differs from the first.

    Attributes
    ----------
    different_value_count
        Output values that differ; None when the outputs cannot be compared.
    """

    base: str
    other: str
    outputs_equal: bool
    different_value_count: int | None
    figures: tuple[FigureChange, ...]
    operators: tuple[OperatorChange, ...]


def run_record(run: pb.Run) -> RunRecord:
    """Return the record of a run's message."""
    return RunRecord(
        name=run.name,
        state=RunState[pb.RunState.Name(run.state).removeprefix("RUN_STATE_")],
        platform=run.spec.platform,
        create_time=_time(run.create_time) if run.HasField("create_time") else None,
        start_time=_time(run.start_time) if run.HasField("start_time") else None,
        end_time=_time(run.end_time) if run.HasField("end_time") else None,
        result=result_from_message(run.result) if run.HasField("result") else None,
        error=run_error(run),
    )


def run_error(run: pb.Run) -> SimError | None:
    """Return why a run has no result, or None."""
    if not run.HasField("error"):
        return None
    return error_from(status_pb2.Status.FromString(run.error.SerializeToString()))


def comparison(message: pb.RunComparison) -> Comparison:
    """Return the comparison in a message."""
    count = message.different_value_count if message.HasField("different_value_count") else None
    return Comparison(
        base=message.base,
        other=message.other,
        outputs_equal=message.outputs_equal,
        different_value_count=count,
        figures=tuple(
            FigureChange(
                figure.field, figure.base, figure.other, figure.ratio if figure.HasField("ratio") else None
            )
            for figure in message.figures
        ),
        operators=tuple(
            OperatorChange(change.index, change.name, change.base_cycles, change.other_cycles)
            for change in message.operators
        ),
    )


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)


def progress_of(message: pb.RunProgress) -> Progress:
    """Return a sign of life of a message."""
    return Progress(message.phase, message.done_fraction if message.HasField("done_fraction") else None)
