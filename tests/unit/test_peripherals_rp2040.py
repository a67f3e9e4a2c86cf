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
