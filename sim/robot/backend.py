"""Where boards are simulated: in this process, or on a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sim.inference import RunRequest, WarmBoard, run_inference
from sim.inputs import load_inputs
from sim.platform import load_platform
from sim.result import Result


class BootedBoard(Protocol):
    """A board that has booted with its model."""

    def run(self, inputs: Sequence[str]) -> Result:
        """Run inputs (as :class:`~sim.inference.RunRequest` takes them) on the board as it was after boot."""

    def close(self) -> None:
        """Let the board go."""


class Backend(Protocol):
    """Simulates boards."""

    def check_platform(self, platform: str) -> None:
        """Raise PlatformError when there is no such platform."""

    def boot(self, request: RunRequest) -> BootedBoard:
        """Boot a board."""

    def run(self, request: RunRequest) -> Result:
        """Run a request on a board of its own."""


class LocalBackend:
    """Simulates boards in this process."""

    def check_platform(self, platform: str) -> None:
        """Raise PlatformError when there is no such platform."""
        load_platform(platform)

    def boot(self, request: RunRequest) -> BootedBoard:
        """Boot a board."""
        return _LocalBoard(WarmBoard(request))

    def run(self, request: RunRequest) -> Result:
        """Run a request on a board of its own."""
        return run_inference(request)


class _LocalBoard:
    def __init__(self, board: WarmBoard) -> None:
        self._board = board

    def run(self, inputs: Sequence[str]) -> Result:
        return self._board.run(load_inputs(inputs, self._board.setup.model) if inputs else None)

    def close(self) -> None:
        self._board.close()
