"""A stand-in for Renode: its remote server and the monitor commands that the engine uses.

Behind the commands is the embedded engine, so that what the engine makes of its answers can be compared with
the embedded engine itself. ``FAKE_RENODE`` makes it misbehave: ``dies``, ``silent``, ``forks:FILE`` (starts a
child and writes its process id), ``port-taken:FILE`` (finds its port taken before the third start, and adds
each port to a file), or ``dies-at:``, ``hangs-at:`` and ``refuses:`` with the start of a command.

Run as a program by the launcher that :func:`install_fake_renode` writes.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from xmlrpc.server import SimpleXMLRPCServer

import numpy as np
from unicorn import arm_const

from sim.debug.target import Resume
from sim.errors import PlatformError
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.interfaces import SerialPort
from sim.machine.peripherals.wiring import Wiring
from sim.machine.profile import Block, MarkerHit
from sim.machine.protocol import Level, Marker, RunLimits, StopReason
from sim.platform import load_platform
from tests.support.held_core import HeldCore

VERSION = "1.16.1"
BEHAVIOUR_VARIABLE = "FAKE_RENODE"
PORT_TAKEN_STARTS = 3
_REGISTERS = [
    *(getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(13)),
    arm_const.UC_ARM_REG_SP,
    arm_const.UC_ARM_REG_LR,
    arm_const.UC_ARM_REG_PC,
]
_UNLIMITED_CYCLES = 1 << 62
_SLICE_CYCLES = 2000
_ABORTED_SECONDS = 0.2
_WIDTHS = {"Byte": 1, "Word": 2, "DoubleWord": 4}
_UNWATCHED_SLICE_CYCLES = 200_000


def install_fake_renode(folder: Path) -> Path:
    """Write a launcher called ``renode`` and return its path."""
    launcher = folder / "renode"
    root = Path(__file__).resolve().parents[2]
    launcher.write_text(
        f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m tests.support.fake_renode "$@"\n',
        encoding="utf-8",
    )
    launcher.chmod(0o755)
    return launcher


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class RefusedError(Exception):
    """A command that the monitor does not execute."""


def append_all_text(path: str, text: str) -> None:
    """Do what System.IO.File.AppendAllText does."""
    with Path(path).open("a", encoding="ascii") as file:
        file.write(text)


class HookedCore:
    """The core as a hook sees it, at a marker."""

    def __init__(self, argument: int, executed: int) -> None:
        self.ExecutedInstructions = executed
        self.is_paused = False
        self._argument = argument

    def GetRegister(self, number: int) -> str:  # noqa: N802
        return hex(self._argument if number == 0 else 0)

    def Pause(self) -> None:  # noqa: N802
        self.is_paused = True


class ReceivedEvent:
    """The event of a serial port, as IronPython shows it."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port

    def __iadd__(self, handler: Callable[[int], None]) -> ReceivedEvent:
        self._port.on_sent = lambda: handler(self._port.sent[-1])
        return self


class FakeMonitor:
    """The monitor of one machine; each method is a command, chosen by its pattern."""

    def __init__(self) -> None:
        self._markers: list[Marker] = []
        self._machine: EmbeddedMachine | None = None
        self._held: HeldCore | None = None
        self._platform_id = ""
        self._uarts: Mapping[str, SerialPort] = {}
        self._sent = ""
        self._stops_there = False
        self._hits: list[MarkerHit] = []
        self._hooks: list[str] = []
        self._reset_at = 0
        self._budget = 0
        self._last_count = 0
        self._running = False

    def execute(self, command: str) -> str:
        for pattern, handler in self._COMMANDS:
            match = re.fullmatch(pattern, command)
            if match is not None:
                return handler(self, *match.groups()) or ""
        raise RefusedError(f"No such command or device: {command.split()[0]}")

    def _nothing(self) -> None:
        return

    def _version(self) -> str:
        return f"Renode v{VERSION}.12345\n  build: 1a2b3c4d\n"

    def _load_description(self, path: str) -> None:
        text = Path(path).read_text(encoding="utf-8")
        if "CPU.CortexM" not in text:
            raise RefusedError("Error E01: the description has no core")
        self._platform_id = Path(path).stem

    def _include(self, path: str) -> None:
        if "ProbeInstall" not in Path(path).read_text(encoding="utf-8"):
            raise RefusedError("Could not compile assembly")

    def _marker(self, address: str, stops: str) -> None:
        self._markers.append(Marker(str(len(self._markers)), int(address, 16), stops == "true"))

    def _add_hook(self, address: str, script: str) -> None:
        self._markers.append(Marker(str(len(self._markers)), int(address, 16), "Pause" in script))
        self._hooks.append(script)

    def _begin(self) -> str:
        self._running = True
        return "Starting emulation..."

    def _reset(self) -> None:
        self._reset_at = self._executed()

    def _count(self) -> str:
        if self._running:
            self._board.run(RunLimits(self._board.cycles + _UNWATCHED_SLICE_CYCLES, None))
            self._call_hooks()
        return f"0x{self._executed() - self._reset_at:016X}"

    def _call_hooks(self) -> None:
        blocks = self._blocks()
        hits, self._hits = self._hits, []
        for hit in hits:
            counts = zip(hit.executions, blocks, strict=False)
            executed = sum(int(n) * block.timing.instructions for n, block in counts)
            core = HookedCore(hit.argument, executed - self._reset_at)
            exec(self._hooks[int(hit.name)], {"self": core})
            self._running &= not core.is_paused

    def _python(self, statement: str) -> None:
        ports = {
            f"sysbus.{name}": SimpleNamespace(CharReceived=ReceivedEvent(port))
            for name, port in self._ports().items()
        }
        exec(statement, {"self": SimpleNamespace(Machine=ports)})

    def _ports(self) -> Mapping[str, SerialPort]:
        assert self._board is not None  # which creates them
        return self._uarts

    def _write_char(self, uart: str, value: str) -> None:
        self._uarts[uart].feed(bytes([int(value, 16)]), self._board.cycles)

    def _create(self) -> EmbeddedMachine:
        board = load_platform(self._platform_id)
        bus = None
        with contextlib.suppress(PlatformError):  # of some boards there are no models
            peripherals = build_peripherals(board, Wiring(lambda _line, _level: None))
            bus, self._uarts = peripherals.bus, peripherals.uarts
        return EmbeddedMachine(board, board.clock.default_hz, self._markers, level=Level.TIMING, bus=bus)

    def _listen(self, uart: str, index: str) -> None:
        board, port = self._board, self._ports()[uart]

        def take() -> None:
            byte = port.sent[-1]
            self._sent += f"{int(index):02x}{byte:02x}"
            if byte == ord("\n"):
                board.request_stop()

        port.on_sent = take

    def _feed(self, uart: str, data: str) -> None:
        self._uarts[uart].feed(bytes.fromhex(data), self._board.cycles)

    def _take_sent(self) -> str:
        taken, self._sent = self._sent, ""
        return taken

    def _answer(self, stop: str) -> None:
        self._stops_there = stop == "true"

    def _load_binary(self, path: str, address: str) -> None:
        self._board.write_memory(int(address, 16), Path(path).read_bytes())

    def _write_file(self, path: str, address: str, size: str) -> None:
        Path(path).write_bytes(self._board.read_memory(int(address), int(size)))

    def _vector_table(self, address: str) -> None:
        self._board.reset(int(address, 16))

    def _set(self, register: str, value: str) -> None:
        self._set_register(str({"SP": 13, "PC": 15}[register]), value)

    def _hold(self) -> HeldCore:
        """Let a debugger control the core, from now on; nothing must have been executed yet."""
        if self._held is None:
            self._held = HeldCore(self._board)
        return self._held

    def _step(self) -> None:
        self._budget, self._running = _UNLIMITED_CYCLES, True
        self._hold().go_on(Resume.STEP, self._advance)

    def _show_registers(self, numbers: str) -> str:
        return self._hold().read_registers(numbers)

    def _set_breakpoints(self, listed: str) -> None:
        self._hold().set_breakpoints(listed)

    def _set_watchpoints(self, listed: str) -> None:
        self._hold().set_watchpoints(listed)

    def _read_bus(self, width: str, address: str) -> str:
        data = self._hold().target.read_memory(int(address, 16), _WIDTHS[width])
        return hex(int.from_bytes(data, "little"))

    def _get_register(self, number: str) -> str:
        return hex(self._board._uc.reg_read(_REGISTERS[int(number)]) if int(number) < 16 else 0)

    def _set_register(self, number: str, value: str) -> None:
        if self._held is not None and self._held.is_held:
            self._held.write_register(int(number), int(value, 16))
        elif int(number) == 15:
            self._board._next_pc = int(value, 16) & ~1
            self._board._hot.redirect()
        elif int(number) < 15:
            self._board._uc.reg_write(_REGISTERS[int(number)], int(value, 16))

    def _start(self, instructions: str) -> None:
        self._budget = self._executed() + int(instructions)
        self._running = True
        if self._held is not None:
            self._held.go_on(Resume.CONTINUE, self._advance)

    def _wait(self, milliseconds: str) -> str:
        if self._stops_there:
            self._stops_there = self._running = False
            return f"request {self._executed()}"
        deadline = time.monotonic() + int(milliseconds) / 1000
        reason = self._advance(deadline) if self._held is None else self._held.wait(deadline)
        if self._held is None or reason != "running":  # what counts in another thread is not looked at
            self._last_count = self._executed()
        return f"{reason} {self._last_count}"

    def _advance(self, deadline: float = math.inf) -> str:
        while self._running and time.monotonic() < deadline:
            if self._executed() >= self._budget:
                self._running = False
                return "limit"
            stop = self._board.run(RunLimits(self._board.cycles + _SLICE_CYCLES, None))
            if stop.reason is StopReason.MARKER:
                self._running = False
                return str(stop.marker)
            if stop.reason is StopReason.REQUEST:
                return "line"
            if stop.fault is not None:
                pc = f"{stop.fault.pc:#x}"
                say(f"[ERROR] cpu: CPU abort [PC={pc}]: Trying to execute code outside RAM or ROM at {pc}.")
                time.sleep(max(0.0, min(deadline - time.monotonic(), _ABORTED_SECONDS)))
        return "running"

    def _redirect(self, at_logged_marker: str) -> None:
        if at_logged_marker == "true":  # pass it without a trace
            self._blocks()
            logged = len(self._hits)
            self._board.run(RunLimits(_UNLIMITED_CYCLES))
            self._blocks()
            del self._hits[logged:]

    def _halt(self) -> None:
        self._running = False
        if self._held is not None:
            self._held.halt()

    def _executed(self) -> int:
        now = self._board.hit("now")
        blocks = self._blocks()
        return sum(int(n) * b.timing.instructions for n, b in zip(now.executions, blocks, strict=True))

    def _blocks(self) -> tuple[Block, ...]:
        profile = self._board.profile()
        self._hits += profile.hits
        return profile.blocks

    def _dump(self, path: str) -> None:
        blocks = self._blocks()
        hits, self._hits = self._hits, []
        now = self._board.hit("-1")
        out = [struct.pack("<Qq", len(blocks), -1 if self._held is None else self._held.unfinished)]
        out += [
            struct.pack("<18I", block.address, block.size_bytes, block.timing.instructions, *[0] * 15)
            for block in blocks
        ]
        for hit in [now, *hits]:
            zeros = np.zeros_like(hit.executions)
            counters = np.stack([hit.executions, hit.taken, zeros, zeros], axis=1)
            out.append(struct.pack("<qQQ", int(hit.name), hit.argument, len(hit.executions)))
            out.append(counters.astype("<u8").tobytes())
        Path(path).write_bytes(b"".join(out))

    @property
    def _board(self) -> EmbeddedMachine:
        if self._machine is None:
            if not self._platform_id:
                raise RefusedError("No such command or device: sysbus.cpu")
            self._machine = self._create()
        return self._machine

    _COMMANDS: tuple[tuple[str, Callable[..., str | None]], ...] = (
        ("version", _version),
        (r"logLevel \d", _nothing),
        (r'mach create "\w+"', _nothing),
        (r"emulation SetGlobal.*", _nothing),
        (r"machine LoadPlatformDescription @(.*)", _load_description),
        (r"include @(.*)", _include),
        (r"sysbus\.cpu ProbeMarker (\w+) (true|false)", _marker),
        (r"sysbus\.cpu ProbeInstall", _nothing),
        (r'sysbus\.cpu AddHook (\w+) "(.*)"', _add_hook),
        (r"sysbus\.cpu ExecutedInstructions", _count),
        ("start", _begin),
        ("pause", _halt),
        (r"sysbus\.cpu ProbeRedirect (true|false)", _redirect),
        (r"sysbus LoadBinary @(.*) (0x\w+)", _load_binary),
        (
            r'python "import System; .*WriteAllBytes\(\'(.*)\', .*UInt64\((\d+)\), (\d+)\)\)"',
            _write_file,
        ),
        (r'python "(import System; self\.Machine\[.*)"', _python),
        (r"sysbus\.cpu VectorTableOffset (\w+)", _vector_table),
        (r"sysbus\.cpu (PC|SP) (\w+)", _set),
        (r"sysbus\.cpu GetRegister (\d+)", _get_register),
        (r"sysbus\.cpu SetRegister (\d+) (\w+)", _set_register),
        (r"sysbus\.cpu Reset", _reset),
        (r"sysbus\.nvic Reset", _nothing),
        (r"sysbus\.cpu ProbeStart (\d+)", _start),
        (r"sysbus\.cpu ProbeStep", _step),
        (r'sysbus\.cpu ProbeRegisters "([\d,]+)"', _show_registers),
        (r'sysbus\.cpu ProbeBreakpoints "(.*)"', _set_breakpoints),
        (r'sysbus\.cpu ProbeWatchpoints "(.*)"', _set_watchpoints),
        (r"sysbus Read(\w+) (\w+)", _read_bus),
        (r"sysbus\.cpu ProbeWait (\d+)", _wait),
        (r"sysbus\.cpu ProbeHalt", _halt),
        (r"sysbus\.(\w+) ProbeUart (\d+) 0x\w+ 0x\w+", _listen),
        (r"sysbus\.(\w+) WriteChar (\w+)", _write_char),
        (r'sysbus\.(\w+) ProbeFeed "(\w*)"', _feed),
        (r"sysbus\.cpu ProbeTakeSent", _take_sent),
        (r"sysbus\.cpu ProbeAnswer (true|false)", _answer),
        (r'sysbus\.cpu ProbeDump "(.*)"', _dump),
    )


def run_keyword(monitor: FakeMonitor, name: str, arguments: list[str]) -> dict[str, str]:
    """Answer as Renode's XmlRpcServer does: a status, and a value or an error text with the exceptions."""
    command = arguments[0]
    kind, _, start = os.environ.get(BEHAVIOUR_VARIABLE, "").partition(":")
    if start and command.startswith(start):
        if kind == "dies-at":
            say("Unhandled exception. System.OutOfMemoryException")
            os._exit(134)
        if kind == "hangs-at":
            time.sleep(1000)
    try:
        if name != "ExecuteCommand":
            raise RefusedError(f"Keyword {name} not found")
        if kind == "refuses" and start and command.startswith(start):
            raise RefusedError("There was an error\nin the middle.\x1b[0m")
        return {"status": "PASS", "return": f"{monitor.execute(command)}\n\n"}
    except RefusedError as refusal:
        return {
            "status": "FAIL",
            "error": "TargetInvocationException: Exception has been thrown by the target of an invocation.\n"
            f"KeywordException: Could not execute command '{command}': {refusal}\n",
        }


def main() -> None:
    """Serve on the port that ``--robot-server-port`` names."""
    sys.modules["System"] = SimpleNamespace(  # type: ignore[assignment]
        IO=SimpleNamespace(File=SimpleNamespace(AppendAllText=append_all_text))
    )
    if "--version" in sys.argv:
        say(f"Renode v{VERSION}.12345\n  build: 1a2b3c4d")
        return
    behaviour, _, argument = os.environ.get(BEHAVIOUR_VARIABLE, "").partition(":")
    if behaviour == "dies":
        say("error while loading shared libraries: libgtk-3.so.0")
        sys.exit(127)
    if behaviour == "silent":
        time.sleep(1000)
    if behaviour == "forks":
        child = subprocess.Popen(["sleep", "1000"])
        Path(argument).write_text(str(child.pid), encoding="utf-8")
    port = int(sys.argv[sys.argv.index("--robot-server-port") + 1])
    say(f"[INFO] Robot Framework remote server is listening on port {port}")
    if behaviour == "port-taken":
        with Path(argument).open("a", encoding="ascii") as starts:
            starts.write(f"{port}\n")
        if len(Path(argument).read_text(encoding="ascii").split()) < PORT_TAKEN_STARTS:
            say("Fatal error:\nAddress already in use")
            sys.exit(1)
    server = SimpleXMLRPCServer(("127.0.0.1", port), logRequests=False, allow_none=True)
    monitor = FakeMonitor()
    server.register_function(lambda name, arguments: run_keyword(monitor, name, arguments), "run_keyword")
    server.serve_forever()


if __name__ == "__main__":
    main()
