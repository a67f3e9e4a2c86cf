"""nRF52840: UART and UARTE, TIMER, RTC, CLOCK and GPIO, register by register and driven by firmware."""

from __future__ import annotations

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.nrf_control import NrfClock, NrfGpio, NrfInformation
from sim.machine.peripherals.nrf_counters import NrfRtc, NrfTimer
from sim.machine.peripherals.nrf_ppi import NrfPpi
from sim.machine.peripherals.nrf_uarte import NrfUarte
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform
from sim.result import StopReason
from tests.support.firmware import build_firmware

WORD = 0xFFFF_FFFF
CORE_HZ = 64e6
CHARACTER = round(10 * CORE_HZ / 115_200)
RAM = 0x2000_0000


class Line:
    def __init__(self) -> None:
        self.level = False

    def __call__(self, level: bool) -> None:
        self.level = level


def uart(line: Line, memory: bytearray, enable: int) -> NrfUarte:
    def store(address: int, data: bytes) -> None:
        memory[address - RAM : address - RAM + len(data)] = data

    wiring = Wiring(
        lambda _number, _level: None,
        read_memory=lambda address, size: bytes(memory[address - RAM : address - RAM + size]),
        write_memory=store,
    )
    port = NrfUarte("uarte0", 0, line, wiring, CORE_HZ)
    port.write(0x524, 0x01D7E000, WORD, 0)
    port.write(0x500, enable, WORD, 0)
    return port


def run(peripheral: NrfUarte | NrfTimer | NrfRtc, end: int) -> None:
    while (event := peripheral.next_event_cycles()) is not None and event <= end:
        peripheral.run_events(event)


def test_the_port_without_dma_sends_and_receives_byte_by_byte() -> None:
    line = Line()
    port = uart(line, bytearray(), 4)
    port.write(0x304, 1 << 2, WORD, 0)  # RXDRDY
    port.write(0x008, 1, WORD, 0)
    port.write(0x51C, ord("x"), WORD, 0)
    assert port.sent == b"x"
    assert port.read(0x11C, 0) == 0
    run(port, 2 * CHARACTER)
    assert port.read(0x11C, 0) == 1
    port.write(0x000, 1, WORD, 0)
    port.feed(b"ab", 0)
    run(port, 5 * CHARACTER)
    assert line.level
    port.write(0x108, 0, WORD, 0)
    assert not line.level
    assert port.read(0x518, 5 * CHARACTER) == ord("a")
    run(port, 7 * CHARACTER)
    assert port.read(0x518, 7 * CHARACTER) == ord("b")


def test_the_port_with_dma_fills_its_buffer_and_goes_on_by_a_shortcut() -> None:
    memory = bytearray(64)
    port = uart(Line(), memory, 8)
    port.write(0x200, 1 << 5, WORD, 0)  # ENDRX_STARTRX
    port.write(0x534, RAM + 16, WORD, 0)
    port.write(0x538, 4, WORD, 0)
    port.write(0x000, 1, WORD, 0)
    port.feed(b"abcdef", 0)
    run(port, 4 * CHARACTER + 4)
    assert memory[16:20] == b"abcd"
    assert port.read(0x110, 0) == 1
    assert port.read(0x53C, 0) == 4
    run(port, 10 * CHARACTER)
    assert memory[16:20] == b"efcd"
    port.write(0x004, 1, WORD, 10 * CHARACTER)
    assert port.read(0x53C, 0) == 2
    assert port.read(0x144, 0) == 1


def test_the_port_with_dma_sends_a_buffer_in_its_time() -> None:
    memory = bytearray(b"hello" + bytes(59))
    port = uart(Line(), memory, 8)
    port.write(0x544, RAM, WORD, 0)
    port.write(0x548, 5, WORD, 0)
    port.write(0x008, 1, WORD, 100)
    assert port.sent == b"hello"
    assert port.sending_until_cycles == pytest.approx(100 + 5 * CHARACTER, abs=10)
    run(port, 5 * CHARACTER)
    assert port.read(0x120, 0) == 0
    run(port, 6 * CHARACTER)
    assert port.read(0x120, 0) == 1


@pytest.mark.parametrize("prescaler", [0, 4, 9])
def test_a_timer_counts_16_mhz_behind_its_prescaler(prescaler: int) -> None:
    timer = NrfTimer("timer0", 0, Line(), CORE_HZ)
    timer.write(0x508, 3, WORD, 0)
    timer.write(0x510, prescaler, WORD, 0)
    timer.write(0x000, 1, WORD, 0)
    now = 1000 * 4 << prescaler
    timer.write(0x40, 1, WORD, now)
    assert timer.read(0x540, now) == 1000
    timer.write(0x004, 1, WORD, now)
    timer.write(0x44, 1, WORD, 5 * now)
    assert timer.read(0x544, 5 * now) == 1000


def test_a_timer_compares_and_clears_itself_by_a_shortcut() -> None:
    line = Line()
    timer = NrfTimer("timer0", 0, line, CORE_HZ)
    timer.write(0x510, 0, WORD, 0)
    timer.write(0x540, 100, WORD, 0)
    timer.write(0x200, 1, WORD, 0)  # COMPARE0_CLEAR
    timer.write(0x304, 1 << 16, WORD, 0)
    timer.write(0x000, 1, WORD, 0)
    events = []
    while len(events) < 3:
        event = timer.next_event_cycles()
        assert event is not None
        timer.run_events(event)
        events.append(event)
        assert line.level
        timer.write(0x140, 0, WORD, event)
        assert not line.level
    assert events == [400, 800, 1200]


def test_a_timer_of_16_bits_wraps_around() -> None:
    timer = NrfTimer("timer0", 0, Line(), CORE_HZ)
    timer.write(0x510, 0, WORD, 0)
    timer.write(0x000, 1, WORD, 0)
    timer.write(0x40, 1, WORD, 4 * 0x10005)
    assert timer.read(0x540, 0) == 5


def test_the_rtc_compares_ticks_and_overflows() -> None:
    line = Line()
    rtc = NrfRtc("rtc0", 0, line, CORE_HZ)
    rtc.write(0x540, 10, WORD, 0)
    rtc.write(0x304, 1 << 16 | 1 << 1, WORD, 0)
    rtc.write(0x000, 1, WORD, 0)
    event = rtc.next_event_cycles()
    assert event == pytest.approx(10 * CORE_HZ / 32_768, abs=1)
    rtc.run_events(event)
    assert rtc.read(0x504, event) == 10
    assert rtc.read(0x140, event) == 1
    rtc.write(0x00C, 1, WORD, event)  # near overflow
    assert rtc.read(0x504, event) == 0xFFFFF0
    after = rtc.next_event_cycles()
    assert after == pytest.approx(event + 16 * CORE_HZ / 32_768, abs=2)
    rtc.run_events(after)
    assert rtc.read(0x104, after) == 1
    assert rtc.read(0x504, after) == 0


def test_a_tick_event_comes_with_every_count() -> None:
    rtc = NrfRtc("rtc0", 0, Line(), CORE_HZ)
    rtc.write(0x304, 1, WORD, 0)
    rtc.write(0x000, 1, WORD, 0)
    for number in range(1, 4):
        event = rtc.next_event_cycles()
        assert event == pytest.approx(number * CORE_HZ / 32_768, abs=1)
        rtc.run_events(event)


def test_oscillators_run_when_they_are_started() -> None:
    line = Line()
    clock = NrfClock("clock", 0, line)
    clock.write(0x304, 1, WORD, 0)
    assert clock.read(0x40C, 0) == 0
    clock.write(0x000, 1, WORD, 0)
    assert clock.read(0x40C, 0) == 0x10001
    assert line.level
    clock.write(0x004, 1, WORD, 0)
    assert clock.read(0x40C, 0) == 0


@pytest.mark.parametrize("base", [0x504, 0x804])
def test_pins_are_set_and_cleared_on_both_ports(base: int) -> None:
    port = NrfGpio("gpio", 0)
    port.write(base + 0x14, 0b11, WORD, 0)  # DIRSET
    port.write(base + 0x04, 0b101, WORD, 0)  # OUTSET
    assert port.read(base, 0) == 0b101
    assert port.read(base + 0x0C, 0) == 0b001, "only outputs read back"
    port.write(base + 0x08, 0b001, WORD, 0)  # OUTCLR
    assert port.read(base, 0) == 0b100


def test_firmware_of_an_nrf52840_talks_and_keeps_time() -> None:
    image = build_firmware("nordic_device.c", flash=0) / "app.elf"
    result = run_firmware(
        BootRequest("nrf52840", image, until="done", uart_input=b"hi\n", wall_timeout_seconds=60.0)
    )
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart is not None
    ready, echo, microseconds, *_ = result.uart.split("\n")
    assert (ready, echo) == ("ready", "hi")
    assert 15 * 31_250 <= int(microseconds) <= 16 * 31_250 + 100


PPI = 0x4001_F000
PORT = 0x4000_2000
STOPTX, ENDTX, TXSTOPPED = 0x00C, 0x120, 0x158


def ppi_with_port() -> tuple[NrfPpi, NrfUarte]:
    wiring = Wiring(lambda _number, _level: None, read_memory=lambda _address, size: bytes(size))
    port = NrfUarte("uarte0", PORT, Line(), wiring, CORE_HZ)
    port.write(0x500, 8, WORD, 0)
    ppi = NrfPpi("ppi", PPI, CORE_HZ)
    ppi.connect([port])
    ppi.write(0x518, PORT + ENDTX, WORD, 0)
    ppi.write(0x51C, PORT + STOPTX, WORD, 0)
    return ppi, port


def run_both(ppi: NrfPpi, port: NrfUarte, end: int) -> int:
    """Run until nothing happens any more, and return when the last thing happened."""
    last = 0
    while due := [e for p in (ppi, port) if (e := p.next_event_cycles()) is not None and e <= end]:
        last = min(due)
        for peripheral in (ppi, port):
            peripheral.run_events(last)
    return last


def test_an_event_triggers_a_task_a_clock_cycle_of_16_mhz_later() -> None:
    ppi, port = ppi_with_port()
    ppi.write(0x504, 1 << 1, WORD, 0)
    port.write(0x008, 1, WORD, 1000)  # an empty buffer ends at once
    assert run_both(ppi, port, 10_000) == 1000 + 4
    assert port.read(TXSTOPPED, 10_000) == 1


def test_a_channel_that_is_off_triggers_nothing_and_its_group_switches_it_on() -> None:
    ppi, port = ppi_with_port()
    port.write(0x008, 1, WORD, 0)
    run_both(ppi, port, 1000)
    assert port.read(TXSTOPPED, 1000) == 0
    ppi.write(0x804, 1 << 1, WORD, 1000)  # group 1
    ppi.write(0x008, 1, WORD, 1000)
    assert ppi.read(0x500, 1000) == 1 << 1
    port.write(0x008, 1, WORD, 1000)
    run_both(ppi, port, 2000)
    assert port.read(TXSTOPPED, 2000) == 1
    ppi.write(0x00C, 1, WORD, 2000)
    assert ppi.read(0x508, 2000) == 0


def test_a_fork_triggers_a_second_task() -> None:
    ppi, port = ppi_with_port()
    ppi.write(0x910 + 4, PORT, WORD, 0)  # STARTRX
    ppi.write(0x504, 1 << 1, WORD, 0)
    port.write(0x008, 1, WORD, 0)
    run_both(ppi, port, 1000)
    assert (port.read(0x14C, 1000), port.read(TXSTOPPED, 1000)) == (1, 1)


def test_a_channel_that_triggers_itself_takes_time() -> None:
    ppi, port = ppi_with_port()
    ppi.write(0x518, PORT + TXSTOPPED, WORD, 0)
    ppi.write(0x504, 1 << 1, WORD, 0)
    port.write(STOPTX, 1, WORD, 0)
    assert run_both(ppi, port, 1002) == 1000
    assert ppi.next_event_cycles() == 1004


def test_start_up_code_finds_the_reset_pin_and_the_nfc_pins_set_up_already() -> None:
    information = NrfInformation("information", 0x1000_0000)
    assert [information.read(offset, 0) for offset in (0x1200, 0x1204, 0x120C)] == [18, 18, 0xFFFF_FFFE]
    assert information.read(0x1208, 0) == WORD


def test_the_timer_of_calibration_says_when_it_started_and_stopped() -> None:
    clock = NrfClock("clock", 0, Line())
    clock.write(0x14, 1, WORD, 0)
    assert (clock.read(0x128, 0), clock.read(0x12C, 0)) == (1, 0)
    clock.write(0x18, 1, WORD, 0)
    assert clock.read(0x12C, 0) == 1


def test_start_up_code_finds_the_part_and_its_revision_at_both_places() -> None:
    bus = build_peripherals(load_platform("nrf52840"), Wiring(lambda _number, _level: None)).bus
    assert [bus.read(0xF000_0FE0 + 4 * number, 4, 0) for number in range(3)] == [0x08, 0x00, 0x30]
    assert [bus.read(0x1000_0130 + 4 * number, 4, 0) for number in range(2)] == [0x08, 0x03]
