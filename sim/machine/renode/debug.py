"""A machine in Renode under a debugger: its registers, its memory, and where it stops.

The debugger is served while Renode's core is paused, between two instructions. The block probe pauses it; a
core that steps, or that has watchpoints, executes blocks of one instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.debug.target import Debugger, MemoryArea, Resume, Signal, StopCause, WatchKind, Watchpoint
from sim.errors import SimulationError
from sim.machine.debugging import STATUS_FLAGS, aligned_accesses, fault_signal, killed, memory_areas
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.fault import FaultKind
from sim.machine.renode.block_probe import BlockProbe
from sim.machine.renode.board import RenodeBoard
from sim.machine.renode.registers import CURRENT_SP, NUMBERS, OTHER_SP, SP

INTERRUPTED = "interrupt"
"""Why the core has stopped where the debugger has interrupted it; the other reasons are the probe's."""
_USES_PROCESS_STACK = 2  # CONTROL.SPSEL, which counts in thread mode only
_EXCEPTION = 0x1FF  # in xPSR; zero in thread mode
_THUMB = (
    1 << 24
)  # all that is known of xPSR where Renode does not show it; debuggers do not get by without it
_DEVICES = range(0x4000_0000, 0x6000_0000), range(0xE000_0000, 0x1_0000_0000)
_WATCHED_ACCESSES = {WatchKind.WRITE: "w", WatchKind.READ: "r", WatchKind.ACCESS: "rw"}


class DebugPort:
    """A machine as its debugger sees it; see :class:`sim.debug.target.DebugTarget`.

    Parameters
    ----------
    debugger
        Controls it.
    board, probe
        The board in Renode, and what stops its core.
    memory
        The board's address map.
    has_float
        Whether the core has floating-point registers.
    counted_cycles
        Returns the core cycles up to the end of the block under way.
    restart
        Takes the machine back to where it began.
    """

    def __init__(
        self,
        debugger: Debugger,
        board: RenodeBoard,
        probe: BlockProbe,
        memory: MemoryMap,
        *,
        has_float: bool,
        counted_cycles: Callable[[], int],
        restart: Callable[[], None],
    ) -> None:
        self._debugger = debugger
        self._board = board
        self._probe = probe
        self._memory = memory
        self._has_float = has_float
        self._counted_cycles = counted_cycles
        self._restart = restart
        self._registers: dict[str, int | None] = {}  # as they were read since the core has stopped
        self._watchpoints: list[Watchpoint] = []
        self._cause: StopCause | None = StopCause(Signal.TRAP)
        self._is_stepping = False
        self._has_faulted = False

    # -- for the machine -----------------------------------------------------------------------------------

    @property
    def held_seconds(self) -> float:
        """How long the machine has stood still, on the host."""
        return self._debugger.held_seconds

    def wants_to_stop(self) -> bool:
        """Whether the debugger interrupts the core that runs."""
        return self._debugger.wants_to_stop()

    def hand_over(self) -> bool:
        """Let the debugger take over a core that it has stopped; True where :meth:`step` is to follow."""
        if self._is_stepping:  # it stopped for somebody else on its way
            return True
        while self._cause is not None or self._debugger.wants_to_stop():
            cause, self._cause = self._cause or StopCause(Signal.INT), None
            self._registers = {}
            how = self._debugger.stopped(self, cause)
            if how is Resume.KILL:
                raise killed()
            if how is not Resume.RESET:
                self._is_stepping = how is Resume.STEP
                return self._is_stepping
            self._restart()
            self._has_faulted = False
            self._cause = StopCause(Signal.TRAP)
        return False

    def step(self) -> None:
        """Let the core execute one instruction."""
        self._probe.step()

    def take_stop(self, reason: str | int) -> bool:
        """Take note of why the core has stopped; False where that does not concern the debugger."""
        kind, _, index = str(reason).partition(":")
        if kind == "watchpoint":
            self._cause = StopCause(Signal.TRAP, self._watchpoints[int(index)])
        elif kind == "breakpoint" or (kind == "limit" and self._is_stepping):
            self._cause = StopCause(Signal.TRAP)
        elif kind == INTERRUPTED:
            self._cause = StopCause(Signal.INT)
        else:
            return False
        self._is_stepping = False
        return True

    def show_fault(self, kind: FaultKind) -> bool:
        """Let the debugger look at a machine that has faulted; True when it has started over."""
        self._is_stepping = False
        self._has_faulted = True
        self._cause = StopCause(fault_signal(kind))
        self.hand_over()
        return not self._has_faulted

    def finish(self) -> None:
        """Tell the debugger that the run is over."""
        self._debugger.finished(int(self._has_faulted))

    # -- for the debugger ----------------------------------------------------------------------------------

    @property
    def has_float(self) -> bool:
        """Whether there are floating-point registers."""
        return self._has_float

    @property
    def cycles(self) -> int:
        """Core cycles up to the instruction that comes next."""
        return self._counted_cycles() - self._probe.cycles_left(self.read_register("pc") or 0)

    @property
    def version(self) -> str:
        """The emulator behind it."""
        return f"Renode {self._board.version}"

    def read_register(self, name: str) -> int | None:
        """Return a register; None where this version of Renode does not show it."""
        if not self._registers:
            values = self._probe.read_registers(list(NUMBERS.values()))
            self._registers = dict(zip(NUMBERS, values, strict=True))
            if not self._board.shows_status:
                self._registers["xpsr"] = _THUMB
        return self._registers[self._renodes_name(name)]

    def write_register(self, name: str, value: int) -> None:
        """Change a register; of xPSR, the flags."""
        known = self.read_register(name)
        if known is None or (name == "xpsr" and not self._board.shows_status):
            raise SimulationError(f"{self.version} does not show {name}")
        if name == "xpsr":
            value = known & ~STATUS_FLAGS | value & STATUS_FLAGS
        if name == "pc":
            value &= ~1
        if value == known:
            return
        self._board.write_register(NUMBERS[self._renodes_name(name)], value)
        self._registers = {}
        if name == "pc":
            self._probe.redirect(at_logged_marker=False)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Return memory or registers of peripherals."""
        if not _in_devices(address):
            self._memory.read(address, size_bytes)  # raises where there is none: Renode gives zeros
            return self._board.read_memory(address, size_bytes)
        return b"".join(
            self._board.read_bus(at, size).to_bytes(size, "little")
            for at, size in aligned_accesses(address, size_bytes)
        )

    def write_memory(self, address: int, data: bytes) -> None:
        """Change memory or registers of peripherals."""
        if not _in_devices(address):
            self._memory.write(address, data)
            self._board.write_memory(address, data)
            return
        for at, size in aligned_accesses(address, len(data)):
            self._board.write_bus(at, size, int.from_bytes(data[at - address :][:size], "little"))

    def memory_areas(self) -> Sequence[MemoryArea]:
        """Return the memories of the board."""
        return memory_areas(self._memory)

    def set_breakpoints(self, addresses: Sequence[int]) -> None:
        """Stop before these instructions, and no others."""
        self._probe.set_breakpoints(addresses)

    def set_watchpoints(self, watchpoints: Sequence[Watchpoint]) -> None:
        """Stop behind accesses to these ranges, and no others."""
        if list(watchpoints) != self._watchpoints:
            self._watchpoints = list(watchpoints)
            self._probe.set_watchpoints(
                [(point.address, point.size_bytes, _WATCHED_ACCESSES[point.kind]) for point in watchpoints]
            )
            self._board.forget_pages()

    def _renodes_name(self, name: str) -> str:
        """Return what Renode calls a register: stack pointers have other names while they are in use."""
        if name not in ("msp", "psp"):
            return name
        uses_process_stack = self._registers[CURRENT_SP]
        if uses_process_stack is None:  # newer versions do not say so
            is_handling = (self._registers["xpsr"] or 0) & _EXCEPTION
            uses_process_stack = not is_handling and (self._registers["control"] or 0) & _USES_PROCESS_STACK
        return SP if (name == "psp") == bool(uses_process_stack) else OTHER_SP


def _in_devices(address: int) -> bool:
    return any(address in devices for devices in _DEVICES)
