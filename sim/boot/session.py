"""A board that runs an image of the user's own, watched through its serial ports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial

from sim.boot.line_watch import LineWatch
from sim.debug import DebugRequest
from sim.errors import UsageError
from sim.image import FirmwareImage
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.interfaces import BoardPeripherals, SerialPort
from sim.machine.peripherals.wiring import Wiring
from sim.machine.protocol import Level, Marker, RunLimits, Stop, StopReason
from sim.platform import Platform
from sim.result import Channel


class FirmwareSession:
    """A board with an image, at reset.

    Parameters
    ----------
    clock_hz
        Core clock in Hz for which the flash wait states hold.
    limits
        Bounds of the whole session.
    markers
        Addresses to log and to stop at.
    on_progress
        Called dozens of times a second with the cycle count; may raise to end the session.
    on_sent
        Called with the name of the port or channel after each byte, or text, that firmware sends.
    debug
        Where a debugger is expected.

    Raises
    ------
    PlatformError
        The board has no models of the peripherals that firmware needs.
    """

    def __init__(
        self,
        platform: Platform,
        image: FirmwareImage,
        limits: RunLimits,
        *,
        clock_hz: int,
        level: Level = Level.FULL,
        markers: Sequence[Marker] = (),
        on_progress: Callable[[int], None] | None = None,
        on_sent: Callable[[str], None] | None = None,
        debug: DebugRequest | None = None,
    ) -> None:
        self._limits = limits
        self._started = time.monotonic()
        self._console_name = platform.console.name
        self._lines = LineWatch(lambda: self.machine.request_stop())
        self._talker: SerialPort | None = None
        self._on_sent = on_sent
        self.board: BoardPeripherals = build_peripherals(platform, self._wiring())
        self.machine = EmbeddedMachine(
            platform,
            clock_hz,
            markers,
            level=level,
            image_sha256=image.sha256,
            bus=self.board.bus,
            on_progress=on_progress,
            debug=debug,
            memory_settings=self.board.memory_settings,
        )
        for uart in self.board.uarts.values():
            uart.on_sent = partial(self._look, uart)
        for name, channel in self.machine.channels.items():
            channel.on_sent = partial(self._look_at, name, channel.sent)
        for segment in image.segments:
            self.machine.write_memory(segment.address, segment.data)
        self.machine.reset(image.vector_table)

    @property
    def console(self) -> SerialPort:
        """The serial port that the firmware talks on: the first that has sent something, else the console."""
        return self._talker or self.board.uarts[self._console_name]

    @property
    def transcript(self) -> str:
        """Everything that the firmware has sent on its console; bytes that are no UTF-8 are replaced."""
        return self.console.sent.decode("utf-8", "replace")

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the firmware has sent by other ways, such as semihosting, where it has sent anything."""
        return tuple(
            Channel(name=name, text=channel.sent.decode("utf-8", "replace"))
            for name, channel in self.machine.channels.items()
            if channel.sent
        )

    def uart(self, name: str | None) -> SerialPort:
        """Return a serial port by name; the console by default.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        if name is None:
            return self.console
        if name not in self.board.uarts:
            raise UsageError(
                f"the board has no serial port {name!r}", f"it has {', '.join(self.board.uarts)}"
            )
        return self.board.uarts[name]

    def send(self, data: bytes, uart: str | None = None) -> None:
        """Send bytes to the firmware; they arrive at the port's baud rate and are never lost."""
        self.uart(uart).feed(data, self.machine.cycles)

    def run(self, awaited: re.Pattern[bytes] | None = None) -> Stop:
        """Run until a line that the firmware sends matches, a marker stops, or a limit is reached.

        Lines count on the console, and on every channel beside the serial ports.

        What was sent before the call does not count, unless the previous call waited for the same and was
        interrupted by a marker.
        """
        sent_bytes = {name: len(port.sent) for name, port in self.board.uarts.items()}
        sent_bytes |= {name: len(channel.sent) for name, channel in self.machine.channels.items()}
        self._lines.expect(awaited, sent_bytes)
        wall = self._limits.wall_seconds
        left = None if wall is None else max(0.0, self._started + wall - time.monotonic())
        return self.machine.run(RunLimits(self._limits.cycles, left))

    def _wiring(self) -> Wiring:
        return Wiring(
            set_interrupt=self._set_interrupt,
            read_memory=self._read_as_master,
            write_memory=self._write_as_master,
            bite=lambda: self.machine.request_stop(StopReason.WATCHDOG),
        )

    def _read_as_master(self, address: int, size_bytes: int) -> bytes:
        if not self.machine.memory.is_readable(range(address, address + size_bytes)):
            return bytes(size_bytes)
        return self.machine.read_memory(address, size_bytes)

    def _write_as_master(self, address: int, data: bytes) -> None:
        if self.machine.memory.is_writable(range(address, address + len(data))):
            self.machine.write_memory(address, data)

    def _set_interrupt(self, number: int, level: bool) -> None:
        self.machine.peripherals.nvic.set_line(number, level)

    def _look(self, uart: SerialPort) -> None:
        """Take notice of the byte that a port has sent just now."""
        if self._talker is None:
            self._talker = uart
        self._look_at(uart.name, uart.sent)

    def _look_at(self, name: str, sent: bytearray) -> None:
        if self._on_sent is not None:
            self._on_sent(name)
        if name not in self.board.uarts or name == self.console.name:
            self._lines.look(name, sent)
