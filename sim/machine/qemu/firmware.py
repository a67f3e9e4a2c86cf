"""A board in QEMU that firmware talks from: by serial ports, and by semihosting."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sim.errors import UsageError
from sim.machine.embedded.channel import TextChannel
from sim.machine.protocol import StopReason
from sim.machine.qemu.machine import QemuMachine
from sim.platform import Platform
from sim.platform.description import Uart
from sim.platform.names import UartFamily

_DATA_REGISTERS = {UartFamily.CMSDK: 0x00, UartFamily.STM32_SR_DR: 0x04, UartFamily.NRF_UARTE: 0x51C}
_RECEIVER_ENABLES = {UartFamily.STM32_SR_DR: (0x0C, 1 << 13 | 1 << 2)}
"""Register and bits that switch a receiver on, where QEMU drops what comes before: UE and RE of CR1."""
_SEMIHOSTING = "semihosting"
_RECEIVE_BYTES = 1 << 16
_WAKE_SECONDS = 0.05


class QemuPort:
    """A serial port: what firmware sends is collected, what the host sends waits until the port takes it.

    Attributes
    ----------
    sent
        Every byte that firmware has sent.
    on_sent
        Called after each byte that firmware sends, if set.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = bytearray()
        self.on_sent: Callable[[], None] | None = None
        self._waiting = b""

    def feed(self, data: bytes) -> None:
        """Send bytes to the port."""
        self._waiting += data

    def exchange(self, connection: socket.socket, is_listening: Callable[[], bool]) -> bool:
        """Take what has been sent, hand over what fits; return whether the port leaves something unread."""
        for byte in receive_all(connection):
            self.sent.append(byte)
            if self.on_sent is not None:
                self.on_sent()
        if self._waiting and is_listening():
            with contextlib.suppress(BlockingIOError, BrokenPipeError):  # it is full, or QEMU is about to end
                self._waiting = self._waiting[connection.send(self._waiting, socket.MSG_DONTWAIT) :]
        return bool(int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), "little"))


class QemuFirmwareMachine(QemuMachine):
    """A :class:`~sim.machine.qemu.machine.QemuMachine` with serial ports and semihosting.

    Attributes
    ----------
    ports
        Serial ports by name.
    channels
        Other ways on which firmware sends text, by name.

    Raises
    ------
    UsageError
        The board's serial ports are of a kind that QEMU does not connect.
    """

    def __init__(self, platform: Platform, clock_hz: int, *arguments: Any, **options: Any) -> None:
        unknown = [uart.name for uart in platform.uarts if uart.family not in _DATA_REGISTERS]
        if unknown:
            raise UsageError(
                f"firmware that talks on {unknown[0]} of {platform.id} cannot run in QEMU",
                "use --engine embedded",
            )
        super().__init__(platform, clock_hz, *arguments, **options)
        self.ports: Mapping[str, QemuPort] = {uart.name: QemuPort(uart.name) for uart in platform.uarts}
        self._wake_due = 0.0
        self.channels = {_SEMIHOSTING: TextChannel()}
        self._devices = [f"port{index}" for index in range(len(self.ports))]
        self.console_names: Sequence[str] = (*self._devices, _SEMIHOSTING)
        self.output_registers: Sequence[int] = [
            uart.base + _DATA_REGISTERS[uart.family] for uart in platform.uarts
        ]

    def request_stop(self, reason: StopReason = StopReason.REQUEST) -> None:
        """Make :meth:`run` return before the next basic block; for what listens to the firmware."""
        self._requested = reason
        self._running().channel.interrupt()

    def console_arguments(self) -> list[str]:
        """Return the part of QEMU's command line that connects ports and semihosting."""
        serial = [argument for device in self._devices for argument in ("-serial", f"chardev:{device}")]
        options = f"enable=on,target=native,chardev={_SEMIHOSTING}"
        return [*serial, "-semihosting-config", options]

    def take_output(self) -> None:
        """Read what firmware has sent, and hand over what waits for it."""
        process = self._running()
        consoles = process.consoles
        ports = zip(self._devices, self._platform.uarts, strict=True)
        has_unread = [
            self.ports[uart.name].exchange(consoles[device], partial(self._is_listening, uart))
            for device, uart in ports
        ]
        if any(has_unread) and time.monotonic() >= self._wake_due:
            self._wake_due = time.monotonic() + _WAKE_SECONDS
            process.wake()  # a port that was switched on in the meantime does not look by itself
        # What goes through a file handle of the console is on QEMU's own standard output.
        if text := receive_all(consoles[_SEMIHOSTING]) + process.read_output():
            self.channels[_SEMIHOSTING].write(text)

    def _is_listening(self, uart: Uart) -> bool:
        """Whether a port takes what is sent to it, at once or later."""
        if uart.family not in _RECEIVER_ENABLES:
            return True
        offset, enables = _RECEIVER_ENABLES[uart.family]
        return self._running().memory.read_word(uart.base + offset) & enables == enables


def receive_all(connection: socket.socket) -> bytes:
    """Return everything that can be read without waiting."""
    parts = bytearray()
    while True:
        try:
            part = connection.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionError):
            return bytes(parts)
        if not part:
            return bytes(parts)
        parts += part
