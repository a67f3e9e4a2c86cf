"""The boards of a suite, each with its configuration and its last result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.backends import Backend, BootedBoard
from sim.checks import require_completed
from sim.errors import UsageError
from sim.inference import RunRequest
from sim.result import Result, with_labels
from sim.robot.firmware import FirmwareUnderTest


class BoardUnderTest:
    """A board that boots when it is first needed, and keeps the result of its last run.

    Parameters
    ----------
    name
        What the suite calls it.
    request
        What runs on it; without inputs.
    """

    def __init__(self, name: str, request: RunRequest, backend: Backend) -> None:
        self.name = name
        self._request = request
        self._backend = backend
        self._labels: Sequence[str] | None = None
        self._booted: BootedBoard | None = None
        self._result: Result | None = None
        self._firmware: FirmwareUnderTest | None = None

    @property
    def firmware(self) -> FirmwareUnderTest:
        """Firmware of the user's own that runs on the board, instead of a model."""
        if self._firmware is None:
            self._firmware = FirmwareUnderTest(self._request, self._backend)
        return self._firmware

    @property
    def result(self) -> Result:
        """The result of the last run.

        Raises
        ------
        UsageError
            Nothing has run since the board was configured.
        """
        if self._result is None:
            raise UsageError(
                f"no inference has run on board {self.name!r} since it was set up",
                "use `Run Inference` first",
            )
        return self._result

    def configure(self, **changes: Any) -> None:
        """Change fields of the request: the board boots anew."""
        self.close()
        self._request = dataclasses.replace(self._request, **changes)

    def set_labels(self, labels: Sequence[str] | None) -> None:
        """Name the classes of the model."""
        self._labels = labels
        self._result = None

    def set_inputs(self, sources: Sequence[str]) -> None:
        """Choose the inputs of the next runs."""
        self._request = dataclasses.replace(self._request, inputs=tuple(sources))
        self._result = None

    def run(self) -> Result:
        """Run the inputs.

        Raises
        ------
        UsageError
            The model or an input cannot be used, or does not fit the board.
        SimulationError
            The run stopped early.
        """
        self._result = None
        if self._firmware is not None and self._firmware.is_loaded:
            raise UsageError(
                f"board {self.name!r} runs firmware of its own, which takes no model", "use `Run Firmware`"
            )
        if self._booted is None:
            self._booted = self._backend.boot(dataclasses.replace(self._request, inputs=()))
        result = self._booted.run(self._request.inputs)
        require_completed(result)
        self._result = result if self._labels is None else with_labels(result, self._labels)
        return self._result

    def load_firmware(self, path: Path, base: int | None) -> None:
        """Load an image of the user's own.

        Raises
        ------
        ImageError
            It is none for this board.
        """
        self.close()
        self.firmware.load(path, base)

    def run_firmware(self, log: Callable[[Result], None], **options: Any) -> Result:
        """Run the firmware from reset.

        Parameters
        ----------
        log
            Shown the result, also of a run that stopped early.
        **options
            Fields of :class:`~sim.boot.BootRequest` on where to stop and what to account for.

        Raises
        ------
        UsageError
            There is no firmware, or an option makes no sense.
        SimulationError
            The run stopped early.
        """
        self._result = None
        result = self._backend.run_firmware(dataclasses.replace(self.firmware.boot_request(), **options))
        log(result)
        require_completed(result)
        self._result = result
        return result

    def verified(self) -> Result:
        """Run the inputs once more, compared with the reference interpreter; results do not vary."""
        return self._backend.run(dataclasses.replace(self._request, verify=True))

    def close(self) -> None:
        """Let the board go; it would boot anew."""
        self._result = None
        if self._booted is not None:
            booted, self._booted = self._booted, None
            booted.close()
        if self._firmware is not None:
            self._firmware.close()


class Boards:
    """Boards by name; one of them is the current one."""

    def __init__(self) -> None:
        self._boards: dict[str, BoardUnderTest] = {}
        self._current: str | None = None

    @property
    def current(self) -> BoardUnderTest:
        """The board that keywords work on.

        Raises
        ------
        UsageError
            There is none.
        """
        if self._current is None:
            raise UsageError("there is no board yet", "use `Create Board` first")
        return self._boards[self._current]

    def __iter__(self) -> Iterator[BoardUnderTest]:
        return iter(self._boards.values())

    def get(self, name: str | None) -> BoardUnderTest:
        """Return a board by name; the current one for None.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        if name is None:
            return self.current
        if name not in self._boards:
            raise UsageError(f"there is no board {name!r}", f"the boards are: {', '.join(self._boards)}")
        return self._boards[name]

    def add(self, board: BoardUnderTest) -> None:
        """Add a board and make it the current one.

        Raises
        ------
        UsageError
            There is one of that name already.
        """
        if board.name in self._boards:
            raise UsageError(
                f"there is a board {board.name!r} already",
                "give another name=, or use `Close All Boards` first",
            )
        self._boards[board.name] = board
        self._current = board.name

    def switch(self, name: str) -> str:
        """Make another board the current one, and return the name of the one that was.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        previous = self.current.name
        self._current = self.get(name).name
        return previous

    def close(self, name: str) -> None:
        """Let a board go; the newest of the others becomes the current one.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        self.get(name).close()
        del self._boards[name]
        self._current = next(reversed(self._boards), None)

    def close_all(self) -> None:
        """Let all boards go."""
        while self._boards:
            self._boards.popitem()[1].close()
        self._current = None
