"""Keywords on a whole emulation, with the names, arguments and meaning that they have in Renode."""

from __future__ import annotations

from pathlib import Path

from robot.api import logger

from sim.robot.boards import Boards
from sim.robot.keyword import keyword
from sim.robot.monitor import Monitor
from sim.robot.replay import Recorder, replayable
from sim.robot.testers import Testers


class EmulationKeywords:
    """Keywords that set up and run machines."""

    _boards: Boards
    _testers: Testers
    _monitor: Monitor
    _recorder: Recorder

    @keyword
    @replayable
    def execute_command(self, command: str | list[str], machine: str | None = None) -> str:
        """Executes a monitor command, or a list of its parts, and returns what it prints.

        ``machine`` is the board it is for, the current one unless given. A machine is a board: `Create Board`
        and the command ``mach create`` make the same.

        Known are ``mach create|set|rem|clear``, ``machine LoadPlatformDescription|Reset``,
        ``sysbus LoadELF|LoadHEX|LoadBinary``, ``sysbus GetSymbolAddress``, ``sysbus Read...`` and
        ``Write...`` of memory by ``Byte``, ``Word``, ``DoubleWord`` and ``QuadWord``,
        ``cpu VectorTableOffset``, ``emulation RunFor``, ``include``, ``macro``, ``runMacro``, ``set``,
        ``$name=value``, ``echo``, ``Clear``. Accepted without effect are ``start``, ``pause``,
        ``showAnalyzer``, ``logLevel``, ``using``, ``cpu PerformanceInMips`` and other settings of
        Renode's own pace. Others fail.

        A platform description is looked up by the name of its file: ``@platforms/cpus/stm32f746.repl`` is the
        platform ``stm32f746`` of this project. Its content is not read.

        | Execute Command | mach create |
        | Execute Command | machine LoadPlatformDescription @platforms/cpus/stm32f746.repl |
        | Execute Command | sysbus LoadELF @${CURDIR}/app.elf |
        """
        text = command if isinstance(command, str) else " ".join(command)
        printed = self._monitor.execute(text, machine)
        if printed:
            logger.info(printed)
        return printed

    @keyword
    @replayable
    def execute_script(self, path: Path) -> str:
        """Executes the monitor commands of a file (``.resc``); see `Execute Command`."""
        return self._monitor.execute_script(Path(str(path).removeprefix("@")))

    @keyword
    @replayable
    def start_emulation(self) -> None:
        """Switches all boards on. Virtual time passes in keywords that wait, and in no others."""
        for board in self._boards:
            _ = board.firmware.board

    @keyword
    def reset_emulation(self) -> None:
        """Lets all boards, terminal testers and monitor variables go."""
        self._recorder.forget()
        self._testers.clear()
        self._monitor.reset()

    @keyword
    def provides(self, state: str) -> None:
        """Gives the state of all boards a name, under which `Requires` brings it back in later tests.

        | Provides | booted-shell |
        """
        self._recorder.name_state(state)

    @keyword
    def requires(self, state: str) -> None:
        """Brings all boards into a state that an earlier test gave a name with `Provides`.

        What led to the state since the last `Reset Emulation` is executed again, which takes as long as the
        first time. The state is the same to the bit.
        """
        self._recorder.require(state)
        self.reset_emulation()
        self._recorder.replay(state)
