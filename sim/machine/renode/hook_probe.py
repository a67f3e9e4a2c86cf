"""Hooks at markers, for a Renode that cannot compile the block probe: only instructions are counted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.machine.profile import MEMORY_EVENTS, BlockTable, InstructionCount, MarkerHit
from sim.machine.protocol import Accounting, Level, Marker
from sim.machine.renode.monitor import Monitor
from sim.platform.description import Uart
from sim.timing.typical import typical_cycles_per_instruction

_CPU = "sysbus.cpu"
_POLL_SECONDS = 0.02
_SEPARATOR = "/"  # between the records of a file; a line feed would need an escape in the monitor's strings
_NO_COUNTERS = np.zeros(0, dtype=np.uint64)
_NO_EVENTS = np.zeros(len(MEMORY_EVENTS), dtype=np.uint64)


class HookProbe:
    """Logs and stops at markers; see :class:`sim.machine.renode.probe.Probe`.

    Each marker has a hook in Python, which writes the number of executed instructions to a file and holds
    the core where the marker stops. Limits are looked at some times a second of host time, and the core does
    not wait behind lines that firmware sends.

    Parameters
    ----------
    monitor
        Of a Renode that has loaded the board.
    folder
        Where hooks leave what they have seen.
    core
        Name of the core, for its cycles per instruction.
    register_reader
        What the core's method is called that reads a register.
    shortfall
        Why blocks are not counted.

    Raises
    ------
    RefusedCommandError
        Renode accepts no hooks either.
    """

    def __init__(
        self,
        monitor: Monitor,
        folder: Path,
        markers: Sequence[Marker],
        *,
        core: str,
        register_reader: str,
        shortfall: str,
    ) -> None:
        self.accounting = Accounting(Level.INSTRUCTIONS, shortfall)
        self.table = BlockTable(())
        self._monitor = monitor
        self._markers = tuple(markers)
        self._cycles_per_instruction = typical_cycles_per_instruction(core)
        self._seen = _Records(folder / "hits.txt")
        self._sent = _Records(folder / "sent.txt")
        self._hits: list[MarkerHit] = []
        self._stopped_at: int | None = None
        self._passed_at: int | None = None
        self._limit = 0
        self._last_count = 0
        self._before_reset = 0
        for index, marker in enumerate(self._markers):
            values = f"({index}, self.{register_reader}(0), self.ExecutedInstructions)"
            write = f"System.IO.File.AppendAllText('{self._seen.path}', '%d %s %d{_SEPARATOR}' % {values})"
            stop = "; self.Pause()" if marker.stops else ""
            monitor.execute(f'{_CPU} AddHook {marker.address:#x} "import System; {write}{stop}"')

    def start(self, instructions: int) -> None:
        """Let the core run, for so many instructions and what it executes until it is looked at."""
        self._limit = self._executed() + instructions
        self._monitor.execute("start")

    def wait(self, milliseconds: int) -> tuple[str | int, int]:
        """Wait for the core to stop; see :meth:`sim.machine.renode.probe.Probe.wait`."""
        deadline = time.monotonic() + milliseconds / 1000
        while True:
            executed = self._executed()
            reached = self._take_stop()
            if reached is None and executed >= self._limit:
                self.halt()
                reached = self._take_stop()
                if reached is None:
                    return "limit", self._executed()
            if reached is not None:
                self.halt()
                return reached, self._executed()
            if time.monotonic() >= deadline:
                return "running", executed
            time.sleep(_POLL_SECONDS)

    def answer(self, *, stop: bool) -> None:
        """Do nothing: the core does not wait behind lines."""

    def listen(self, uart: Uart, index: int) -> None:
        """Collect what firmware sends on a serial port."""
        self._monitor.execute(
            f"python \"import System; self.Machine['sysbus.{uart.name}'].CharReceived += "
            f"lambda value: System.IO.File.AppendAllText('{self._sent.path}', "
            f"'%d %d{_SEPARATOR}' % ({index}, value))\""
        )

    def take_sent(self) -> list[tuple[int, int]]:
        """Return the port's index and the value of each byte that firmware has sent since the last call."""
        return [(int(index), int(value)) for index, value in self._sent.take()]

    def feed(self, uart: str, data: bytes) -> None:
        """Let a serial port receive bytes; newer ones lose them while their receiver is off."""
        for value in data:
            self._monitor.execute(f"sysbus.{uart} WriteChar {value:#x}")

    def halt(self) -> None:
        """Stop the core where it is."""
        self._monitor.execute("pause")

    def redirect(self, *, at_logged_marker: bool) -> None:
        """Be ready for the hook of a marker that is already logged, where the core was put."""
        executed = self._executed()
        self._passed_at = executed if at_logged_marker else None

    def collect(self) -> tuple[MarkerHit, list[MarkerHit]]:
        """Return all counters as they stand, and the marker hits since the last call."""
        self._read_hits()
        hits, self._hits = self._hits, []
        return self._hit("", 0, self._executed()), hits

    def save(self) -> None:
        """Do nothing: there are no block costs to keep."""

    def _executed(self) -> int:
        count = int(self._monitor.execute(f"{_CPU} ExecutedInstructions"), 0)
        if count < self._last_count:  # a reset of the core lets some versions begin again
            self._before_reset += self._last_count
        self._last_count = count
        return self._before_reset + count

    def _take_stop(self) -> int | None:
        self._read_hits()
        index, self._stopped_at = self._stopped_at, None
        return index

    def _read_hits(self) -> None:
        for index_text, argument, instructions_text in self._seen.take():
            index, instructions = int(index_text), self._before_reset + int(instructions_text)
            passed_at, self._passed_at = self._passed_at, None
            if instructions == passed_at:
                if self._markers[index].stops:
                    self.halt()
                    self._monitor.execute("start")
                continue
            self._hits.append(self._hit(self._markers[index].name, int(argument, 0), instructions))
            if self._markers[index].stops:
                self._stopped_at = index

    def _hit(self, name: str, argument: int, instructions: int) -> MarkerHit:
        return MarkerHit(
            name=name,
            argument=argument,
            cycles=round(instructions * self._cycles_per_instruction),
            executions=_NO_COUNTERS,
            taken=_NO_COUNTERS,
            mispredicts=_NO_COUNTERS,
            events=_NO_EVENTS,
            instructions=InstructionCount(instructions, self._cycles_per_instruction),
        )


class _Records:
    """A file that grows by records, each some words and a separator."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0

    def take(self) -> list[list[str]]:
        """Return the words of the records that are new and complete."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="ascii") as file:
            file.seek(self._position)
            text = file.read()
        complete = text[: text.rfind(_SEPARATOR) + 1]
        self._position += len(complete)
        return [record.split() for record in complete.split(_SEPARATOR)[:-1]]
