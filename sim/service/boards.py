"""A board that a worker keeps between jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from sim.inference import Progress, RunRequest, run_inference
from sim.result import Result


class Board:
    """A platform with a model on it.

    Parameters
    ----------
    request
        What to run; its inputs are those of the first job.
    """

    def __init__(self, request: RunRequest) -> None:
        self._request = request

    def boot(self, progress: Callable[[Progress], None]) -> None:
        """Boot the board, unless it is."""
        self.run((), progress)

    def run(self, inputs: Sequence[str], progress: Callable[[Progress], None]) -> Result:
        """Run the inferences of one job."""
        return run_inference(dataclasses.replace(self._request, inputs=inputs), progress)
