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
from sim.robot.quantities import Address, Count, Frequency, Size
from sim.robot.replay import Recorder, replayable


class BoardKeywords:
    """Keywords on the boards of a suite."""

    def __init__(self, backend: Backend, boards: Boards) -> None:
        self._backend = backend
        self._boards = boards
        self._recorder = Recorder()

    @keyword
    @replayable
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
    @replayable
    def switch_board(self, name: str) -> str:
        """Makes another board the current one, and returns the name of the one that was."""
        return self._boards.switch(name)

    @keyword
    @replayable
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
    @replayable
    def load_firmware(self, path: Path, *, base: Address | None = None) -> None:
        """Loads a firmware image onto the current board: ELF, Intel HEX or raw binary.

        ``base`` is the address of a raw binary, or of the vector table where it is not at the board's usual
        place. The board is switched on by the first keyword that runs it, such as `Run Firmware` or
        `Wait For Line On Uart`.

        A runner that was built from the project's ``firmware`` folder replaces the bundled one, and still
        takes a model.

        | Load Firmware | ${CURDIR}/app.elf |
        | Load Firmware | ${CURDIR}/app.bin | base=0x08008000 |
        """
        board = self._boards.current
        if _is_runner(path):
            board.configure(runner_path=path)
        else:
            board.load_firmware(path, base)

    @keyword
    def run_firmware(
        self,
        *,
        until: str | None = None,
        until_function: str | None = None,
        profile_from: str | None = None,
        profile_to: str | None = None,
        uart_input: str = "",
        timeout_cycles: Count | None = None,
    ) -> Result:
        """Runs the firmware of the current board from reset, and returns a result that checks can look at.

        The run ends when a line on the console matches the regular expression ``until``, at the entry of the
        function ``until_function``, or else after ``timeout_cycles``. Accounted for is what runs between the
        entries of the functions ``profile_from`` and ``profile_to``, each time; by default each inference,
        where the image names the runtime's function, or else everything. ``uart_input`` is sent to the
        console from the start.

        Boards that UART keywords talk with are not affected.

        | Load Firmware | ${CURDIR}/app.elf |
        | Run Firmware | until=PASS | profile_from=filter_begin | profile_to=filter_end |
        | Cycle Count Should Be Below | 120k |
        """
        return self._boards.current.run_firmware(
            _log_run,
            until=until,
            until_symbol=until_function,
            profile_from=profile_from,
            profile_to=profile_to,
            uart_input=uart_input.encode(),
            timeout_cycles=timeout_cycles,
        )

    @keyword
    @replayable
    def set_input(self, *sources: str) -> None:
        """Chooses the input of the next inferences on the current board.

        A source is a file (``.npy``, ``.npz``, ``.png``, ``.jpg``, ``.wav``, ``.csv``, ``.bin``),
        ``random:SEED`` or ``zeros``. A model with several inputs takes one source for each, in its order or
        as ``NAME=SOURCE``. A file with a leading batch dimension gives several inferences; checks
        look at all of them.

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
        self._recorder.forget()
        self._boards.close_all()


def _log_run(result: Result) -> None:
    """Log the figures of a run of firmware, and what it sent."""
    logger.info(render_html(result), html=True)
    logger.info(f"console:\n{result.uart or '(nothing)'}")


def _is_runner(path: Path) -> bool:
    """Whether a file is a runner image, which takes a model."""
    try:
        relocate(path.read_bytes(), LINKED_FLASH_BASE, LINKED_RAM_BASE, path.name)
    except OSError as error:
        raise ImageError(f"cannot read the firmware {str(path)!r}: {error.strerror}") from None
    except ImageError:
        return False
    return True
