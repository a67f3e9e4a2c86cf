"""An embedded machine under a debugger: its registers, its memory, and where it stops.

The debugger is served inside a callback of the emulator, between two instructions. Execution goes on from
there within the same basic block, so cycles and counts are those of a run without a debugger; only moving the
program counter leaves the rest of a block accounted for that was not executed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import unicorn
from unicorn import arm_const

from sim.debug.target import Debugger, MemoryArea, Resume, Signal, StopCause, WatchKind, Watchpoint
from sim.machine.debugging import STATUS_FLAGS, aligned_accesses, fault_signal, killed, memory_areas
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import make_probe
from sim.machine.embedded.private_peripherals import BASE, SIZE_BYTES, PrivatePeripherals
from sim.machine.fault import FaultKind
from sim.machine.peripherals.bus import Bus

_CORE_REGISTERS = range(BASE, BASE + SIZE_BYTES)
_NAMED = ("sp", "lr", "xpsr", "msp", "psp", "primask", "basepri", "faultmask", "control", "fpscr")
_IDS = {
    **{f"r{number}": getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(13)},
    **{f"d{number}": getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(16)},
    **{name: getattr(arm_const, f"UC_ARM_REG_{name.upper()}") for name in _NAMED},
}


class DebugPort:
    """A machine as its debugger sees it; see :class:`sim.debug.target.DebugTarget`.

    Parameters
    ----------
    cycles_at
        Returns the cycle at which the instruction at an address is executed, in the block under way.
    move_to
        Makes execution go on elsewhere.
    version
        The emulator.

    Attributes
    ----------
    restart
        Takes the machine back to where it began; set before anything is executed.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        debugger: Debugger,
        memory: MemoryMap,
        peripherals: PrivatePeripherals,
        bus: Bus | None,
        *,
        has_float: bool,
        cycles_at: Callable[[int], int],
        move_to: Callable[[int], None],
        version: str,
    ) -> None:
        self._uc = uc
        self._debugger = debugger
        self._memory = memory
        self._peripherals = peripherals
        self._bus = bus
        self._windows = () if bus is None else tuple(bus.windows)
        self._has_float = has_float
        self._cycles_at = cycles_at
        self._move_to = move_to
        self._version = version
        self._pc = 0
        self._cause = StopCause(Signal.TRAP)
        self._watchpoints: list[Watchpoint] = []
        self._error: BaseException | None = None
        self._moved_to: int | None = None
        self._wants_restart = False
        self._has_faulted = False
        self._is_running = False
        self.restart: Callable[[], None] | None = None
        self._probe = make_probe(uc, self._stop)

    # -- for the engine ------------------------------------------------------------------------------------

    @property
    def held_seconds(self) -> float:
        """How long the machine has stood still, on the host."""
        return self._debugger.held_seconds

    def poll(self) -> None:
        """Stop before the next instruction where the debugger wants it; called between slices of a run."""
        if self._debugger.wants_to_stop():
            self._cause = StopCause(Signal.INT if self._is_running else Signal.TRAP)
            self._probe.step()

    def show_fault(self, kind: FaultKind, pc: int) -> bool:
        """Let the debugger look at a machine that has faulted; True when execution goes on elsewhere."""
        self._pc = pc
        self._cause = StopCause(fault_signal(kind))
        self._hand_over()
        if self._pc != pc:
            self._moved_to = self._pc
        self._has_faulted = not self.settle()
        return not self._has_faulted

    def settle(self) -> bool:
        """Do what a stop has led to and no callback can; True when execution goes on elsewhere."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        restarts, self._wants_restart = self._wants_restart, False
        moved_to, self._moved_to = self._moved_to, None
        if restarts and self.restart is not None:
            self.restart()
        elif moved_to is not None:
            self._move_to(moved_to)
        return restarts or moved_to is not None

    def finish(self) -> None:
        """Tell the debugger that the run is over."""
        self._debugger.finished(int(self._has_faulted))

    def _stop(self, pc: int) -> None:
        self._pc = pc
        watched = self._probe.take_watched()
        if watched is not None:
            self._cause = StopCause(Signal.TRAP, self._watchpoints[watched])
        try:
            self._hand_over()
        except BaseException as error:
            self._error = error
            self._uc.emu_stop()
            return
        if self._pc != pc:
            self._moved_to = self._pc
        if self._moved_to is not None or self._wants_restart:
            self._uc.emu_stop()

    def _hand_over(self) -> None:
        how = self._debugger.stopped(self, self._cause)
        self._is_running = True
        self._cause = StopCause(Signal.TRAP)
        self._wants_restart = how is Resume.RESET
        if how in (Resume.STEP, Resume.RESET):
            self._probe.step()
        if how is Resume.KILL:
            raise killed()

    # -- for the debugger ----------------------------------------------------------------------------------

    @property
    def has_float(self) -> bool:
        """Whether there are floating-point registers."""
        return self._has_float

    @property
    def cycles(self) -> int:
        """Core cycles up to the instruction that comes next."""
        return self._cycles_at(self._pc)

    @property
    def version(self) -> str:
        """The emulator behind it."""
        return self._version

    def read_register(self, name: str) -> int:
        """Return a register."""
        return self._pc if name == "pc" else int(self._uc.reg_read(_IDS[name]))

    def write_register(self, name: str, value: int) -> None:
        """Change a register; of xPSR, the flags."""
        if name == "pc":
            self._pc = value & ~1
            return
        if name == "xpsr":
            value = self.read_register(name) & ~STATUS_FLAGS | value & STATUS_FLAGS
        if self.read_register(name) != value:
            self._uc.reg_write(_IDS[name], value)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Return memory or registers of peripherals."""
        if not self._is_device(address):
            return self._memory.read(address, size_bytes)
        return b"".join(
            self._read_device(at, size).to_bytes(size, "little")
            for at, size in aligned_accesses(address, size_bytes)
        )

    def write_memory(self, address: int, data: bytes) -> None:
        """Change memory or registers of peripherals."""
        if not self._is_device(address):
            self._memory.write(address, data)
            return
        for at, size in aligned_accesses(address, len(data)):
            self._write_device(at, size, int.from_bytes(data[at - address :][:size], "little"))

    def memory_areas(self) -> Sequence[MemoryArea]:
        """Return the memories of the board."""
        return memory_areas(self._memory)

    def set_breakpoints(self, addresses: Sequence[int]) -> None:
        """Stop before these instructions, and no others."""
        self._probe.set_breakpoints(struct.pack(f"<{len(addresses)}I", *addresses))

    def set_watchpoints(self, watchpoints: Sequence[Watchpoint]) -> None:
        """Stop behind accesses to these ranges, and no others."""
        self._watchpoints = list(watchpoints)
        self._probe.set_watchpoints(
            b"".join(
                struct.pack(
                    "<4I",
                    point.address,
                    min(point.address + point.size_bytes, 0xFFFF_FFFF),
                    point.kind is not WatchKind.WRITE,
                    point.kind is not WatchKind.READ,
                )
                for point in watchpoints
            )
        )

    def _bus_at(self, address: int) -> Bus | None:
        return self._bus if any(address in window for window in self._windows) else None

    def _is_device(self, address: int) -> bool:
        return address in _CORE_REGISTERS or self._bus_at(address) is not None

    def _read_device(self, address: int, size: int) -> int:
        bus = self._bus_at(address)
        if bus is None:
            return self._peripherals.read_bytes(address, size)
        return bus.read(address, size, self.cycles)

    def _write_device(self, address: int, size: int, value: int) -> None:
        bus = self._bus_at(address)
        if bus is None:
            self._peripherals.write_bytes(address, size, value)
        else:
            bus.write(address, size, value, self.cycles)
