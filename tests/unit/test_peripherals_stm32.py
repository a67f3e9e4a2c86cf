"""Serial ports, timers, ports and controllers of STM32, register by register."""

from __future__ import annotations

import binascii
import dataclasses
from itertools import pairwise

import pytest

from sim.errors import PlatformError
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.stm32_banks import BANKS
from sim.machine.peripherals.stm32_control import power_f7, power_h7, power_u5
from sim.machine.peripherals.stm32_crc import Stm32Crc
from sim.machine.peripherals.stm32_flash import Stm32Flash
from sim.machine.peripherals.stm32_gpio import Stm32Gpio
from sim.machine.peripherals.stm32_iwdg import Stm32Iwdg
from sim.machine.peripherals.stm32_rng import Stm32Rng
from sim.machine.peripherals.stm32_timer import Stm32Timer
from sim.machine.peripherals.stm32_usart import Stm32Usart
from sim.machine.peripherals.stm32_usart_v1 import Stm32UsartV1
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform, platform_ids
from sim.platform.names import PeripheralFamily

WORD = 0xFFFF_FFFF
CR1, BRR, ISR, RDR, TDR, PRESC = 0x00, 0x0C, 0x1C, 0x24, 0x28, 0x2C
RXNE, TC, TXE = 1 << 5, 1 << 6, 1 << 7


def no_interrupt(_number: int, _level: bool) -> None:
    pass


class Line:
    def __init__(self) -> None:
        self.level = False

    def __call__(self, level: bool) -> None:
        self.level = level


def open_port(line: Line, control: int, brr: int = 100, **options: object) -> Stm32Usart:
    port = Stm32Usart("usart", 0, line, **options)  # type: ignore[arg-type]
    port.write(BRR, brr, WORD, 0)
    port.write(CR1, 1 | 1 << 2 | 1 << 3 | control, WORD, 0)
    return port


def test_a_byte_takes_ten_bit_times_to_leave() -> None:
    port = open_port(Line(), 0)
    port.write(TDR, ord("A"), WORD, 5)
    assert port.sent == b"A"
    assert port.read(ISR, 1004) & TC == 0
    assert port.read(ISR, 1005) & TC


@pytest.mark.parametrize(
    ("options", "registers", "cycles"),
    [
        ({}, {}, 1000),
        ({"clock_ratio": lambda: 4.0}, {}, 4000),
        ({}, {PRESC: 3}, 6000),
        ({}, {CR1: 1 | 1 << 3 | 1 << 15}, 500),
        ({"is_low_power": True}, {BRR: 25600}, 1000),
    ],
)
def test_baud_rate_registers_decide_how_long(
    options: dict[str, object], registers: dict[int, int], cycles: int
) -> None:
    port = open_port(Line(), 0, **options)
    for offset, value in registers.items():
        port.write(offset, value, WORD, 0)
    port.write(TDR, 0, WORD, 0)
    assert port.sending_until_cycles == cycles


def test_received_bytes_interrupt_and_come_one_character_time_apart() -> None:
    line = Line()
    port = open_port(line, RXNE)
    port.feed(b"ok", 0)
    assert port.next_event_cycles() == 1000
    port.run_events(1000)
    assert line.level
    assert port.read(ISR, 1000) & RXNE
    assert port.read(RDR, 1100) == ord("o")
    assert not line.level
    assert port.next_event_cycles() == 2100
    port.run_events(2100)
    assert port.read(RDR, 2100) == ord("k")


def test_a_port_that_is_off_receives_nothing() -> None:
    port = Stm32Usart("usart", 0, Line())
    port.feed(b"x", 0)
    assert port.next_event_cycles() is None


def test_the_first_generation_has_its_registers_elsewhere() -> None:
    line = Line()
    port = Stm32UsartV1("usart", 0, line)
    port.write(0x08, 100, WORD, 0)
    port.write(0x0C, 1 << 13 | 1 << 2 | 1 << 3 | RXNE, WORD, 0)
    port.feed(b"x", 0)
    port.run_events(1000)
    assert line.level
    assert port.read(0x00, 1000) & RXNE
    assert port.read(0x04, 1000) == ord("x")
    port.write(0x04, ord("y"), WORD, 1000)
    assert port.sent == b"y"
    assert port.read(0x00, 1999) & (TC | TXE) == TXE
    port.run_events(2000)
    assert port.read(0x00, 2000) & TC


def test_a_timer_counts_in_its_own_clock_behind_its_prescaler() -> None:
    timer = Stm32Timer("tim", 0, Line(), clock_ratio=lambda: 8.0)
    timer.write(0x28, 14, WORD, 0)  # PSC: 15 ticks
    timer.write(0x14, 1, WORD, 0)  # UG: PSC takes effect
    timer.write(0x00, 1, WORD, 100)
    assert timer.read(0x24, 100 + 8 * 15 * 7) == 7
    assert timer.read(0x24, 100 + 8 * 15 * 7 - 1) == 6


def test_a_timer_interrupts_at_each_update() -> None:
    line = Line()
    timer = Stm32Timer("tim", 0, line)
    timer.write(0x2C, 999, WORD, 0)
    timer.write(0x0C, 1, WORD, 0)
    timer.write(0x00, 1, WORD, 0)
    assert timer.next_event_cycles() == 1000
    timer.run_events(1000)
    assert line.level
    timer.write(0x10, 0, WORD, 1001)
    assert not line.level
    assert timer.next_event_cycles() == 2000


def test_the_default_crc_is_crc32_without_reflection() -> None:
    crc = Stm32Crc("crc", 0)
    crc.write(0x00, 0x12345678, WORD, 0)
    # The published value for this word and the reset settings.
    assert crc.read(0x00, 0) == 0xDF8A8A2B


def test_with_reflection_the_crc_is_that_of_zip_files() -> None:
    crc = Stm32Crc("crc", 0)
    crc.write(0x08, 1 | 1 << 5 | 1 << 7, WORD, 0)  # bytes in and the result out reversed
    for byte in b"123456789":
        crc.write(0x00, byte, 0xFF, 0)
    assert crc.read(0x00, 0) ^ WORD == binascii.crc32(b"123456789")


def test_a_crc_of_16_bits_has_the_polynomial_it_is_given() -> None:
    crc = Stm32Crc("crc", 0)
    crc.write(0x14, 0x1021, WORD, 0)
    crc.write(0x10, 0, WORD, 0)
    crc.write(0x08, 1 | 1 << 3, WORD, 0)
    for byte in b"123456789":
        crc.write(0x00, byte, 0xFF, 0)
    assert crc.read(0x00, 0) == binascii.crc_hqx(b"123456789", 0)


def test_an_output_reads_back_and_an_input_follows_its_pull() -> None:
    port = Stm32Gpio("gpio", 0)
    port.write(0x00, 1 << 2 * 3, WORD, 0)  # pin 3 is an output
    port.write(0x0C, 1 << 2 * 7, WORD, 0)  # pin 7 is pulled up
    port.write(0x18, 1 << 3 | 1 << 4, WORD, 0)
    assert port.read(0x10, 0) == 1 << 3 | 1 << 7
    port.write(0x18, 1 << 16 + 3, WORD, 0)
    assert port.read(0x10, 0) == 1 << 7
    port.write(0x18, 1 << 3, WORD, 0)
    port.write(0x28, 1 << 3, WORD, 0)
    assert port.read(0x14, 0) == 1 << 4


def test_random_numbers_differ_within_a_run_and_not_between_runs() -> None:
    def numbers() -> list[int]:
        generator = Stm32Rng("rng", 0)
        assert generator.read(0x04, 0) == 0
        generator.write(0x00, 1 << 2, WORD, 0)
        assert generator.read(0x04, 0) == 1
        return [generator.read(0x08, 0) for _ in range(100)]

    assert len(set(numbers())) == 100
    assert numbers() == numbers()


def test_power_controllers_say_that_the_voltage_is_what_was_asked_for() -> None:
    f7, h7, u5 = power_f7("pwr", 0), power_h7("pwr", 0), power_u5("pwr", 0)
    assert f7.read(0x04, 0) == 1 << 14
    f7.write(0x00, 1 << 16 | 1 << 17, WORD, 0)
    assert f7.read(0x04, 0) == 1 << 14 | 1 << 16 | 1 << 17
    h7.write(0x18, 3 << 14, WORD, 0)
    assert h7.read(0x04, 0) == 3 << 14 | 1 << 13
    u5.write(0x0C, 3 << 16 | 1 << 18, WORD, 0)
    assert u5.read(0x0C, 0) == 3 << 16 | 1 << 18 | 1 << 14 | 1 << 15
    assert u5.read(0x3C, 0) == 3 << 16 | 1 << 15


def test_wait_states_are_the_lowest_field_of_acr() -> None:
    flash = build_peripherals(load_platform("stm32l4r5"), Wiring(no_interrupt)).flash
    assert isinstance(flash, Stm32Flash)
    assert flash.wait_states == 0
    flash.write(0x00, 0x0705, WORD, 0)
    assert flash.wait_states == 5


def test_registers_without_a_model_keep_their_value_and_are_noted_once() -> None:
    bus = Bus([])
    bus.write(0x4000_1234, 2, 0xBEEF, 0)
    assert bus.read(0x4000_1235, 1, 0) == 0xBE
    assert bus.read(0x4000_1234, 4, 0) == 0xBEEF
    assert [(access.address, access.is_write) for access in bus.unmodelled.values()] == [(0x4000_1234, True)]


def test_every_family_is_on_a_bundled_board() -> None:
    boards = [load_platform(name) for name in platform_ids()]
    assert {peripheral.family for board in boards for peripheral in board.peripherals} == set(
        PeripheralFamily
    )


@pytest.mark.parametrize("name", [name for name in platform_ids() if name.startswith("stm32")])
def test_the_peripherals_of_a_board_share_no_address(name: str) -> None:
    peripherals = build_peripherals(load_platform(name), Wiring(no_interrupt)).bus.peripherals
    ordered = sorted(peripherals, key=lambda peripheral: peripheral.base)
    for lower, upper in pairwise(ordered):
        assert lower.base + lower.size_bytes <= upper.base, (lower.name, upper.name)


def test_a_board_without_peripheral_models_says_so() -> None:
    with pytest.raises(PlatformError, match="stm32l4r5 has 0 peripherals") as refused:
        build_peripherals(
            dataclasses.replace(load_platform("stm32l4r5"), peripherals=()), Wiring(no_interrupt)
        )
    assert "[[peripheral]]" in refused.value.hint


def start_watchdog(
    reload: int, prescaler_code: int = 0, window: int | None = None
) -> tuple[Stm32Iwdg, list[int]]:
    """Return a watchdog, its oscillator at 1/100 of the core clock, and a list that grows with resets."""
    resets: list[int] = []
    watchdog = Stm32Iwdg("iwdg", 0, clock_ratio=lambda: 100.0, bite=lambda: resets.append(1))
    watchdog.write(0x00, 0xCCCC, WORD, 0)
    watchdog.write(0x00, 0x5555, WORD, 0)
    watchdog.write(0x04, prescaler_code, WORD, 0)
    watchdog.write(0x08, reload, WORD, 0)
    if window is not None:
        watchdog.write(0x10, window, WORD, 0)  # reloads as well
    else:
        watchdog.write(0x00, 0xAAAA, WORD, 0)
    return watchdog, resets


@pytest.mark.parametrize(("prescaler_code", "ticks"), [(0, 4), (3, 32), (6, 256)])
def test_a_watchdog_that_is_not_served_bites_after_its_period(prescaler_code: int, ticks: int) -> None:
    watchdog, resets = start_watchdog(9, prescaler_code)
    assert watchdog.next_event_cycles() == 10 * ticks * 100
    watchdog.run_events(10 * ticks * 100 - 1)
    assert not resets
    watchdog.run_events(10 * ticks * 100)
    assert resets == [1]


def test_a_watchdog_that_is_served_in_time_does_not_bite() -> None:
    watchdog, resets = start_watchdog(9)
    watchdog.write(0x00, 0xAAAA, WORD, 3000)
    watchdog.run_events(4000)
    assert not resets
    assert watchdog.next_event_cycles() == 7000


def test_a_watchdog_bites_when_it_is_served_before_its_window() -> None:
    watchdog, resets = start_watchdog(9, window=5)
    watchdog.write(0x00, 0xAAAA, WORD, 5 * 400)  # the counter stands at 4
    assert not resets
    watchdog.write(0x00, 0xAAAA, WORD, 5 * 400 + 100)
    assert resets == [1]


def test_a_watchdog_is_set_up_only_when_unlocked() -> None:
    watchdog, _ = start_watchdog(9)
    watchdog.write(0x08, 100, WORD, 0)
    assert watchdog.read(0x08, 0) == 9


def test_a_watchdog_that_was_never_started_sleeps() -> None:
    watchdog = Stm32Iwdg("iwdg", 0, clock_ratio=lambda: 1.0, bite=lambda: None)
    assert watchdog.next_event_cycles() is None


def test_only_the_keys_unlock_the_flash() -> None:
    flash = build_peripherals(load_platform("stm32l4r5"), Wiring(no_interrupt)).flash
    assert isinstance(flash, Stm32Flash)
    for key, is_locked in ((0x4567_0123, True), (0x1234_5678, True), (0xCDEF_89AB, False)):
        flash.write(8, key, WORD, 0)
        assert bool(flash.read(0x14, 0) >> 31) == is_locked
    flash.write(0x14, 1 << 31, WORD, 0)
    assert flash.read(0x14, 0) >> 31


def test_plain_registers_begin_with_the_words_of_the_platform_file() -> None:
    bus = build_peripherals(load_platform("stm32g0b1"), Wiring(no_interrupt)).bus
    assert bus.read(0x4001_5800, 4, 0) & 0xFFF == 0x467
    assert bus.read(0x1FFF_75E0, 2, 0) == 512


def test_an_alarm_register_is_free_while_its_alarm_is_off() -> None:
    calendar = BANKS[PeripheralFamily.STM32_RTC_V3].build("rtc", 0)
    assert calendar.read(0x0C, 0) & 7 == 7
    calendar.write(0x18, 1 << 9, WORD, 0)
    assert calendar.read(0x0C, 0) & 7 == 5


@pytest.mark.parametrize(
    ("name", "port", "interrupt"),
    [("stm32h7a3", "uart9", 140), ("stm32h7a3", "usart10", 141), ("stm32g0b1", "lpuart2", 28)],
)
def test_ports_raise_the_interrupts_of_their_part(name: str, port: str, interrupt: int) -> None:
    raised = []
    board = build_peripherals(load_platform(name), Wiring(lambda number, _level: raised.append(number)))
    cr1 = board.uarts[port].base + CR1
    board.bus.write(cr1, 4, 1 << 7 | 1 << 3 | 1, 0)  # TXEIE, TE, UE: there is room to send
    assert raised == [interrupt]


@pytest.mark.parametrize(
    ("name", "address", "value"),
    [
        ("stm32l4r5", 0x4002_1048, 0x100),  # RCC_AHB1ENR: the flash interface is clocked
        ("stm32l4r5", 0x4800_0000, 0xABFF_FFFF),  # GPIOA_MODER: analog, apart from the debug port
        ("stm32f746", 0x4002_0000, 0xA800_0000),  # GPIOA_MODER: input, apart from the debug port
        ("stm32f746", 0x4002_6024, 0x21),  # DMA1_S0FCR
        ("stm32u575", 0x4602_0C88, 0xD020_0100),  # RCC_AHB1ENR
        ("stm32u575", 0xE004_4000, 0x2001_0482),  # DBGMCU_IDCODE
        ("stm32f103", 0x4001_0800, 0x4444_4444),  # GPIOA_CRL: floating inputs
        ("nrf52840", 0x4000_250C, 0xFFFF_FFFF),  # UARTE0.PSEL.TXD: not connected
        ("nrf52840", 0x4000_8510, 4),  # TIMER0.PRESCALER
        ("nrf52840", 0x5000_0A00, 2),  # P1.PIN_CNF[0]: input buffer disconnected
    ],
)
def test_registers_begin_with_what_the_part_has_after_reset(name: str, address: int, value: int) -> None:
    bus = build_peripherals(load_platform(name), Wiring(no_interrupt)).bus
    assert bus.read(address, 4, 0) == value
    assert not bus.unmodelled


def test_on_an_empty_i2c_bus_nobody_answers_an_address() -> None:
    bus = build_peripherals(load_platform("stm32f103"), Wiring(no_interrupt)).bus
    i2c = 0x4000_5400
    bus.write(i2c, 4, 1 << 8 | 1, 0)  # CR1: START, PE
    assert bus.read(i2c, 4, 0) == 1
    assert bus.read(i2c + 0x14, 4, 0) & 1  # SR1: SB
    bus.write(i2c + 0x10, 4, 0xA0, 0)  # DR: an address
    assert bus.read(i2c + 0x14, 4, 0) & (1 << 10 | 1 << 1) == 1 << 10  # SR1: AF, not ADDR
