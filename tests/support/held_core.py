"""The stand-in for Renode under a debugger: its core runs in a thread, and is held between instructions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sim.debug.target import DebugTarget, Resume, Signal, StopCause, WatchKind, Watchpoint
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.renode.registers import NUMBERS, OTHER_SP

_POLL_SECONDS = 0.001
_KINDS = {"w": WatchKind.WRITE, "r": WatchKind.READ, "rw": WatchKind.ACCESS}
_NAMES = {number: name for name, number in NUMBERS.items()}


class HeldCore:
    """Controls an embedded machine that has executed nothing yet, as a debugger of its own."""

    held_seconds = 0.0

    def __init__(self, board: EmbeddedMachine) -> None:
        self._board = board
        self._how = Resume.CONTINUE
        self._cause: StopCause | None = None
        self._is_arming = False
        self._goes_on = threading.Event()
        self._worker: threading.Thread | None = None
        self._outcome = ""
        self._watchpoints: list[Watchpoint] = []
        board.attach(self)

    # -- for the embedded machine, in its thread -----------------------------------------------------------

    def wants_to_stop(self) -> bool:
        return self._is_arming

    def stopped(self, target: DebugTarget, cause: StopCause) -> Resume:
        if self._is_arming:
            self._is_arming = False
            return Resume.STEP
        if cause.signal is not Signal.TRAP:  # Renode does not stop for a debugger at faults
            return Resume.CONTINUE
        self._cause = cause
        self._goes_on.wait()
        self._goes_on.clear()
        return self._how

    def finished(self, exit_code: int) -> None:
        return

    # -- for the monitor -----------------------------------------------------------------------------------

    @property
    def target(self) -> DebugTarget:
        port = self._board._debug
        assert port is not None
        return port

    @property
    def is_held(self) -> bool:
        return self._cause is not None

    @property
    def unfinished(self) -> int:
        """The index of the block that counts as executed, and is not executed to its end; or -1."""
        current = self._board._hot.current_block()
        if not self.is_held or current is None:
            return -1
        index, start, size, _ = current
        return index if start <= self._pc() < start + size else -1

    def go_on(self, how: Resume, run: Callable[[], str]) -> None:
        """Let the core go on, or run until it stops; `run` returns why."""
        self._how = how
        if self.is_held:
            self._cause = None
            self._goes_on.set()
            return
        self._is_arming = how is Resume.STEP

        def work() -> None:
            self._outcome = run()

        self._worker = threading.Thread(target=work, daemon=True)
        self._worker.start()

    def wait(self, deadline: float) -> str:
        """Return why the core has stopped."""
        assert self._worker is not None
        while time.monotonic() < deadline:
            if self._cause is not None:
                return self._describe(self._cause)
            if not self._worker.is_alive():
                return self._outcome
            time.sleep(_POLL_SECONDS)
        return "running"

    def halt(self) -> None:
        """Wait for a core that has been asked to stop."""
        if not self.is_held and self._worker is not None:
            self._worker.join()

    def read_registers(self, numbers: str) -> str:
        return ",".join(self._show(_NAMES[int(number)]) for number in numbers.split(","))

    def write_register(self, number: int, value: int) -> None:
        name = _NAMES[number]
        self.target.write_register("psp" if name == OTHER_SP else name, value)

    def set_breakpoints(self, listed: str) -> None:
        self.target.set_breakpoints([int(address, 16) for address in listed.split(",") if address])

    def set_watchpoints(self, listed: str) -> None:
        self._watchpoints = []
        for point in filter(None, listed.split(",")):
            address, size, kind = point.split(":")
            self._watchpoints.append(Watchpoint(int(address, 16), int(size, 16), _KINDS[kind]))
        self.target.set_watchpoints(self._watchpoints)

    def _describe(self, cause: StopCause) -> str:
        if cause.watched is not None:
            return f"watchpoint:{self._watchpoints.index(cause.watched)}"
        return "limit" if self._how is Resume.STEP else "breakpoint"

    def _pc(self) -> int:
        return int(self.target.read_register("pc") or 0) if self.is_held else self._board._next_pc

    def _show(self, name: str) -> str:
        if name == "pc":
            return f"{self._pc():x}"
        try:
            return f"{self.target.read_register('psp' if name == OTHER_SP else name):x}"
        except KeyError:  # newer versions of Renode have no such register
            return ""
