"""Firmware on an engine with peripherals of its own, watched through its serial ports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.boot.serial_session import SerialSession
from sim.debug import DebugRequest
from sim.image import FirmwareImage
from sim.machine.engines import create_firmware_machine
from sim.machine.protocol import FirmwareMachine, Level, Marker, Port, RunLimits
from sim.platform import Platform


class EngineSession(SerialSession[FirmwareMachine, Port]):
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
        super().__init__(platform, limits)
        machine = create_firmware_machine(
            engine,
            platform,
            clock_hz,
            markers,
            level=level,
            image_sha256=image.sha256,
            on_progress=on_progress,
            debug=debug,
        )
        self._boot(machine, machine.ports, image, image.vector_table)

    def send(self, data: bytes, uart: str | None = None) -> None:
        """Send bytes to the firmware; they arrive as fast as the port takes them, and are never lost."""
        self.uart(uart).feed(data)
