"""Keywords that set up boards and run inferences."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from robot.api import logger

from sim.backends import Backend
from sim.errors import ImageError
from sim.firmware.relocate import LINKED_FLASH_BASE, LINKED_RAM_BASE, relocate
from sim.inference import RunRequest
from sim.inputs.labels import read_labels
from sim.model import Model
from sim.result import Result
from sim.robot.boards import Boards, BoardUnderTest
from sim.robot.keyword import keyword
from sim.robot.log import render_html
from sim.robot.quantities import Frequency, Size


class BoardKeywords:
    """Keywords on the boards of a suite."""

    def __init__(self, backend: Backend, boards: Boards) -> None:
        self._backend = backend
        self._boards = boards

    @keyword
    def create_board(
        self,
        platform: str,
        *,
        name: str | None = None,
        clock: Frequency | None = None,
        arena_size: Size | None = None,
        kernels: Literal["optimized", "reference"] = "optimized",
        memory_model: Literal["full", "timing"] = "full",
    ) -> str:
        """Creates a board, makes it the current one, and returns its name.

        ``platform`` is an identifier that `sim platforms` lists, or the path of a platform file (``.toml``).
        The board is called after it unless it gets a ``name``. The core ``clock`` is the platform's own
        unless given, and the tensor arena takes all free RAM unless it gets a size.

        | Create Board | stm32f746 |
        | Create Board | stm32l4r5 | name=slow | clock=16 MHz | arena_size=64 KiB |
        """
        self._backend.check_platform(platform)
        request = RunRequest(
            platform=platform,
            clock_hz=clock,
            arena_size_bytes=arena_size,
            kernels=kernels,
            level=memory_model,
        )
        board = BoardUnderTest(name or Path(platform).stem, request, self._backend)
        self._boards.add(board)
        return board.name

    @keyword
    def switch_board(self, name: str) -> str:
        """Makes another board the current one, and returns the name of the one that was."""
        return self._boards.switch(name)

    @keyword
    def load_model(self, path: Path | None = None, *, labels: Path | None = None) -> None:
        """Loads a ``.tflite`` model onto the current board; without a path, the bundled digits model.

        ``labels`` is a text file with the names of the classes, one per line.

        | Load Model | ${CURDIR}/keywords.tflite | labels=${CURDIR}/keywords.txt |
        """
        board = self._boards.current
        if path is not None:
            Model.load(path)  # so that a bad file fails here, not in `Run Inference`
        board.configure(model_path=path, inputs=())
        board.set_labels(None if labels is None else read_labels(labels))

    @keyword
    def load_firmware(self, path: Path) -> None:
        """Loads a runner image of your own onto the current board, instead of the bundled one.

        The image has to be built from the project's ``firmware`` folder, for the core of the board. Other
        firmware cannot be run yet, and is refused.
        """
        board = self._boards.current
        _check_runner(path)
        board.configure(runner_path=path)

    @keyword
    def set_input(self, *sources: str) -> None:
        """Chooses the input of the next inferences on the current board.

        A source is a file (``.npy``, ``.npz``, ``.png``, ``.jpg``, ``.wav``, ``.csv``, ``.bin``),
        ``random:SEED`` or ``zeros``. A model with several inputs takes one source for each, in its order or
        as ``NAME=SOURCE``. A file with a leading batch dimension gives several inferences; keywords check the
        first.

        | Set Input | ${CURDIR}/seven.png |
        | Set Input | audio=${CURDIR}/yes.wav | state=zeros |
        """
        self._boards.current.set_inputs(sources)

    @keyword
    def run_inference(self) -> Result:
        """Boots the current board if it has not booted yet, runs its input, and returns the result.

        Fails when the run stops early: the firmware faults, gives up, or runs into a limit. The log shows the
        operators with their cycles and energy.

        The result has the fields of the project's result document:

        | ${result} = | Run Inference |
        | Log | ${result.cycles} cycles in ${result.latency_seconds} s |
        | Log | ${result.outputs}[0].values |
        """
        result = self._boards.current.run()
        logger.info(render_html(result), html=True)
        return result

    @keyword
    def close_all_boards(self) -> None:
        """Lets all boards go. Boards of a suite are closed at its end in any case."""
        self._boards.close_all()


def _check_runner(path: Path) -> None:
    """Raise ImageError for anything that is no runner image."""
    try:
        relocate(path.read_bytes(), LINKED_FLASH_BASE, LINKED_RAM_BASE, path.name)
    except OSError as error:
        raise ImageError(f"cannot read the firmware {str(path)!r}: {error.strerror}") from None
    except ImageError as error:
        raise ImageError(
            f"{error.message}: `Load Firmware` takes runner images built from firmware/ only",
            "an application of your own cannot be run yet; its model can, with `Load Model`",
        ) from None
