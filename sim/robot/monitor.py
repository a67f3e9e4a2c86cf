"""The Renode monitor commands that suites and scripts use to set up a machine."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.errors import UsageError
from sim.robot.boards import Boards
from sim.robot.firmware import FirmwareUnderTest
from sim.robot.monitor_text import (
    parse_assignment,
    parse_number,
    parse_seconds,
    script_commands,
    split_commands,
    substitute,
)

Words = Sequence[str]
Handler = Callable[[Words], str]

_DEEPEST_SCRIPT = 16
_PLATFORMS_BY_RENODE_NAME = {
    "nrf52840dk_nrf52840": "nrf52840",
    "stm32f7_discovery-bb": "stm32f746",
}
"""Boards of Renode's platforms/boards that have the chip of a platform here, as their .repl files say."""
_ACCESS_BYTES = {"Byte": 1, "Word": 2, "DoubleWord": 4, "QuadWord": 8}
_WITHOUT_EFFECT = (
    "logLevel",
    "showAnalyzer",
    "start",
    "pause",
    "using",
    "cpu MaximumBlockSize",
    "cpu PerformanceInMips",
    "emulation SetGlobalAdvanceImmediately",
    "emulation SetGlobalQuantum",
    "emulation SetGlobalSerialExecution",
    "emulation SetSeed",
    "machine SetSerialExecution",
)
"""Commands that set what does not exist here: windows, log levels, quanta. Time passes in waits only."""


class Monitor:
    """Executes commands on the boards of a suite.

    Parameters
    ----------
    create_board
        Creates a board with a name for a platform.
    """

    def __init__(self, boards: Boards, create_board: Callable[[str, str], object]) -> None:
        self._boards = boards
        self._create_board = create_board
        self._variables: dict[str, str] = {}
        self._script_folders: list[Path] = []
        self._script_depth = 0
        self._empty_machine: str | None = None
        self._created = 0
        self._commands: dict[str, Handler] = {
            "mach create": self._create_machine,
            "mach add": self._create_machine,
            "mach set": self._select_machine,
            "mach rem": self._remove_machine,
            "mach clear": self._clear,
            "Clear": self._clear,
            "machine LoadPlatformDescription": self._load_platform,
            "machine Reset": self._reset,
            "sysbus LoadELF": self._load_image,
            "sysbus LoadHEX": self._load_image,
            "sysbus LoadBinary": self._load_binary,
            "sysbus GetSymbolAddress": self._symbol_address,
            "cpu VectorTableOffset": self._set_vector_table,
            "emulation RunFor": self._run_for,
            "include": self._include,
            "runMacro": self._run_macro,
            "echo": " ".join,
        }
        for name, size_bytes in _ACCESS_BYTES.items():
            self._commands[f"sysbus Read{name}"] = self._reader(size_bytes)
            self._commands[f"sysbus Write{name}"] = self._writer(size_bytes)
        self._commands |= dict.fromkeys(_WITHOUT_EFFECT, _ignore)

    @property
    def supported(self) -> list[str]:
        """Names of all commands."""
        return sorted(self._commands, key=str.lower)

    def reset(self) -> None:
        """Forget variables and machines."""
        self._variables.clear()
        self._script_folders.clear()
        self._empty_machine = None
        self._created = 0
        self._boards.close_all()

    def execute(self, text: str, machine: str | None = None) -> str:
        """Execute a command line and return what it prints.

        Raises
        ------
        UsageError
            A command is unknown, or its arguments make no sense.
        """
        if machine is not None:
            self._select_machine([machine])
        assignment = parse_assignment(text)
        if assignment is not None:
            if not (assignment.only_if_unset and assignment.name in self._variables):
                self._variables[assignment.name] = assignment.value
            return ""
        return "\n".join(filter(None, (self._execute(words) for words in split_commands(text))))

    def execute_script(self, path: Path) -> str:
        """Execute the commands of a file and return what they print."""
        if self._script_depth >= _DEEPEST_SCRIPT:
            raise UsageError(f"{path.name} is included over and over", "does a script include itself?")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the script {str(path)!r}: {error}") from error
        folder = path.resolve().parent
        self._script_folders.append(folder)
        self._variables["ORIGIN"] = str(folder)
        self._script_depth += 1
        try:
            return "\n".join(filter(None, map(self.execute, script_commands(text))))
        finally:
            self._script_depth -= 1

    # -- understanding ---------------------------------------------------------------------------------------

    def _execute(self, words: Words) -> str:
        name, arguments = self._name(words)
        if name not in self._commands:
            known = {command.lower(): command for command in self._commands}
            close = difflib.get_close_matches(name.lower(), known, n=1)
            meant = f"did you mean {known[close[0]]!r}? " if close else ""
            raise UsageError(
                f"the monitor command {name!r} is not supported",
                f"{meant}supported: {', '.join(self.supported)}",
            )
        if name != "runMacro":
            arguments = [substitute(word, self._variables) for word in arguments]
        return self._commands[name](arguments)

    def _name(self, words: Words) -> tuple[str, list[str]]:
        """Return the name of a command, of one word or two, and its arguments."""
        first, *rest = words
        first = {"i": "include", "s": "start", "p": "pause", "q": "quit"}.get(first, first)
        first = first.removeprefix("sysbus.") if first.startswith("sysbus.") else first
        if first in self._commands or not rest:
            return first, rest
        return f"{first} {rest[0]}", rest[1:]

    def _path(self, word: str) -> Path:
        """Return the file that ``@path`` names: where a script so far or the working directory has it."""
        name = word.removeprefix("@")
        if "://" in name:
            raise UsageError(f"{name} is not on this machine", "download it, and give its path")
        path = Path(name)
        for folder in reversed(self._script_folders):
            if (folder / path).exists():
                return folder / path
        return path

    # -- commands --------------------------------------------------------------------------------------------

    def _create_machine(self, words: Words) -> str:
        if self._empty_machine is not None:
            raise UsageError(
                f"machine {self._empty_machine!r} has no platform yet",
                "use machine LoadPlatformDescription first",
            )
        self._empty_machine = words[0] if words else f"machine-{self._created}"
        self._created += 1
        return ""

    def _select_machine(self, words: Words) -> str:
        name = _one(words, "the name of a machine")
        if name != self._empty_machine:
            self._boards.switch(name)
        return ""

    def _remove_machine(self, words: Words) -> str:
        self._boards.close(_one(words, "the name of a machine"))
        return ""

    def _clear(self, _words: Words) -> str:
        self.reset()
        return ""

    def _load_platform(self, words: Words) -> str:
        if self._empty_machine is None:
            raise UsageError("there is no machine without a platform", "use mach create first")
        path = self._path(_one(words, "a file"))
        if path.suffix == ".toml":
            platform = str(path)
        else:
            stem = path.stem.lower()
            platform = _PLATFORMS_BY_RENODE_NAME.get(stem, stem)
        self._create_board(platform, self._empty_machine)
        self._empty_machine = None
        return ""

    def _load_image(self, words: Words) -> str:
        self._firmware().load(self._path(words[0] if words else _one(words, "a file")))
        return ""

    def _load_binary(self, words: Words) -> str:
        if len(words) < 2:
            raise UsageError(
                "sysbus LoadBinary takes a file and an address", "write sysbus LoadBinary @f.bin 0x0"
            )
        self._firmware().load_data(self._path(words[0]), parse_number(words[1]))
        return ""

    def _set_vector_table(self, words: Words) -> str:
        self._firmware().set_vector_table(parse_number(_one(words, "an address")))
        return ""

    def _symbol_address(self, words: Words) -> str:
        return f"0x{self._firmware().board.address_of(_one(words, 'the name of a function')):08X}"

    def _reset(self, _words: Words) -> str:
        self._firmware().close()
        return ""

    def _run_for(self, words: Words) -> str:
        seconds = parse_seconds(_one(words, "a time interval"))
        for board in self._boards:
            board.firmware.board.run_for(seconds)
        return ""

    def _include(self, words: Words) -> str:
        return self.execute_script(self._path(_one(words, "a file")))

    def _run_macro(self, words: Words) -> str:
        name = _one(words, "a macro").removeprefix("$")
        if name not in self._variables:
            raise UsageError(f"there is no macro {name!r}", f"define it first: macro {name} ...")
        return "\n".join(filter(None, map(self.execute, script_commands(self._variables[name]))))

    def _reader(self, size_bytes: int) -> Handler:
        def read(words: Words) -> str:
            address = parse_number(_one(words, "an address"))
            data = self._firmware().board.read_memory(address, size_bytes)
            return f"0x{int.from_bytes(data, 'little'):0{2 * size_bytes}X}"

        return read

    def _writer(self, size_bytes: int) -> Handler:
        def write(words: Words) -> str:
            address, value = map(parse_number, words) if len(words) == 2 else (None, None)
            if address is None or value is None:
                raise UsageError("a write takes an address and a value", "write them like 0x20000000 42")
            data = (value & (1 << 8 * size_bytes) - 1).to_bytes(size_bytes, "little")
            self._firmware().board.write_memory(address, data)
            return ""

        return write

    def _firmware(self) -> FirmwareUnderTest:
        if self._empty_machine is not None:
            raise UsageError(
                f"machine {self._empty_machine!r} has no platform yet",
                "use machine LoadPlatformDescription first",
            )
        return self._boards.current.firmware


def _one(words: Words, what: str) -> str:
    if len(words) != 1:
        raise UsageError(f"the command takes {what}, not {len(words)} words: {' '.join(words)!r}")
    return words[0]


def _ignore(_words: Words) -> str:
    return ""
