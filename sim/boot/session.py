"""A board that runs an image of the user's own, watched through its serial ports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.boot.serial_session import SerialSession
from sim.debug import DebugRequest
from sim.image import FirmwareImage
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.interfaces import BoardPeripherals, SerialPort
from sim.machine.peripherals.nrf_control import NrfInformation
from sim.machine.peripherals.wiring import Wiring
from sim.machine.protocol import Level, Marker, RunLimits, StopReason
from sim.platform import Platform


class FirmwareSession(SerialSession[EmbeddedMachine, SerialPort]):
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

    Attributes
    ----------
    missing_hardware
        What firmware has used and is not simulated, and what follows from that.

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
        super().__init__(platform, limits, on_sent)
        self.missing_hardware: dict[str, None] = {}
        self.board: BoardPeripherals = build_peripherals(platform, self._wiring())
        machine = EmbeddedMachine(
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
        start = image.vector_table if image.reset_vectors is None else image.reset_vectors
        self._boot(machine, self.board.uarts, image, start)
        self._store_user_registers(image)

    def _store_user_registers(self, image: FirmwareImage) -> None:
        for segment in image.user_registers:
            registers = self.board.bus.find(segment.address)
            assert isinstance(registers, NrfInformation)  # for nothing else are segments taken out of memory
            for address, byte in enumerate(segment.data, segment.address):
                shift = (address & 3) * 8
                word = byte << shift | ~(0xFF << shift) & 0xFFFF_FFFF
                registers.program((address & ~3) - registers.base, word)

    def send(self, data: bytes, uart: str | None = None) -> None:
        """Send bytes to the firmware; they arrive at the port's baud rate and are never lost."""
        self.uart(uart).feed(data, self.machine.cycles)

    def _wiring(self) -> Wiring:
        return Wiring(
            set_interrupt=self._set_interrupt,
            read_memory=self._read_as_master,
            write_memory=self._write_as_master,
            write_flash=lambda address, data: self.machine.write_memory(address, data),
            bite=lambda: self.machine.request_stop(StopReason.WATCHDOG),
            report=lambda missing: self.missing_hardware.update({missing: None}),
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
