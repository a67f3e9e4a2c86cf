"""What machines of all engines have in common under a debugger of this package."""

from __future__ import annotations

from sim.debug.target import MemoryArea, Signal
from sim.errors import SimulationError
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.fault import FaultKind

STATUS_FLAGS = 0xF80F_0000
"""What a debugger may change of xPSR: N, Z, C, V, Q and GE."""
_SIGNALS = {
    FaultKind.UNDEFINED: Signal.ILL,
    FaultKind.NO_COPROCESSOR: Signal.ILL,
    FaultKind.NO_THUMB_BIT: Signal.ILL,
    FaultKind.UNALIGNED: Signal.BUS,
    FaultKind.BREAKPOINT: Signal.TRAP,
}


def fault_signal(kind: FaultKind) -> Signal:
    """Return the signal that a debugger is shown for a fault."""
    return _SIGNALS.get(kind, Signal.SEGV)


def memory_areas(memory: MemoryMap) -> list[MemoryArea]:
    """Return the memories of a board as debuggers list them."""
    return [
        MemoryArea(mapped.base, mapped.memory.size_bytes, mapped.memory.kind.writable)
        for mapped in memory.ranges
    ]


def aligned_accesses(address: int, size_bytes: int) -> list[tuple[int, int]]:
    """Cut a range into aligned accesses of a word, a halfword or a byte, as a debug probe makes them."""
    found = []
    end = address + size_bytes
    while address < end:
        size = next(size for size in (4, 2, 1) if not address % size and size <= end - address)
        found.append((address, size))
        address += size
    return found


def killed() -> SimulationError:
    """Return how a run ends that the debugger kills."""
    return SimulationError("the debugger has ended the run")
