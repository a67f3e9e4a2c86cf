"""What sessions with firmware have in common on every engine: outputs that are watched while it runs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic, Protocol, TypeVar

from sim.boot.line_watch import LineWatch
from sim.errors import UsageError
from sim.image import FirmwareImage
from sim.machine.protocol import RunLimits, Stop, TalkingMachine, TextOutput
from sim.platform import Platform
from sim.result import Channel


class _NamedOutput(TextOutput, Protocol):
    @property
    def name(self) -> str: ...


MachineT = TypeVar("MachineT", bound=TalkingMachine)
PortT = TypeVar("PortT", bound=_NamedOutput)


class SerialSession(Generic[MachineT, PortT]):
    """A board that runs an image of the user's own, watched through its serial ports.

    Parameters
    ----------
    limits
        Bounds of the whole session.
    on_sent
        Called with the name of the port or channel after each byte, or text, that firmware sends.

    Attributes
    ----------
    machine
        The machine, once :meth:`_boot` has got it.
    """

    machine: MachineT
    _ports: Mapping[str, PortT]

    def __init__(
        self, platform: Platform, limits: RunLimits, on_sent: Callable[[str], None] | None = None
    ) -> None:
        self._limits = limits
        self._started = time.monotonic()
        self._console_name = platform.console.name
        self._lines = LineWatch(lambda: self.machine.request_stop())
        self._talker: PortT | None = None
        self._on_sent = on_sent

    @property
    def console(self) -> PortT:
        """The serial port that the firmware talks on: the first that has sent something, else the console."""
        return self._talker or self._ports[self._console_name]

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

    def uart(self, name: str | None) -> PortT:
        """Return a serial port by name; the console by default.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        if name is None:
            return self.console
        if name not in self._ports:
            raise UsageError(f"the board has no serial port {name!r}", f"it has {', '.join(self._ports)}")
        return self._ports[name]

    def run(self, awaited: re.Pattern[bytes] | None = None) -> Stop:
        """Run until a line that the firmware sends matches, a marker stops, or a limit is reached.

        Lines count on the console, and on every channel beside the serial ports.

        What was sent before the call does not count, unless the previous call waited for the same and was
        interrupted by a marker.
        """
        sent_bytes = {name: len(port.sent) for name, port in self._ports.items()}
        sent_bytes |= {name: len(channel.sent) for name, channel in self.machine.channels.items()}
        self._lines.expect(awaited, sent_bytes)
        wall = self._limits.wall_seconds
        left = None if wall is None else max(0.0, self._started + wall - time.monotonic())
        return self.machine.run(RunLimits(self._limits.cycles, left))

    def _boot(
        self, machine: MachineT, ports: Mapping[str, PortT], image: FirmwareImage, vector_table: int
    ) -> None:
        """Listen to a machine, put the image on it, and reset it."""
        self.machine = machine
        self._ports = ports
        for port in ports.values():
            port.on_sent = partial(self._look, port)
        for name, channel in machine.channels.items():
            channel.on_sent = partial(self._look_at, name, channel.sent)
        for segment in (*image.rom, *image.segments):
            machine.write_memory(segment.address, segment.data)
        machine.reset(vector_table)

    def _look(self, port: PortT) -> None:
        """Take notice of the byte that a port has sent just now."""
        if self._talker is None:
            self._talker = port
        self._look_at(port.name, port.sent)

    def _look_at(self, name: str, sent: bytearray) -> None:
        if self._on_sent is not None:
            self._on_sent(name)
        if name not in self._ports or name == self.console.name:
            self._lines.look(name, sent)
