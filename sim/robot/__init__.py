"""The Robot Framework library: ``Library    sim.robot``."""

from __future__ import annotations

from robot.api.deco import library

from sim import __version__
from sim.backends import backend_at
from sim.robot.board_keywords import BoardKeywords
from sim.robot.boards import Boards
from sim.robot.check_keywords import CheckKeywords
from sim.robot.emulation_keywords import EmulationKeywords
from sim.robot.monitor import Monitor
from sim.robot.quantities import CONVERTERS
from sim.robot.testers import Testers
from sim.robot.uart_keywords import UartKeywords


@library(scope="SUITE", version=__version__, converters=CONVERTERS, listener="SELF")
class BoardLibrary(BoardKeywords, CheckKeywords, UartKeywords, EmulationKeywords):
    """Tests TensorFlow Lite Micro models, and firmware, on simulated Cortex-M boards.

    A board is created, gets a model and an input, and runs inferences. What it answered and what that cost in
    cycles, time, energy and memory is then checked:

    | *** Settings ***
    | Library    sim.robot
    |
    | *** Test Cases ***
    | The Digit Is Read In Time
    |     Create Board    stm32f746
    |     Load Model
    |     Run Inference
    |     Predicted Label Should Be    7
    |     Latency Should Be Below    10 ms

    Keywords work on the current board: the one that was created last, or chosen by `Switch Board`. A board
    keeps its state over the tests of a suite; `Load Model`, `Load Firmware` and `Set Input` discard its last
    result, so that no check looks at an old one. Every inference starts from the state right after boot.

    Unmodified firmware runs as well, and is talked with through its serial ports:

    | *** Test Cases ***
    | The Shell Answers
    |     Create Board    stm32l4r5
    |     Load Firmware    ${CURDIR}/app.elf
    |     Create Terminal Tester    lpuart1
    |     Wait For Prompt On Uart    uart:~$
    |     Write Line To Uart    version
    |     Wait For Line On Uart    v1.2    timeout=0.1

    Keywords for that have the names, arguments and meaning that they have in Renode. Times are virtual. A
    board runs while a keyword waits, and stands still otherwise, so every run is bit-identical.

    Cycles and energy are modelled, and bit-identical from run to run. How far a platform's timing was
    compared with hardware is in ``${result.platform.validation.status}``.
    """

    def __init__(self, server: str | None = None) -> None:
        """Simulates boards in this process, or on a server.

        ``server`` is the address of a `sim serve`, ``HOST:PORT`` or ``unix:PATH``; the environment variables
        ``SIM_TOKEN`` and ``SIM_TLS_CA`` hold its token and authority. Keywords, results and failures are the
        same in both cases.

        | Library | sim.robot |
        | Library | sim.robot | server=127.0.0.1:50051 |
        """
        super().__init__(backend_at(server), Boards())
        self._testers = Testers()
        self._monitor = Monitor(self._boards, lambda platform, name: self.create_board(platform, name=name))

    def _end_suite(self, _data: object, _result: object) -> None:
        """Let boards and server go when a suite ends."""
        self._testers.clear()
        self._boards.close_all()
        self._backend.close()
