"""A board with firmware of the user's own that a test or a client talks with, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from fractions import Fraction

from sim.boot.failure import describe_fault, describe_waiting
from sim.boot.region import find_function
from sim.boot.request import DEFAULT_WALL_TIMEOUT_SECONDS
from sim.boot.session import FirmwareSession
from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS, SerialTalk
from sim.boot.terminal import Received, Terminal
from sim.boot.virtual_clock import VirtualClock, exact_seconds
from sim.boot.waits import GuardedWait, SilenceBroken, Wait
from sim.errors import CheckFailedError, SimulationError, UsageError
from sim.image import FirmwareImage
from sim.machine.protocol import Level, RunLimits, StopReason
from sim.platform import Platform

_LONGEST_SECONDS = 1_000_000.0
_QUOTED_LINES = 3
_RESETS = {
    StopReason.RESET: "the firmware asked for a reset",
    StopReason.WATCHDOG: "a watchdog that was not served reset the board",
}


class FirmwareBoard(SerialTalk):
    """A board that runs an image, and stands still between calls. All times are virtual, and exact.

    Every run with the same calls is bit-identical. Times count from reset, in seconds of the clock that the
    firmware gives its core.

    Parameters
    ----------
    clock_hz
        Core clock in Hz for which the flash wait states hold; the board's usual one by default.
    level
        ``full``, or ``timing`` for a core whose memory never waits.
    wall_timeout_seconds
        Longest duration of one call on the host.
    on_progress
        Called dozens of times a second with the cycle count; may raise to end a call. The next call goes on.
    on_sent
        Called with the name of the port or channel and the bytes that firmware has sent just now.

    Raises
    ------
    PlatformError
        The board has no models of the peripherals that firmware needs.
    """

    def __init__(
        self,
        platform: Platform,
        image: FirmwareImage,
        *,
        clock_hz: int | None = None,
        level: str = Level.FULL.value,
        wall_timeout_seconds: float = DEFAULT_WALL_TIMEOUT_SECONDS,
        on_progress: Callable[[int], None] | None = None,
        on_sent: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.platform = platform
        self.image = image
        self._clock_hz = clock_hz or platform.clock.default_hz
        self._level = Level(level)
        self._wall_timeout_seconds = wall_timeout_seconds
        self._on_progress = on_progress
        self._on_sent = on_sent
        self._wait: Wait | None = None
        self._terminal_name: str | None = None
        self._found: Received | None = None
        self._power_on()

    # -- state -----------------------------------------------------------------------------------------------

    @property
    def cycles(self) -> int:
        """Core cycles since reset."""
        return self._session.machine.cycles

    @property
    def uptime_seconds(self) -> float:
        """Virtual time since reset."""
        return float(self._clock.seconds_at(self.cycles))

    @property
    def core_hz(self) -> float:
        """The core clock as the firmware has set it."""
        return self._clock.core_hz

    @property
    def session(self) -> FirmwareSession:
        """The machine and its peripherals, until the next reset."""
        return self._session

    @property
    def terminals(self) -> Mapping[str, Terminal]:
        """What listens to the serial ports and channels, by their names, until the next reset."""
        return self._terminals

    def terminal(self, uart: str | None = None) -> Terminal:
        """Return what listens to a serial port or a channel: ``semihosting``, ``itm``.

        By default that is the first serial port that has sent something, or the console.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        name = self._session.console.name if uart is None else uart
        if name not in self._terminals:
            raise UsageError(f"the board has no serial port {name!r}", f"it has {', '.join(self._terminals)}")
        return self._terminals[name]

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read flash or RAM."""
        self._check_memory(address, size_bytes)
        return self._session.machine.read_memory(address, size_bytes)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM or flash."""
        self._check_memory(address, len(data))
        self._session.machine.write_memory(address, data)

    def address_of(self, function: str) -> int:
        """Return the address of a function by its linker name.

        Raises
        ------
        UsageError
            The image has no such function.
        """
        return find_function(self.image, function)

    # -- running ---------------------------------------------------------------------------------------------

    def run_for(self, seconds: float) -> None:
        """Run for a virtual time.

        Raises
        ------
        SimulationError
            The firmware faults or ends itself, or the host takes too long.
        """
        self._run_until(self._now() + _duration(seconds))

    def wait_for(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> Received:
        """Run until something has been received, as the base class says."""
        found = self._receive(wait, timeout_seconds, uart)
        terminal = self.terminal(uart)
        if found is None:
            raise self._missed(wait, timeout_seconds, terminal)
        if isinstance(wait, GuardedWait) and wait.refused is not None:
            raise CheckFailedError(f"{terminal.name} sent a line that must not come: {found.text!r}")
        return found

    def is_idle(self, seconds: float, *, uart: str | None = None) -> bool:
        """Run for a virtual time, or until firmware sends anything: then return False."""
        return self._receive(SilenceBroken(self.terminal(uart)), seconds, uart) is None

    def expect_nothing(
        self, wait: Wait, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS, uart: str | None = None
    ) -> None:
        """Run for a virtual time in which something must not be received.

        Raises
        ------
        CheckFailedError
            It has been received.
        """
        found = self._receive(wait, timeout_seconds, uart)
        if found is not None:
            raise CheckFailedError(
                f"{self.terminal(uart).name} sent {wait}, which it should not: {found.text!r}"
            )

    # -- talking ---------------------------------------------------------------------------------------------

    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port; while the board runs, they arrive at its baud rate."""
        self._session.send(data, uart)

    # -- life ------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Switch off and on: RAM, peripherals, terminals and virtual time begin anew."""
        self.close()
        self._power_on()

    def close(self) -> None:
        """Keep what the next run of the same image can use."""
        self._session.machine.close()

    # -- inside ----------------------------------------------------------------------------------------------

    def _power_on(self) -> None:
        self._ending: str | None = None
        self._is_stuck_asleep = False
        self._session = FirmwareSession(
            self.platform,
            self.image,
            RunLimits(0),  # each call brings its own
            clock_hz=self._clock_hz,
            level=self._level,
            on_progress=self._on_progress,
            on_sent=self._look,
        )
        clocks = self._session.board.clocks
        clocks.on_change = self._change_clock
        self._clock = VirtualClock(clocks.core_hz())
        sent = {name: uart.sent for name, uart in self._session.board.uarts.items()}
        sent |= {name: channel.sent for name, channel in self._session.machine.channels.items()}
        self._terminals = {
            name: Terminal(name, output, lambda: self.uptime_seconds) for name, output in sent.items()
        }

    def _now(self) -> Fraction:
        return self._clock.seconds_at(self.cycles)

    def _change_clock(self, now_cycles: int) -> None:
        if self._clock.change(now_cycles, self._session.board.clocks.core_hz()):
            self._session.machine.request_stop()  # the deadline is another cycle count now

    def _look(self, name: str) -> None:
        """Stop the machine when what is awaited has come; called when firmware has sent something."""
        terminal = self._terminals[name]
        start = terminal.looked
        terminal.look()
        if self._on_sent is not None:
            self._on_sent(name, bytes(terminal.sent[start:]))
        if self._wait is None or self._found is not None:
            return
        if terminal is self.terminal(self._terminal_name):
            self._found = self._wait.check(terminal)
            if self._found is not None:
                self._session.machine.request_stop()

    def _receive(self, wait: Wait, seconds: float, uart: str | None) -> Received | None:
        deadline = self._now() + _duration(seconds)
        found = wait.check(self.terminal(uart))
        if found is not None:
            return found
        self._wait, self._terminal_name, self._found = wait, uart, None
        try:
            self._run_until(deadline)
            return self._found
        finally:
            self._wait = None

    def _run_until(self, deadline: Fraction) -> None:
        """Run until a virtual time or until what is awaited has come."""
        wall_deadline = time.monotonic() + self._wall_timeout_seconds
        machine = self._session.machine
        self._is_stuck_asleep = False
        while self._found is None or self._wait is None:
            if self._ending is not None:
                raise SimulationError(self._ending, "reset the board to go on")
            deadline_cycles = self._clock.cycles_at(deadline)
            if machine.cycles >= deadline_cycles:
                return
            stop = machine.run(RunLimits(deadline_cycles, max(0.0, wall_deadline - time.monotonic())))
            if stop.reason is StopReason.IDLE:
                self._is_stuck_asleep = True
                machine.sleep_until(deadline_cycles)
            elif stop.fault is not None:
                self._ending = describe_fault(stop.fault, self.image)
            elif stop.reason is StopReason.EXIT:
                self._ending = f"the firmware ended itself with exit code {stop.exit_code}"
            elif stop.reason in _RESETS:
                self._ending = f"{_RESETS[stop.reason]} after {self.uptime_seconds:g} s of virtual time"
            elif stop.reason is StopReason.WALL_LIMIT:
                raise SimulationError(
                    f"the board did not come to {float(deadline):g} s of virtual time within "
                    f"{self._wall_timeout_seconds:g} s on this machine; it is at {self.uptime_seconds:g} s",
                    "wait for less, or allow more time",
                )

    def _missed(self, wait: Wait, timeout_seconds: float, terminal: Terminal) -> CheckFailedError:
        sent = terminal.transcript.splitlines()[-_QUOTED_LINES:]
        heard = f"the last it sent is {' / '.join(sent)!r}" if sent else "it sent nothing at all"
        message = f"{terminal.name} did not send {wait} within {timeout_seconds:g} s of virtual time: {heard}"
        if self._is_stuck_asleep:
            return CheckFailedError(message, "the core sleeps, and nothing can wake it up")
        return CheckFailedError(message, describe_waiting(self._session.board.bus.polled, self.image) or "")

    def _check_memory(self, address: int, size_bytes: int) -> None:
        if not any(m.base <= address and address + size_bytes <= m.end for m in self.platform.memories):
            raise UsageError(
                f"{self.platform.id} has no memory of {size_bytes} bytes at {address:#010x}",
                "give an address in its flash or RAM",
            )


def _duration(seconds: float) -> Fraction:
    """Return a duration that a board can run for.

    Raises
    ------
    UsageError
        It is negative, or none at all.
    """
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise UsageError(
            f"{seconds} s is no duration to run a board for", f"give 0 to {_LONGEST_SECONDS:,.0f} seconds"
        )
    return exact_seconds(seconds)
