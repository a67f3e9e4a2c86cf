"""A USB host that opens the serial port of a device, and reads and writes it.

Sources: USB 2.0 specification, chapter 9 (requests and descriptors); USB CDC PSTN subclass 1.2, section 6.3.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

PACKET_BYTES = 64
_GET_DESCRIPTOR, _SET_ADDRESS, _SET_CONFIGURATION = 6, 5, 9
_SET_LINE_CODING, _SET_CONTROL_LINE_STATE = 0x20, 0x22
_DEVICE, _CONFIGURATION, _INTERFACE, _ENDPOINT = 1, 2, 4, 5
_DEVICE_BYTES, _CONFIGURATION_HEADER_BYTES = 18, 9
_TO_INTERFACE_OF_CLASS = 0x21
_CLASS_COMMUNICATION, _CLASS_DATA, _BULK = 0x02, 0x0A, 2
_LINE_CODING = struct.pack("<IBBB", 115_200, 0, 0, 8)
_READY = 0b11  # DTR and RTS: a terminal has opened the port


class UsbDevice(Protocol):
    """What a host sees of a device: its endpoints, which are ready or not."""

    def reset(self) -> None:
        """Reset the bus."""

    def setup(self, packet: bytes) -> None:
        """Begin a control transfer."""

    def take(self, endpoint: int) -> bytes | None:
        """Return the next packet from an endpoint; None while it has none."""

    def give(self, endpoint: int, packet: bytes) -> bool:
        """Send a packet to an endpoint; whether it took it."""

    def is_stalled(self) -> bool:
        """Whether the device refuses the present control transfer."""


@dataclass(frozen=True, slots=True)
class _SerialFunction:
    control_interface: int
    to_host: int
    to_device: int


class CdcHost:
    """The host, one step at a time.

    Attributes
    ----------
    received
        What the device has sent on its serial port, until somebody takes it.
    waiting
        What is to be sent there.
    """

    def __init__(self, device: UsbDevice) -> None:
        self.received = bytearray()
        self.waiting = bytearray()
        self._device = device
        self._course = self._run()

    def step(self) -> bool:
        """Exchange at most one packet; whether there was anything to exchange."""
        return next(self._course, False)

    def _run(self) -> Generator[bool, None, None]:
        self._device.reset()
        yield True
        yield from self._read(_DEVICE, _DEVICE_BYTES)
        yield from self._write(0, _SET_ADDRESS, 1, 0)
        head = yield from self._read(_CONFIGURATION, _CONFIGURATION_HEADER_BYTES)
        if len(head) < _CONFIGURATION_HEADER_BYTES:
            return
        configuration = yield from self._read(_CONFIGURATION, int.from_bytes(head[2:4], "little"))
        function = _serial_function(configuration)
        yield from self._write(0, _SET_CONFIGURATION, head[5], 0)
        if function is None:
            return
        interface = function.control_interface
        yield from self._write(_TO_INTERFACE_OF_CLASS, _SET_LINE_CODING, 0, interface, _LINE_CODING)
        yield from self._write(_TO_INTERFACE_OF_CLASS, _SET_CONTROL_LINE_STATE, _READY, interface)
        while True:
            yield self._exchange(function)

    def _exchange(self, function: _SerialFunction) -> bool:
        packet = self._device.take(function.to_host)
        if packet is not None:
            self.received += packet
        taken = bool(self.waiting) and self._device.give(
            function.to_device, bytes(self.waiting[:PACKET_BYTES])
        )
        if taken:
            del self.waiting[:PACKET_BYTES]
        return packet is not None or taken

    def _read(self, kind: int, length: int) -> Generator[bool, None, bytes]:
        """Read a descriptor; empty if the device refuses."""
        self._device.setup(struct.pack("<BBHHH", 0x80, _GET_DESCRIPTOR, kind << 8, 0, length))
        yield True
        data = bytearray()
        while len(data) < length:
            packet = yield from self._await_packet()
            if packet is None:
                return b""
            data += packet
            yield True
            if len(packet) < PACKET_BYTES:
                break
        yield from self._await_taking(b"")
        return bytes(data)

    def _write(
        self, request_type: int, request: int, value: int, index: int, data: bytes = b""
    ) -> Generator[bool, None, None]:
        self._device.setup(struct.pack("<BBHHH", request_type, request, value, index, len(data)))
        yield True
        if data and not (yield from self._await_taking(data)):
            return
        yield from self._await_packet()
        yield True

    def _await_packet(self) -> Generator[bool, None, bytes | None]:
        """Return a packet of the control endpoint; None if the device refuses."""
        while (packet := self._device.take(0)) is None:
            if self._device.is_stalled():
                return None
            yield False
        return packet

    def _await_taking(self, packet: bytes) -> Generator[bool, None, bool]:
        while not self._device.give(0, packet):
            if self._device.is_stalled():
                return False
            yield False
        yield True
        return True


def _serial_function(configuration: bytes) -> _SerialFunction | None:
    """Return the first serial port that a configuration's descriptors describe."""
    control: int | None = None
    is_data = False
    endpoints: dict[bool, int] = {}
    position = 0
    while position + 2 <= len(configuration) and configuration[position] >= 2:
        descriptor = configuration[position : position + configuration[position]]
        position += len(descriptor)
        if descriptor[1] == _INTERFACE and len(descriptor) >= 9:
            is_data = descriptor[5] == _CLASS_DATA
            if descriptor[5] == _CLASS_COMMUNICATION and control is None:
                control = descriptor[2]
        elif descriptor[1] == _ENDPOINT and len(descriptor) >= 7 and is_data and descriptor[3] & 3 == _BULK:
            endpoints.setdefault(descriptor[2] >> 7 == 1, descriptor[2] & 0xF)
    if control is None or len(endpoints) < 2:
        return None
    return _SerialFunction(control, endpoints[True], endpoints[False])
