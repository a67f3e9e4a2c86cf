"""What to boot, and where to stop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sim.errors import UsageError
from sim.machine.engines import DEFAULT_ENGINE, check_engine
from sim.machine.protocol import RunLimits

DEFAULT_TIMEOUT_CYCLES = 20_000_000_000
DEFAULT_WALL_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class BootRequest:
    """A firmware image and how to run it.

    Attributes
    ----------
    base
        Address of a raw binary or of the vector table; the board's usual one by default.
    until
        Regular expression: the run ends when a line that the firmware sends matches.
    until_symbol
        Function: the run ends when it is reached.
    profile_from, profile_to
        Functions: what runs from the entry of one to the entry of the other is accounted for, each time. By
        default each inference, where the image names the runtime's function, or else the whole run.
    uart
        Serial port that `uart_input` goes to; the board's console by default.
    uart_input
        Sent to the firmware from the start, spaced by the port's baud rate.
    clock_hz
        Core clock in Hz for which the flash wait states hold; the board's usual one by default.
    level
        ``full``, or ``timing`` for a core whose memory never waits.
    engine
        ``embedded``, or one with peripherals of its own.
    """

    platform: str | Path
    firmware: Path
    base: int | None = None
    until: str | None = None
    until_symbol: str | None = None
    profile_from: str | None = None
    profile_to: str | None = None
    uart: str | None = None
    uart_input: bytes = b""
    clock_hz: int | None = None
    level: str = "full"
    timeout_cycles: int | None = None
    wall_timeout_seconds: float | None = None
    engine: str = DEFAULT_ENGINE

    @property
    def limits(self) -> RunLimits:
        """Bounds of the run."""
        return RunLimits(
            self.timeout_cycles or DEFAULT_TIMEOUT_CYCLES,
            self.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
        )

    def check(self) -> None:
        """Raise UsageError for values that no run can have, and options that make no sense together."""
        if (self.profile_from is None) != (self.profile_to is None):
            raise UsageError("--profile-from and --profile-to need each other", "name two functions")
        check_engine(self.engine)
        for what, value in (
            ("the clock", self.clock_hz),
            ("the cycle limit", self.timeout_cycles),
            ("the wall-clock limit", self.wall_timeout_seconds),
        ):
            if value is not None and not value > 0:
                raise UsageError(f"{what} must be greater than zero, not {value:g}")

    def pattern(self) -> re.Pattern[bytes] | None:
        """Return `until` ready for use.

        Raises
        ------
        UsageError
            It is no regular expression.
        """
        if self.until is None:
            return None
        try:
            return re.compile(self.until.encode())
        except re.error as error:
            raise UsageError(f"--until: {self.until!r} is no regular expression: {error}") from error
