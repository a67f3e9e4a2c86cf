"""RP2040's USB controller, with a driver written in Python against a host that opens the serial port."""

from __future__ import annotations

import struct

import pytest

from sim.machine.peripherals.rp2040_usb import Rp2040Usb, Rp2040UsbMemory
from sim.machine.peripherals.usb_cdc_host import CdcHost

WORD = 0xFFFF_FFFF
CLEAR = 0x3000
AVAILABLE, STALL, FULL = 1 << 10, 1 << 11, 1 << 15
CORE_HZ = 1e6

DEVICE = bytes([18, 1, 0, 2, 0xEF, 2, 1, 64, *bytes(9), 1])


def interface(number: int, class_: int, endpoints: int) -> bytes:
    return bytes([9, 4, number, 0, endpoints, class_, 0, 0, 0])


def endpoint(address: int, kind: int) -> bytes:
    return bytes([7, 5, address, kind, 64, 0, 0])


def configuration(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 2, 1, 0, 0x80, 50) + body


SERIAL_PORT = configuration(
    interface(0, 2, 1),
    bytes([5, 0x24, 0, 0x10, 1]),
    endpoint(0x81, 3),
    interface(1, 0x0A, 2),
    endpoint(0x02, 2),
    endpoint(0x82, 2),
)


class Driver:
    """Firmware of a serial port: answers control transfers, sends, and collects what it receives."""

    def __init__(self, configuration_: bytes = SERIAL_PORT, *, refuses: int | None = None) -> None:
        self.memory = Rp2040UsbMemory("usb-dpram", 0)
        self.levels: list[bool] = []
        self.usb = Rp2040Usb("usb", 0, self.memory, self.levels.append, lambda: CORE_HZ)
        self.now = 0
        self.requests: list[tuple[int, int, int]] = []
        self.written: list[bytes] = []
        self.received = bytearray()
        self.resets = 0
        self.served = 0  # finished buffers that it was told of
        self._descriptors = {1: DEVICE, 2: configuration_}
        self._refuses = refuses
        self._answer = b""

    def register(self, offset: int) -> int:
        return self.usb.read(offset, self.now)

    def start(self) -> None:
        self.usb.write(0x40, 1, WORD, self.now)
        self.usb.write(0x90, 1 << 4 | 1 << 12 | 1 << 16, WORD, self.now)
        self.usb.write(0x4C + 0x2000, 1 << 16, WORD, self.now)

    def run(self, seconds: float = 0.1) -> None:
        """Let time pass; the driver serves its interrupt."""
        end = self.now + int(seconds * CORE_HZ)
        while (due := self.usb.next_event_cycles()) is not None and due <= end:
            self.now = due
            self.usb.run_events(self.now)
            if self.levels and self.levels[-1]:
                self._serve()
        self.now = end

    def hand_over(self, line: int, control: int, data: bytes = b"", address: int = 0x100) -> None:
        self.memory.store(address, data)
        self.memory.write(0x80 + 4 * line, control | AVAILABLE | len(data), WORD, self.now)

    def send(self, data: bytes) -> None:
        self.hand_over(4, FULL, data, 0x180)

    def _serve(self) -> None:
        status = self.register(0x98)
        if status & 1 << 12:
            self.resets += 1
            self.usb.write(0x50 + CLEAR, 1 << 19, WORD, self.now)
        if status & 1 << 4:
            self._buffers(self.register(0x58))
        if status & 1 << 16:
            self.usb.write(0x50 + CLEAR, 1 << 17, WORD, self.now)
            self._setup(self.memory.load(0, 8))

    def _setup(self, packet: bytes) -> None:
        type_, request, value, index, length = struct.unpack("<BBHHH", packet)
        self.requests.append((request, value, index))
        if request == self._refuses:
            self.usb.write(0x68, 3, WORD, self.now)
            self.memory.write(0x80, STALL, WORD, self.now)
        elif type_ & 0x80:
            self._answer = self._descriptors[value >> 8][:length]
            self._next_answer()
        elif length:
            self.hand_over(1, 0)
        else:
            self.hand_over(0, FULL)

    def _next_answer(self) -> None:
        packet, self._answer = self._answer[:64], self._answer[64:]
        self.hand_over(0, FULL, packet)

    def _buffers(self, status: int) -> None:
        self.served += 1
        self.usb.write(0x58, status, WORD, self.now)
        if status & 1:
            if self._answer:
                self._next_answer()
            elif self.requests[-1][0] == 6:
                self.hand_over(1, 0)
            elif self.requests[-1][0] == 9:
                for line, address in ((5, 0x200), (4, 0x180)):
                    self.memory.write(4 * line, 1 << 31 | address, WORD, self.now)
                self.memory.write(0x80 + 4 * 5, AVAILABLE, WORD, self.now)
        if status & 2 and self.requests[-1][0] == 0x20:
            self.written.append(self.memory.load(0x100, 7))
            self.hand_over(0, FULL)
        if status & 1 << 5:
            length = self.memory.values[0x94] & 0x3FF
            self.received += self.memory.load(0x200, length)
            self.memory.write(0x94, AVAILABLE, WORD, self.now)


def opened(**options: object) -> Driver:
    driver = Driver(**options)  # type: ignore[arg-type]
    driver.start()
    driver.run()
    return driver


def test_the_host_resets_addresses_configures_and_opens_the_port() -> None:
    driver = opened()
    assert driver.resets == 1
    assert [request for request, _, _ in driver.requests] == [6, 5, 6, 6, 9, 0x20, 0x22]
    assert driver.requests[-1] == (0x22, 3, 0)
    assert driver.written == [struct.pack("<IBBB", 115_200, 0, 0, 8)]
    assert driver.register(0x50) & 1 << 16


def test_no_host_looks_before_the_device_shows_itself() -> None:
    driver = Driver()
    driver.usb.write(0x40, 1, WORD, 0)
    assert driver.usb.next_event_cycles() is None
    driver.usb.write(0x4C, 1 << 16, WORD, 0)
    assert driver.usb.next_event_cycles() == 20_000
    driver.usb.write(0x4C, 0, WORD, 0)
    assert driver.usb.next_event_cycles() is None


def test_what_firmware_sends_comes_out_of_the_port() -> None:
    driver = opened()
    calls: list[int] = []
    driver.usb.on_sent = lambda: calls.append(len(driver.usb.sent))
    driver.send(b"hello")
    driver.run()
    driver.send(b" world")
    driver.run()
    assert driver.usb.sent == b"hello world"
    assert calls == list(range(1, 12))
    assert not driver.memory.values[0x90] & (AVAILABLE | FULL)


def test_an_idle_port_has_no_events() -> None:
    driver = opened()
    assert driver.usb.next_event_cycles() is None


def test_what_the_host_types_arrives_in_packets() -> None:
    driver = Driver()
    driver.usb.feed(b"early ", 0)
    driver.start()
    driver.run()
    driver.usb.feed(bytes(range(100)), driver.now)
    driver.run()
    assert driver.received == b"early " + bytes(range(100))


@pytest.mark.parametrize(("told_of", "interrupts"), [(1 << 29, 2), (1 << 28, 1)])
def test_double_buffers_take_turns(told_of: int, interrupts: int) -> None:
    driver = opened()
    before = driver.served
    driver.memory.write(4 * 4, 1 << 31 | 1 << 30 | told_of | 0x180, WORD, driver.now)
    driver.memory.write(0x90, 1 << 12, WORD, driver.now)
    driver.memory.store(0x180, b"one")
    driver.memory.store(0x1C0, b"two!")
    driver.memory.write(0x90, (FULL | AVAILABLE | 4) << 16 | FULL | AVAILABLE | 3, WORD, driver.now)
    driver.run()
    assert driver.usb.sent == b"onetwo!"
    assert driver.served == before + interrupts


def test_a_device_that_refuses_a_request_is_asked_the_next_one() -> None:
    driver = opened(refuses=0x20)
    assert driver.requests[-1][0] == 0x22
    assert driver.written == []


@pytest.mark.parametrize(
    "descriptors",
    [
        configuration(interface(0, 3, 1), endpoint(0x81, 3)),
        configuration(interface(0, 2, 0)),
        configuration(bytes([0, 0, 0])),
        configuration(interface(0, 2, 0), interface(1, 0x0A, 1), endpoint(0x82, 2)),
    ],
)
def test_a_device_without_a_serial_port_is_configured_and_left_alone(descriptors: bytes) -> None:
    driver = opened(configuration_=descriptors)
    assert driver.requests[-1][0] == 9


def test_frames_are_announced_while_firmware_wants_them() -> None:
    driver = opened()
    driver.usb.write(0x90 + 0x2000, 1 << 17, WORD, driver.now)
    assert driver.usb.next_event_cycles() == driver.now + 1000
    driver.usb.run_events(driver.now + 1000)
    assert driver.register(0x98) & 1 << 17
    assert driver.levels[-1]
    first = driver.register(0x48)
    assert not driver.register(0x98) & 1 << 17
    driver.usb.run_events(driver.now + 2000)
    assert driver.register(0x48) == first + 1
    driver.usb.write(0x90 + CLEAR, 1 << 17, WORD, driver.now)
    assert driver.usb.next_event_cycles() is None


def test_an_abort_is_over_at_once() -> None:
    driver = opened()
    driver.usb.write(0x60, 0b1000, WORD, driver.now)
    assert driver.register(0x64) == 0b1000


class Mute:
    """A device that never answers."""

    def reset(self) -> None:
        pass

    def setup(self, packet: bytes) -> None:
        pass

    def take(self, endpoint: int) -> bytes | None:
        return None

    def give(self, endpoint: int, packet: bytes) -> bool:
        return False

    def is_stalled(self) -> bool:
        return False


def test_a_device_that_does_not_answer_is_waited_for() -> None:
    host = CdcHost(Mute())
    assert [host.step() for _ in range(5)] == [True, True, False, False, False]
