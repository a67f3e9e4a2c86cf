"""A debugger that does one thing at each stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.debug.target import DebugTarget, Resume, StopCause, Watchpoint

Act = Callable[[DebugTarget, StopCause], Resume]


def beginning(target: DebugTarget) -> int:
    """Return the address of the first instruction, from the vector table."""
    return int.from_bytes(target.read_memory(0x0800_0004, 4), "little") & ~1


class Script:
    """Does one thing at each stop, and then lets the machine run."""

    def __init__(self, acts: Sequence[Act], held_seconds: float = 0.0) -> None:
        self.acts = list(acts)
        self.held_seconds = held_seconds
        self.stops: list[tuple[int, StopCause]] = []
        self.exit_code: int | None = None

    def stopped(self, target: DebugTarget, cause: StopCause) -> Resume:
        self.stops.append(((target.read_register("pc") or 0) - beginning(target), cause))
        return self.acts.pop(0)(target, cause) if self.acts else Resume.CONTINUE

    def wants_to_stop(self) -> bool:
        return not self.stops

    def finished(self, exit_code: int) -> None:
        self.exit_code = exit_code


def go(target: DebugTarget, cause: StopCause) -> Resume:
    return Resume.CONTINUE


def step(target: DebugTarget, cause: StopCause) -> Resume:
    return Resume.STEP


def kill(target: DebugTarget, cause: StopCause) -> Resume:
    return Resume.KILL


def watching(*points: Watchpoint) -> Act:
    def act(target: DebugTarget, cause: StopCause) -> Resume:
        target.set_watchpoints(points)
        return Resume.CONTINUE

    return act


def breaking(*offsets: int) -> Act:
    """Set breakpoints at distances from the first instruction."""

    def act(target: DebugTarget, cause: StopCause) -> Resume:
        target.set_breakpoints([beginning(target) + offset for offset in offsets])
        return Resume.CONTINUE

    return act
