"""What a caller asks for, and what it is told while it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import UsageError

DEFAULT_TIMEOUT_CYCLES = 20_000_000_000
DEFAULT_WALL_TIMEOUT_SECONDS = 600.0
KERNEL_SETS = ("optimized", "reference")
LEVELS = ("timing", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run of a model on a platform.

    Attributes
    ----------
    platform
        Platform identifier, or path of a platform file.
    model_path
        The ``.tflite`` file; None for the bundled digits model.
    inputs
        Input specifications as :func:`sim.inputs.load_inputs` takes them; empty for the bundled or a random
        input.
    kernels
        ``optimized`` or ``reference``.
    clock_hz
        Core clock in Hz; None for the platform's own.
    repeat
        Inferences per input.
    timeout_cycles, wall_timeout_seconds
        Limits of the whole run; None for the defaults.
    arena_size_bytes
        Size of the tensor arena; None for all RAM that is free.
    runner_path
        A runner image built from ``firmware/``, instead of the bundled one.
    verify
        Compare the outputs with the reference interpreter.
    level
        ``full``, or ``timing`` to leave out wait states and caches.
    battery, period_seconds
        Battery identifier and time between inferences, for an estimate of battery life.
    """

    platform: str
    model_path: Path | None = None
    inputs: Sequence[str] = ()
    kernels: str = "optimized"
    engine: str = "embedded"
    clock_hz: int | None = None
    repeat: int = 1
    timeout_cycles: int | None = None
    wall_timeout_seconds: float | None = None
    arena_size_bytes: int | None = None
    runner_path: Path | None = None
    verify: bool = False
    level: str = "full"
    battery: str | None = None
    period_seconds: float | None = None

    def check(self) -> None:
        """Raise UsageError for values that no run can have."""
        _check_choice("kernel set", self.kernels, KERNEL_SETS)
        _check_choice("level", self.level, LEVELS)
        _check_positive("the number of repetitions", self.repeat)
        _check_positive("the cycle limit", self.timeout_cycles)
        _check_positive("the wall-clock limit", self.wall_timeout_seconds)
        _check_positive("the arena size", self.arena_size_bytes)
        _check_positive("the clock", self.clock_hz)
        if self.battery is not None and self.period_seconds is None:
            raise UsageError(
                "battery life depends on how often the board wakes up",
                "add the time between inferences: --period 10s",
            )


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life during a run.

    Attributes
    ----------
    phase
        What is going on, in words: ``booting``, ``inference 2 of 5, 120 M cycles``.
    fraction
        Done part of the run, 0 to 1; None when it is not known. At 1 only the result is still to be made.
    """

    phase: str
    fraction: float | None = None


def _check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"there is no {what} called {value!r}", f"choose one of: {', '.join(choices)}")


def _check_positive(what: str, value: float | None) -> None:
    if value is not None and not value > 0:
        raise UsageError(f"{what} must be greater than zero, not {value:g}")
