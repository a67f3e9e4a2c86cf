"""What a debugger and a machine know of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Protocol


class Signal(IntEnum):
    """Why a program has stopped, in GDB's numbers."""

    INT = 2
    ILL = 4
    TRAP = 5
    BUS = 10
    SEGV = 11


class WatchKind(Enum):
    """What a watchpoint looks for; the values are the keys of stop replies."""

    WRITE = "watch"
    READ = "rwatch"
    ACCESS = "awatch"


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """A range of addresses whose accesses stop the machine."""

    address: int
    size_bytes: int
    kind: WatchKind


@dataclass(frozen=True, slots=True)
class StopCause:
    """Why a machine has come to its debugger; `watched` is the watchpoint that was hit."""

    signal: Signal
    watched: Watchpoint | None = None


class Resume(Enum):
    """How a machine goes on."""

    CONTINUE = "continue"
    STEP = "step"
    RESET = "reset"
    """From the beginning; it comes back before the first instruction."""
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class MemoryArea:
    """A memory as GDB's memory map lists it."""

    base: int
    size_bytes: int
    is_writable: bool


class DebugTarget(Protocol):
    """A stopped machine. Registers have the names of :mod:`sim.debug.registers`."""

    @property
    def has_float(self) -> bool:
        """Whether there are floating-point registers."""

    @property
    def cycles(self) -> int:
        """Core cycles up to the instruction that comes next."""

    @property
    def version(self) -> str:
        """The emulator behind it."""

    def read_register(self, name: str) -> int | None:
        """Return a register; None where the emulator does not show it."""

    def write_register(self, name: str, value: int) -> None:
        """Change a register."""

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Return memory or registers of peripherals.

        Raises
        ------
        SimError
            There is nothing at some of the addresses.
        """

    def write_memory(self, address: int, data: bytes) -> None:
        """Change memory or registers of peripherals; the same errors as :meth:`read_memory`."""

    def memory_areas(self) -> Sequence[MemoryArea]:
        """Return the memories of the board."""

    def set_breakpoints(self, addresses: Sequence[int]) -> None:
        """Stop before these instructions, and no others."""

    def set_watchpoints(self, watchpoints: Sequence[Watchpoint]) -> None:
        """Stop behind accesses to these ranges, and no others."""


class Debugger(Protocol):
    """Who controls a machine. A machine that has one calls it back."""

    @property
    def held_seconds(self) -> float:
        """How long the machine has stood still for the debugger, on the host."""

    def stopped(self, target: DebugTarget, cause: StopCause) -> Resume:
        """Take over a machine that has stopped; returns when it goes on."""

    def wants_to_stop(self) -> bool:
        """Whether a running machine is to stop before the next instruction; asked many times a second."""

    def finished(self, exit_code: int) -> None:
        """The run is over."""
