"""A Cortex-M board in Renode: a process executes, this file sets it up and reads what it counted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Never

from sim.debug import DebugRequest, GdbServer
from sim.errors import EnvironmentMissingError, SimulationError
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.fault import Fault, FaultKind
from sim.machine.profile import MarkerHit, Profile
from sim.machine.protocol import Accounting, Level, Marker, RunLimits, Snapshot, Stop, StopReason
from sim.machine.renode.accounts import BlockAccounts
from sim.machine.renode.block_probe import BlockProbe
from sim.machine.renode.board import RenodeBoard
from sim.machine.renode.debug import INTERRUPTED, DebugPort
from sim.machine.renode.hook_probe import HookProbe
from sim.machine.renode.installation import find_program
from sim.machine.renode.monitor import Monitor, RefusedCommandError
from sim.machine.renode.probe import Probe
from sim.machine.renode.process import RenodeProcess
from sim.platform import Platform
from sim.platform.names import CORES_WITHOUT_FLOAT

_WAIT_MILLISECONDS = 200
_STALL_SECONDS = 3.0
_LEAST_SLICE_INSTRUCTIONS = 1000
_CODE_ABORT = "outside RAM or ROM"


@dataclass(frozen=True, slots=True)
class RenodeSnapshot:
    """Registers and RAM of a :class:`RenodeMachine`; the core cannot write its flash."""

    registers: tuple[int, ...]
    memory: tuple[tuple[int, bytes], ...]
    cycles: int
    resting_at: str | None


class RenodeMachine:
    """Renode as an engine. See :class:`sim.machine.protocol.Machine` for what its methods promise.

    Renode has no wait states or caches: cycles are those of the level ``timing``, whatever is asked for, and
    an estimate from the number of instructions where it cannot compile the block probe. A run ends within one
    slice behind its cycle limit, because cycles are known only where the core stops.

    Parameters
    ----------
    platform
        The board.
    clock_hz
        Core clock in Hz, for timers and virtual time.
    markers
        Addresses to log and to stop at.
    level
        What is asked for; see :attr:`accounting` for what is given.
    image_sha256
        Digest of the code that will run, the key under which block costs are kept between runs; empty to
        keep none.
    data_only_flash
        Not used: Renode's memory never waits.
    on_progress
        Called with the cycle count some times a second of host time; may raise to end the run.
    debug
        Where a debugger is expected, which then controls the machine from its first instruction on.

    Raises
    ------
    EnvironmentMissingError
        Renode is not installed, or does not start, or cannot be debugged.
    SimulationError
        It does not accept the board.
    """

    def __init__(
        self,
        platform: Platform,
        clock_hz: int,
        markers: Sequence[Marker] = (),
        *,
        level: Level = Level.TIMING,
        image_sha256: str = "",
        data_only_flash: range | None = None,  # noqa: ARG002
        on_progress: Callable[[int], None] | None = None,
        debug: DebugRequest | None = None,
    ) -> None:
        self._markers = tuple(markers)
        self._on_progress = on_progress
        self._memory = MemoryMap(platform.memories)
        self._writable = [memory for memory in platform.memories if memory.kind.writable]
        self._cycles = 0
        self._skipped_cycles = 0
        self._instructions = 0
        self._resting_at: str | None = None
        self._hits: list[MarkerHit] = []
        self._vector_table = 0
        self._has_float = platform.core not in CORES_WITHOUT_FLOAT
        self._debug_request = debug
        self._debug: DebugPort | None = None
        self._process = RenodeProcess(find_program())
        try:
            self._monitor = Monitor(self._process)
            self._board = RenodeBoard(self._monitor, self._process.folder, platform, clock_hz)
            self._probe = self._install_probe(platform.core, level, image_sha256)
            self._check_debugger()
        except BaseException:
            self._process.close()
            raise

    @property
    def version(self) -> str:
        """Name and version of the emulator behind the engine."""
        return f"Renode {self._board.version}"

    @property
    def accounting(self) -> Accounting:
        """What it accounts for."""
        return replace(self._probe.accounting, defect=self._board.defect)

    @property
    def cycles(self) -> int:
        """Core cycles since reset."""
        return self._cycles

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to memory from outside, flash included."""
        self._memory.write(address, data)
        self._board.write_memory(address, data)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read memory from outside."""
        self._memory.read(address, size_bytes)  # raises where there is none: Renode gives zeros
        return self._board.read_memory(address, size_bytes)

    def reset(self, vector_table: int) -> None:
        """Load the initial stack pointer and the entry point from a vector table."""
        self._board.reset(vector_table)
        self._vector_table = vector_table
        self._rest_at(None)

    def run(self, limits: RunLimits) -> Stop:
        """Execute until a stopping marker, a fault or a limit."""
        started = time.monotonic()
        if self._debug_request is not None and self._debug is None:
            self._debug = self._await_debugger(self._debug_request)
        while self._cycles < limits.cycles:
            if self._debug is not None and self._debug.hand_over():
                self._debug.step()
            else:
                self._probe.start(max(_LEAST_SLICE_INSTRUCTIONS, (limits.cycles - self._cycles) // 2))
            stop = self._finish_slice(started, limits.wall_seconds)
            if stop is not None and not self._starts_over(stop):
                return stop
        return Stop(StopReason.CYCLE_LIMIT)

    def profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""
        hits, self._hits = tuple(self._hits), []
        return Profile(self._probe.table, hits)

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""
        return replace(self._collect(), name=name)

    def snapshot(self) -> RenodeSnapshot:
        """Return core registers and memory; timers and the interrupt controller are not part of it."""
        return RenodeSnapshot(
            self._board.registers(), self._board.save_memory(), self._cycles, self._resting_at
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this machine."""
        if not isinstance(snapshot, RenodeSnapshot):
            raise TypeError("the snapshot was made by another engine")
        for address, data in snapshot.memory:
            self._board.write_memory(address, data)
        self._board.set_registers(snapshot.registers)
        self._rest_at(snapshot.resting_at)
        self._skipped_cycles += snapshot.cycles - self._cycles
        self._cycles = snapshot.cycles

    def close(self) -> None:
        """End Renode, and keep the block costs for the next run of the same image."""
        self._process.close()
        self._probe.save()
        if self._debug is not None:
            self._debug.finish()

    def _install_probe(self, core: str, level: Level, image_sha256: str) -> Probe:
        accounts = BlockAccounts(core, self._read_code, image_sha256=image_sha256)
        shortfall = "memory never waits in renode" if level is Level.FULL else ""
        accounting = Accounting(Level.TIMING, shortfall)
        try:
            return BlockProbe(self._monitor, self._process.folder, self._markers, accounts, accounting)
        except RefusedCommandError as refused:
            return HookProbe(
                self._monitor,
                self._process.folder,
                self._markers,
                core=core,
                register_reader=self._board.register_reader,
                shortfall=f"Renode cannot use the block probe, and says {refused.reason!r}",
            )

    # -- a debugger ----------------------------------------------------------------------------------------

    def _check_debugger(self) -> None:
        if self._debug_request is not None and not isinstance(self._probe, BlockProbe):
            raise EnvironmentMissingError(
                f"there is no debugging here: {self.accounting.shortfall}",
                "install what Renode compiles C# with (Debian: mono-mcs), or use --engine embedded",
            )

    def _await_debugger(self, request: DebugRequest) -> DebugPort:
        """Open the port; not before the machine can answer, because debuggers wait some seconds only."""
        assert isinstance(self._probe, BlockProbe)
        origin = self.snapshot()
        return DebugPort(
            GdbServer(request),
            self._board,
            self._probe,
            self._memory,
            has_float=self._has_float,
            counted_cycles=lambda: self._cycles,
            restart=lambda: self._start_over(origin),
        )

    def _start_over(self, origin: RenodeSnapshot) -> None:
        """Go back to before the first instruction; timers and peripherals keep their state."""
        self._board.reset(self._vector_table)
        self.restore(origin)

    def _starts_over(self, stop: Stop) -> bool:
        """Let a debugger look at a fault; whether it has made the machine start over."""
        return stop.fault is not None and self._debug is not None and self._debug.show_fault(stop.fault.kind)

    # -- execution -----------------------------------------------------------------------------------------

    def _finish_slice(self, started: float, wall_seconds: float | None) -> Stop | None:
        """Wait until the core has stopped; None where it goes on."""
        try:
            reason = self._await_stop(started, wall_seconds)
        except BaseException:
            with contextlib.suppress(SimulationError):
                self._probe.halt()
            raise
        self._collect()
        self._resting_at = None
        if isinstance(reason, Stop):
            return reason
        if (self._debug is not None and self._debug.take_stop(reason)) or reason == "limit":
            return None
        self._resting_at = self._markers[int(reason)].name
        return Stop(StopReason.MARKER, marker=self._resting_at)

    def _rest_at(self, marker: str | None) -> None:
        """Tell the probe that the core has been set to another place, perhaps to a marker already logged."""
        self._probe.redirect(at_logged_marker=marker is not None)
        self._resting_at = marker

    def _await_stop(self, started: float, wall_seconds: float | None) -> str | int | Stop:
        executed, progressed = self._instructions, time.monotonic()
        while True:
            reason, instructions = self._probe.wait(_WAIT_MILLISECONDS)
            stop = self._listen(reason)
            if stop is not None:
                return stop
            if reason not in ("running", "line"):
                self._instructions = instructions
                return reason
            if self._debug is not None and self._debug.wants_to_stop():
                self._probe.halt()
                self._instructions = instructions
                return INTERRUPTED
            now = time.monotonic()
            if instructions != executed:
                executed, progressed = instructions, now
            if self._on_progress is not None:
                self._on_progress(self._cycles + instructions - self._instructions)
            held = 0.0 if self._debug is None else self._debug.held_seconds
            if wall_seconds is not None and now - started - held >= wall_seconds:
                self._probe.halt()
                return Stop(StopReason.WALL_LIMIT)
            if now - progressed >= _STALL_SECONDS:
                self._probe.halt()
                return self._explain_stall()

    def _listen(self, reason: str | int) -> Stop | None:  # noqa: ARG002
        """Take what the firmware has sent; for machines that have serial ports."""
        return None

    def _explain_stall(self) -> Stop:
        abort = next((line for line in reversed(self._process.log()) if "CPU abort" in line), None)
        if abort is None:
            return Stop(StopReason.IDLE)
        if _CODE_ABORT not in abort:
            _refuse(abort)
        pc, lr, sp = (self._board.registers()[number] for number in (15, 14, 13))
        return Stop(StopReason.FAULT, fault=Fault(FaultKind.FETCH_UNMAPPED, pc & ~1, lr, sp, address=pc & ~1))

    def _read_code(self, address: int, size_bytes: int) -> bytes:
        """Return code: from Renode where firmware can have put it there itself."""
        code = self._memory.read(address, size_bytes)
        is_written = any(memory.base <= address < memory.end for memory in self._writable)
        return self._board.read_memory(address, size_bytes) if is_written else code

    def _collect(self) -> MarkerHit:
        """Take what the probe has counted, and return the counters as they stand."""
        now, hits = self._probe.collect()
        now, *hits = (replace(hit, cycles=hit.cycles + self._skipped_cycles) for hit in (now, *hits))
        self._hits += hits
        self._cycles = now.cycles
        return now


def _refuse(line: str) -> Never:
    raise SimulationError(f"Renode gave up: {line}", "run the image with --engine embedded to see the fault")
