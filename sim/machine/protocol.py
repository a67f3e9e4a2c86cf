"""What every engine offers: a machine that boots bytes and stops at markers.

The protocol is deliberately small. A machine knows addresses, not models or tensors; what it executed comes
back as a :class:`~sim.machine.profile.Profile` that means the same for every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

from sim.machine.fault import Fault
from sim.machine.profile import MarkerHit, Profile


class Level(Enum):
    """How much a run accounts for; each level includes the one before."""

    BARE = "bare"
    """Execution only."""
    INSTRUCTIONS = "instructions"
    """The number of executed instructions; cycles are an estimate from it."""
    COUNTERS = "counters"
    """Executions of each basic block."""
    TIMING = "timing"
    """Pipeline cycles, with memory that never waits."""
    FULL = "full"
    """Flash wait states, accelerators and caches as well."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """What a machine really accounts for.

    Attributes
    ----------
    shortfall
        Why that is less than what was asked for, as a clause; empty where it is not.
    defect
        What this version of the machine is known to execute wrongly, as a sentence; empty for nothing.
    """

    level: Level
    shortfall: str = ""
    defect: str = ""


class StopReason(StrEnum):
    """Why a machine came back from :meth:`Machine.run`."""

    MARKER = "marker"
    CYCLE_LIMIT = "cycle_limit"
    WALL_LIMIT = "wall_limit"
    FAULT = "fault"
    REQUEST = "request"
    """A peripheral asked for it."""
    IDLE = "idle"
    """The core sleeps or loops forever, and nothing can interrupt it."""
    EXIT = "exit"
    """The firmware has ended itself, by semihosting."""
    RESET = "reset"
    """The firmware has asked for a reset."""
    WATCHDOG = "watchdog"
    """A watchdog was not served in time."""


@dataclass(frozen=True, slots=True)
class Marker:
    """An address that is logged when execution reaches it.

    Attributes
    ----------
    name
        Name in the profile.
    address
        Address of the first instruction (Thumb bit clear), which must start a basic block.
    stops
        Whether :meth:`Machine.run` returns there, before the instruction is executed.
    """

    name: str
    address: int
    stops: bool


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Bounds of one call of :meth:`Machine.run`.

    Attributes
    ----------
    cycles
        Largest value of the machine's cycle counter.
    wall_seconds
        Largest duration on the host; None for no bound.
    """

    cycles: int
    wall_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Where and why a machine stopped.

    Attributes
    ----------
    marker
        Name of the marker that was reached.
    fault
        The fault that stopped the machine, or that firmware was handling when something else did.
    exit_code
        What the firmware has ended itself with.
    """

    reason: StopReason
    marker: str | None = None
    fault: Fault | None = None
    exit_code: int | None = None


class Snapshot(Protocol):
    """The state of a machine, meaningful to that machine only."""


class Machine(Protocol):
    """A simulated board."""

    @property
    def version(self) -> str:
        """Name and version of the emulator behind the engine."""

    @property
    def accounting(self) -> Accounting:
        """What it really accounts for, when it was asked for another level or not."""

    @property
    def cycles(self) -> int:
        """Core cycles since reset."""

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to memory from outside, flash included."""

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read memory from outside."""

    def reset(self, vector_table: int) -> None:
        """Load the initial stack pointer and the entry point from a vector table."""

    def run(self, limits: RunLimits) -> Stop:
        """Execute until a stopping marker, a fault or a limit."""

    def snapshot(self) -> Snapshot:
        """Return the whole state of the board."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this machine."""

    def profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""

    def close(self) -> None:
        """Release what the machine holds, and keep what the next run of the same image can use."""


class Port(Protocol):
    """A serial port of an engine's own.

    Attributes
    ----------
    sent
        Every byte that firmware has sent.
    on_sent
        Called after each byte that firmware sends, if set.
    """

    name: str
    sent: bytearray
    on_sent: Callable[[], None] | None

    def feed(self, data: bytes) -> None:
        """Send bytes to the port."""


class TextOutput(Protocol):
    """Another way on which firmware sends text; the attributes are those of :class:`Port`."""

    sent: bytearray
    on_sent: Callable[[], None] | None


class TalkingMachine(Machine, Protocol):
    """A machine that can be listened to and stopped while it runs."""

    @property
    def channels(self) -> Mapping[str, TextOutput]:
        """Ways beside the serial ports on which firmware sends text, by name."""

    def request_stop(self) -> None:
        """Make :meth:`run` return before the next basic block; for what listens to the firmware."""

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""


class FirmwareMachine(TalkingMachine, Protocol):
    """A machine with peripherals of the engine's own, on which firmware talks."""

    @property
    def ports(self) -> Mapping[str, Port]:
        """Serial ports by name."""
