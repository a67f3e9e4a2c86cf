"""Firmware on an engine with peripherals of its own, watched through its serial ports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial

from sim.boot.line_watch import LineWatch
from sim.debug import DebugRequest
from sim.errors import UsageError
from sim.image import FirmwareImage
from sim.machine.engines import create_firmware_machine
from sim.machine.protocol import FirmwareMachine, Level, Marker, Port, RunLimits, Stop
from sim.platform import Platform
from sim.result import Channel


class EngineSession:
    """A board of another engine with an image, at reset; see :class:`sim.boot.session.FirmwareSession`."""

    def __init__(
        self,
        platform: Platform,
        image: FirmwareImage,
        limits: RunLimits,
        *,
        engine: str,
        clock_hz: int,
        level: Level,
        markers: Sequence[Marker],
        on_progress: Callable[[int], None] | None,
        debug: DebugRequest | None,
    ) -> None:
        self._limits = limits
        self._started = time.monotonic()
        self._console_name = platform.console.name
        self._talker: Port | None = None
        self.machine: FirmwareMachine = create_firmware_machine(
            engine,
            platform,
            clock_hz,
            markers,
            level=level,
            image_sha256=image.sha256,
            on_progress=on_progress,
            debug=debug,
        )
        self._lines = LineWatch(self.machine.request_stop)
        for port in self.machine.ports.values():
            port.on_sent = partial(self._look, port)
        for name, channel in self.machine.channels.items():
            channel.on_sent = partial(self._lines.look, name, channel.sent)
        for segment in image.segments:
            self.machine.write_memory(segment.address, segment.data)
        self.machine.reset(image.vector_table)

    @property
    def console(self) -> Port:
        """The serial port that the firmware talks on: the first that has sent something, else the console."""
        return self._talker or self.machine.ports[self._console_name]

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

    def send(self, data: bytes, uart: str | None = None) -> None:
        """Send bytes to the firmware; they arrive as fast as the port takes them, and are never lost.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        name = uart or self.console.name
        if name not in self.machine.ports:
            raise UsageError(
                f"the board has no serial port {name!r}", f"it has {', '.join(self.machine.ports)}"
            )
        self.machine.ports[name].feed(data)

    def run(self, awaited: re.Pattern[bytes] | None = None) -> Stop:
        """Run until a line that the firmware sends matches, a marker stops, or a limit is reached."""
        sent_bytes = {name: len(port.sent) for name, port in self.machine.ports.items()}
        sent_bytes |= {name: len(channel.sent) for name, channel in self.machine.channels.items()}
        self._lines.expect(awaited, sent_bytes)
        wall = self._limits.wall_seconds
        left = None if wall is None else max(0.0, self._started + wall - time.monotonic())
        return self.machine.run(RunLimits(self._limits.cycles, left))

    def _look(self, port: Port) -> None:
        """Take notice of the byte that a port has sent just now."""
        if self._talker is None:
            self._talker = port
        if port is self._talker:
            self._lines.look(port.name, port.sent)
