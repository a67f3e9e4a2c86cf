"""Whether a run came to its end."""

from __future__ import annotations

from sim.errors import SimulationError
from sim.result import Result, StopReason


def require_completed(result: Result) -> None:
    """Demand that every inference of a run finished.

    Raises
    ------
    SimulationError
        The run stopped early; the message says why.
    """
    if result.stop_reason is StopReason.COMPLETED:
        return
    issue = next((issue for issue in result.issues if issue.code == f"run.{result.stop_reason}"), None)
    detail = result.stop_detail or (issue.message if issue else "it did not finish")
    words = str(result.stop_reason).replace("_", " ")
    raise SimulationError(
        f"the run on {result.platform.id} stopped early ({words}): {detail}",
        (issue.hint or "") if issue else "",
    )
