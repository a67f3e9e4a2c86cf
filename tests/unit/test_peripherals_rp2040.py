"""RP2040: clocks, serial port, timer, divider and spinlocks, register by register and driven by firmware."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.boot import BootRequest, run_firmware
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.pl011 import Pl011
from sim.machine.peripherals.rp2040_sio import Rp2040Sio
from sim.machine.peripherals.rp2040_timer import Rp2040Timer
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform
from sim.result import StopReason
from tests.support.firmware import build_firmware

WORD = 0xFFFF_FFFF
RESETS, CLOCKS, PLL = 0x4000_C000, 0x4000_8000, 0x4002_8000


def test_the_core_clock_follows_crystal_pll_and_dividers() -> None:
    board = build_peripherals(load_platform("rp2040"), Wiring(lambda _number, _level: None))
    changes: list[int] = []
    board.clocks.on_change = changes.append

    def write(address: int, value: int) -> None:
        board.bus.write(address, 4, value, 7)

    assert board.clocks.core_hz() == 6.5e6
    write(CLOCKS + 0x30, 2)
    assert board.clocks.core_hz() == 12e6
    write(PLL + 8, 133)
    write(PLL + 0xC, 6 << 16 | 2 << 12)
    assert not board.bus.read(PLL, 4, 0) >> 31
    write(PLL + 4, 0)
    assert board.bus.read(PLL, 4, 0) >> 31
    write(CLOCKS + 0x3C, 1)
    assert board.clocks.core_hz() == 133e6
    assert board.bus.read(CLOCKS + 0x44, 4, 0) == 2
    write(CLOCKS + 0x40, 2 << 8)
    assert board.clocks.core_hz() == 66.5e6
    assert changes == [7, 7, 7]


def test_aliases_flip_set_and_clear_bits() -> None:
    bus = build_peripherals(load_platform("rp2040"), Wiring(lambda _number, _level: None)).bus
    assert bus.read(RESETS + 8, 4, 0) == 0
    bus.write(RESETS + 0x3000, 4, 0b1010, 0)
    assert bus.read(RESETS + 8, 4, 0) == 0b1010
    bus.write(RESETS + 0x2000, 4, 0b1000, 0)
    assert bus.read(RESETS + 8, 4, 0) == 0b0010
    bus.write(RESETS + 0x1000, 4, 0b0011, 0)
    assert bus.read(RESETS + 8, 4, 0) == 0b0001


def test_a_serial_port_sends_receives_and_interrupts() -> None:
    levels: list[bool] = []
    port = Pl011("uart0", 0, levels.append, lambda: 1.0)
    character = 160 * 10
    port.write(0x24, 10, WORD, 0)
    port.write(0x30, 0x301, WORD, 0)
    port.write(0x38, 1 << 4 | 1 << 5, WORD, 0)
    port.write(0x00, ord("a"), WORD, 0)
    port.write(0x00, ord("b"), WORD, 0)
    assert port.sent == b"ab"
    assert port.read(0x18, 0) & (1 << 3 | 1 << 5) == 1 << 3 | 1 << 5, "busy, and full without FIFO"
    port.run_events(2 * character)
    assert port.read(0x18, 2 * character) & (1 << 3 | 1 << 7) == 1 << 7
    assert levels[-1]
    port.write(0x44, 1 << 5, WORD, 0)
    assert not levels[-1]
    port.feed(b"x", 2 * character)
    assert port.next_event_cycles() == 3 * character
    port.run_events(3 * character)
    assert levels[-1]
    assert port.read(0x40, 0) == 1 << 4
    assert port.read(0x00, 3 * character) == ord("x")
    assert not levels[-1]
    assert port.read(0x18, 3 * character) & 1 << 4


def test_the_timer_keeps_its_time_when_the_clock_changes() -> None:
    rate = 100.0
    timer = Rp2040Timer("timer", 0, [lambda _level: None] * 4, lambda: rate)
    assert timer.read(0x28, 5000) == 50
    timer.rebase(5000)
    rate = 10.0
    assert timer.read(0x28, 6000) == 150
    timer.write(0x04, 0xFFFF_FFF0, WORD, 6000)
    timer.write(0x00, 2, WORD, 6000)
    assert timer.read(0x0C, 6200) == 4
    assert timer.read(0x08, 6200) == 3


def test_an_alarm_goes_off_once_and_can_be_disarmed() -> None:
    levels: list[bool] = []
    timer = Rp2040Timer("timer", 0, [levels.append, *[lambda _level: None] * 3], lambda: 10.0)
    timer.write(0x38, 1, WORD, 0)
    timer.write(0x10, 25, WORD, 0)
    timer.write(0x14, 30, WORD, 0)
    assert timer.read(0x20, 0) == 0b11
    assert timer.next_event_cycles() == 250
    timer.run_events(250)
    assert levels[-1]
    assert timer.read(0x20, 250) == 0b10
    timer.write(0x34, 1, WORD, 250)
    assert not levels[-1]
    timer.write(0x20, 0b10, WORD, 250)
    assert timer.next_event_cycles() is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, WORD), st.integers(0, WORD))
def test_the_divider_divides_as_the_core_would(dividend: int, divisor: int) -> None:
    sio = Rp2040Sio("sio", 0, lambda _missing: None)
    sio.write(0x60, dividend, WORD, 0)
    sio.write(0x64, divisor, WORD, 0)
    if divisor:
        assert (sio.read(0x70, 0), sio.read(0x74, 0)) == divmod(dividend, divisor)
    else:
        assert (sio.read(0x70, 0), sio.read(0x74, 0)) == (WORD, dividend)


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient", "remainder"),
    [(7, 2, 3, 1), (-7, 2, -3, -1), (7, -2, -3, 1), (-7, -2, 3, -1), (5, 0, -1, 5), (-5, 0, 1, -5)],
)
def test_the_divider_rounds_signed_quotients_towards_zero(
    dividend: int, divisor: int, quotient: int, remainder: int
) -> None:
    sio = Rp2040Sio("sio", 0, lambda _missing: None)
    sio.write(0x68, dividend & WORD, WORD, 0)
    sio.write(0x6C, divisor & WORD, WORD, 0)
    assert (sio.read(0x70, 0), sio.read(0x74, 0)) == (quotient & WORD, remainder & WORD)


def test_a_spinlock_is_taken_by_reading_and_given_back_by_writing() -> None:
    sio = Rp2040Sio("sio", 0, lambda _missing: None)
    assert sio.read(0x104, 0) == 2
    assert sio.read(0x104, 0) == 0
    assert sio.read(0x5C, 0) == 2
    sio.write(0x104, 0, WORD, 0)
    assert sio.read(0x104, 0) == 2


def test_pins_are_set_cleared_and_flipped() -> None:
    sio = Rp2040Sio("sio", 0, lambda _missing: None)
    sio.write(0x24, 0xF, WORD, 0)
    sio.write(0x14, 0x33, WORD, 0)
    sio.write(0x18, 0x01, WORD, 0)
    sio.write(0x1C, 0x06, WORD, 0)
    assert sio.read(0x10, 0) == 0x34
    assert sio.read(0x04, 0) == 0x04


def test_firmware_of_an_rp2040_starts_its_clocks_talks_and_keeps_time() -> None:
    image = build_firmware("pico_device.c", "cortex-m0plus", 0x1000_0100) / "app.elf"
    result = run_firmware(
        BootRequest("rp2040", image, until="done", uart_input=b"x", wall_timeout_seconds=60.0)
    )
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart is not None
    ready, echo, microseconds, first, second, *_ = result.uart.split("\n")
    assert (ready, echo, first, second) == ("ready", "x", "locked", "taken")
    assert 5000 <= int(microseconds) <= 5010
    assert "firmware.clock_differs" not in [issue.code for issue in result.issues]
    assert "firmware.unmodelled_register" not in [issue.code for issue in result.issues]


# -- the rest of the chip ------------------------------------------------------------------------------------


class Chip:
    """The bus of an RP2040 with all that it reports."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.bites = 0
        wiring = Wiring(lambda _number, _level: None, bite=self._bite, report=self.missing.append)
        self.board = build_peripherals(load_platform("rp2040"), wiring)
        self.bus = self.board.bus

    def _bite(self) -> None:
        self.bites += 1

    def read(self, address: int, now_cycles: int = 0) -> int:
        return self.bus.read(address, 4, now_cycles)

    def write(self, address: int, value: int, now_cycles: int = 0) -> None:
        self.bus.write(address, 4, value, now_cycles)


def test_narrow_writes_fill_the_word_as_the_chips_buses_do() -> None:
    chip = Chip()
    scratch = 0x4005_800C
    chip.bus.write(scratch + 1, 1, 0xA5, 0)
    assert chip.read(scratch) == 0xA5A5_A5A5
    chip.bus.write(scratch + 2, 2, 0xF00D, 0)
    assert chip.read(scratch) == 0xF00D_F00D
    chip.bus.write(scratch + 0x3000, 1, 0x0F, 0)
    assert chip.read(scratch) == 0xF000_F000


@pytest.mark.parametrize("alias", [0, 0x3000])
def test_an_alarms_event_is_cleared_by_either_way_of_writing_it(alias: int) -> None:
    chip = Chip()
    timer = 0x4005_4000
    for number in range(2):
        chip.write(timer + 0x10 + 4 * number, 5)
    chip.write(0x4005_802C, 1 << 9 | 1)
    chip.bus.run_events(10_000)
    assert chip.read(timer + 0x34, 10_000) == 0b11
    chip.write(timer + alias + 0x34, 0b01, 10_000)
    assert chip.read(timer + 0x34, 10_000) == 0b10


def test_the_frequency_counter_counts_the_clocks_that_there_are() -> None:
    chip = Chip()
    for source, kilohertz in ((3, 6500), (5, 12000), (8, 6500), (9, 6500), (0, 0)):
        chip.write(CLOCKS + 0x94, source)
        assert chip.read(CLOCKS + 0x98) & 1 << 4
        assert chip.read(CLOCKS + 0x9C) >> 5 == kilohertz


WATCHDOG = 0x4005_8000


def test_a_watchdog_that_is_not_fed_bites() -> None:
    chip = Chip()
    chip.write(WATCHDOG + 0x2C, 1 << 9 | 10)  # a tick every ten cycles
    chip.write(WATCHDOG + 4, 1000, 0)
    assert chip.bus.next_event_cycles() is None
    chip.write(WATCHDOG + 0x2000, 1 << 30, 100)
    assert chip.read(WATCHDOG, 100 + 500) & 0xFF_FFFF == 900
    chip.write(WATCHDOG + 4, 1000, 2000)
    assert chip.bus.next_event_cycles() == 2000 + 5000  # it counts twice a tick
    chip.bus.run_events(6999)
    assert chip.bites == 0
    chip.bus.run_events(7000)
    assert chip.bites == 1
    assert chip.bus.next_event_cycles() is None


def test_firmware_can_pull_the_watchdogs_trigger() -> None:
    chip = Chip()
    chip.write(WATCHDOG + 0x2000, 1 << 31)
    assert chip.bites == 1


def test_a_watchdog_without_ticks_waits_forever() -> None:
    chip = Chip()
    chip.write(WATCHDOG + 0x2C, 0)
    chip.write(WATCHDOG + 0x2000, 1 << 30)
    assert chip.bus.next_event_cycles() is None


def test_the_second_core_announces_itself_after_its_reset_but_starts_nothing() -> None:
    chip = Chip()
    fifo = 0xD000_0050
    assert chip.read(fifo) == 0b10
    chip.write(0x4001_0004, 1 << 16)
    assert chip.read(fifo) == 0b10
    chip.write(0x4001_0004, 0)
    assert chip.read(fifo) == 0b11
    assert chip.read(fifo + 8) == 0
    assert chip.read(fifo) == 0b10
    assert chip.missing == []
    chip.write(fifo + 4, 0)
    assert len(chip.missing) == 1
    assert "second core" in chip.missing[0]


@pytest.mark.parametrize(
    ("address", "value", "name"),
    [
        (0x4004_C000, 1 << 2, "ADC"),
        (0x4003_C008, 0, "SPI"),
        (0x4004_4010, 0, "I2C"),
        (0xD000_0080, 0, "interpolators"),
    ],
)
def test_hardware_that_is_not_simulated_says_so_when_it_is_used(address: int, value: int, name: str) -> None:
    chip = Chip()
    chip.read(address)
    assert chip.missing == []
    chip.write(address, value)
    assert name in chip.missing[0]


def test_an_adc_without_a_world_is_ready_with_nothing() -> None:
    chip = Chip()
    chip.write(0x4004_C000, 1 << 2 | 1)
    assert chip.read(0x4004_C000) & 1 << 8
    assert chip.read(0x4004_C004) == 0


def test_spi_without_a_partner_receives_zeros_as_often_as_it_sends() -> None:
    chip = Chip()
    data, status = 0x4004_0008, 0x4004_000C
    assert chip.read(status) == 0b0011
    for _ in range(9):
        chip.write(data, 0xAB)
    assert chip.read(status) == 0b1111
    assert [chip.read(data) for _ in range(8)] == [0] * 8
    assert chip.read(status) == 0b0011


def test_i2c_without_a_partner_gives_up_at_the_address() -> None:
    chip = Chip()
    i2c = 0x4004_4000
    assert chip.read(i2c + 0x34) == 1 << 4
    chip.write(i2c + 0x10, 0)
    assert chip.read(i2c + 0x34) == 1 << 4 | 1 << 6 | 1 << 9
    assert chip.read(i2c + 0x80) == 1
    chip.read(i2c + 0x54)
    assert (chip.read(i2c + 0x80), chip.read(i2c + 0x34)) == (0, 1 << 4 | 1 << 9)
    chip.read(i2c + 0x60)
    assert chip.read(i2c + 0x34) == 1 << 4


def test_the_calendar_runs_when_it_is_told_to_and_shows_what_it_was_set_to() -> None:
    chip = Chip()
    rtc = 0x4005_C000
    chip.write(rtc + 4, 2026 << 12 | 11 << 8 | 22)
    chip.write(rtc + 8, 23 << 16 | 1 << 8)
    assert not chip.read(rtc + 0xC) & 0b10
    chip.write(rtc + 0xC, 1)
    assert chip.read(rtc + 0xC) & 0b10
    assert chip.read(rtc + 0x18) == 2026 << 12 | 11 << 8 | 22
    assert chip.read(rtc + 0x1C) == 23 << 16 | 1 << 8


def test_random_bits_differ_but_are_the_same_in_every_run() -> None:
    first, second = ([chip.read(0x4006_001C) for _ in range(64)] for chip in (Chip(), Chip()))
    assert first == second
    assert 20 < sum(first) < 44
