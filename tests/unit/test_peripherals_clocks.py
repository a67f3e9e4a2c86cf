"""Clock trees: registers written as a reference manual says give the clocks that it promises."""

from __future__ import annotations

import random

import pytest

from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.stm32_rcc import Stm32Rcc, ahb_divider, apb_divider
from sim.machine.peripherals.stm32_rcc_f1 import Stm32F1Rcc
from sim.machine.peripherals.stm32_rcc_f7 import Stm32F7Rcc
from sim.machine.peripherals.stm32_rcc_g0 import Stm32G0Rcc
from sim.machine.peripherals.stm32_rcc_h7 import Stm32H7Rcc
from sim.machine.peripherals.stm32_rcc_l4 import Stm32L4Rcc
from sim.machine.peripherals.stm32_rcc_u5 import Stm32U5Rcc
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform

WORD = 0xFFFF_FFFF
MHZ = 1e6


def no_interrupt(_number: int, _level: bool) -> None:
    pass


def write(rcc: Stm32Rcc, registers: dict[int, int]) -> Stm32Rcc:
    for offset, value in registers.items():
        rcc.write(offset, value, WORD, 0)
    return rcc


def test_bus_prescalers_divide_as_the_reference_manuals_list() -> None:
    assert [ahb_divider(code) for code in range(16)] == [1] * 8 + [2, 4, 8, 16, 64, 128, 256, 512]
    assert [apb_divider(code) for code in range(8)] == [1, 1, 1, 1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("rcc", "core_hz"),
    [
        (Stm32L4Rcc, 4 * MHZ),
        (Stm32F7Rcc, 16 * MHZ),
        (Stm32G0Rcc, 16 * MHZ),
        (Stm32U5Rcc, 4 * MHZ),
        (Stm32H7Rcc, 64 * MHZ),
        (Stm32F1Rcc, 8 * MHZ),
    ],
)
def test_after_reset_the_internal_oscillator_runs_the_core(rcc: type[Stm32Rcc], core_hz: float) -> None:
    assert rcc("rcc", 0, 8_000_000).core_hz() == core_hz


def test_l4_pll_of_120_mhz_with_the_first_bus_divided_by_16() -> None:
    # MSI 4 MHz / 1 * 60 / 2; SW = PLL; PPRE1 = /16.
    rcc = write(Stm32L4Rcc("rcc", 0, 0), {0x0C: 1 | 60 << 8 | 1 << 24, 0x08: 3 | 7 << 8})
    assert rcc.core_hz() == 120 * MHZ
    assert rcc.bus_hz("apb1") == 7.5 * MHZ
    assert rcc.timer_hz("apb1") == 15 * MHZ
    assert rcc.timer_hz("apb2") == rcc.bus_hz("apb2") == 120 * MHZ
    assert rcc.read(0x08, 0) >> 2 & 3 == 3


@pytest.mark.parametrize(("selection", "hertz"), [(0, 7.5e6), (1, 120e6), (2, 16e6), (3, 32768)])
def test_a_serial_port_runs_on_the_clock_it_selects(selection: int, hertz: float) -> None:
    rcc = write(
        Stm32L4Rcc("rcc", 0, 0), {0x0C: 1 | 60 << 8 | 1 << 24, 0x08: 3 | 7 << 8, 0x88: selection << 10}
    )
    assert rcc.kernel_hz("lpuart1", "apb1") == hertz


def test_f7_pll_of_216_mhz_from_a_25_mhz_crystal() -> None:
    # 25 MHz / 25 * 432 / 2; APB1 /4, APB2 /2; TIMPRE lets timers run at four times PCLK.
    registers = {0x04: 25 | 432 << 6 | 0 << 16 | 1 << 22, 0x08: 2 | 5 << 10 | 4 << 13}
    rcc = write(Stm32F7Rcc("rcc", 0, 25_000_000), registers)
    assert rcc.core_hz() == 216 * MHZ
    assert (rcc.bus_hz("apb1"), rcc.bus_hz("apb2")) == (54 * MHZ, 108 * MHZ)
    assert (rcc.timer_hz("apb1"), rcc.timer_hz("apb2")) == (108 * MHZ, 216 * MHZ)
    rcc.write(0x8C, 1 << 24, WORD, 0)
    assert (rcc.timer_hz("apb1"), rcc.timer_hz("apb2")) == (216 * MHZ, 216 * MHZ)


def test_g0_pll_of_64_mhz() -> None:
    # HSI 16 MHz / 1 * 8 / 2; SW = 2.
    rcc = write(Stm32G0Rcc("rcc", 0, 0), {0x0C: 2 | 8 << 8 | 1 << 29, 0x08: 2})
    assert rcc.core_hz() == rcc.timer_hz("apb1") == 64 * MHZ
    assert rcc.read(0x08, 0) >> 3 & 7 == 2


def test_u5_pll_of_160_mhz() -> None:
    # MSIS 4 MHz / 1 * 80 / 2; SW = 3.
    registers = {0x28: 1 | 1 << 18, 0x34: 79 | 1 << 24, 0x1C: 3}
    assert write(Stm32U5Rcc("rcc", 0, 0), registers).core_hz() == 160 * MHZ


def test_u5_low_power_port_can_run_on_msik() -> None:
    rcc = write(Stm32U5Rcc("rcc", 0, 0), {0xE8: 4, 0x08: 2 << 24})
    assert rcc.kernel_hz("lpuart1", "apb3") == 16 * MHZ


def test_h7_pll_of_280_mhz_with_a_core_prescaler() -> None:
    # HSI 64 MHz / 16 * 70 / 1; SW = 3; CDPPRE1 = /2.
    registers = {0x28: 16 << 4, 0x30: 69, 0x10: 3, 0x1C: 4 << 4}
    rcc = write(Stm32H7Rcc("rcc", 0, 0), registers)
    assert rcc.core_hz() == 280 * MHZ
    assert (rcc.bus_hz("apb1"), rcc.timer_hz("apb1")) == (140 * MHZ, 280 * MHZ)
    rcc.write(0x18, 8 << 8 | 8, WORD, 0)  # the core at half, the bus at a quarter
    assert (rcc.core_hz(), rcc.bus_hz("apb2")) == (140 * MHZ, 70 * MHZ)


def test_h7_fractions_of_the_pll_count_only_when_enabled() -> None:
    rcc = write(Stm32H7Rcc("rcc", 0, 0), {0x28: 16 << 4, 0x30: 69, 0x34: 4096 << 3, 0x2C: 0, 0x10: 3})
    assert rcc.core_hz() == 280 * MHZ
    rcc.write(0x2C, 1, WORD, 0)
    assert rcc.core_hz() == 282 * MHZ


def test_f1_pll_of_72_mhz_from_an_8_mhz_crystal() -> None:
    rcc = write(Stm32F1Rcc("rcc", 0, 8_000_000), {0x04: 2 | 1 << 16 | 7 << 18 | 4 << 8})
    assert rcc.core_hz() == 72 * MHZ
    assert (rcc.bus_hz("apb1"), rcc.timer_hz("apb1"), rcc.timer_hz("apb2")) == (36e6, 72e6, 72e6)


STM32 = ["stm32f103", "stm32f746", "stm32g0b1", "stm32h7a3", "stm32l4r5", "stm32u575"]


@pytest.mark.parametrize("platform", STM32)
def test_everything_that_is_switched_on_becomes_ready(platform: str) -> None:
    clocks = build_peripherals(load_platform(platform), Wiring(no_interrupt)).clocks
    for rule in clocks.layout.ready_bits:
        mask = (1 << rule.width_bits) - 1
        for value in (mask, 0):
            clocks.write(rule.source, value << rule.source_bit, mask << rule.source_bit, 0)
            assert clocks.read(rule.target, 0) >> rule.target_bit & mask == value


@pytest.mark.parametrize("platform", STM32)
def test_no_clock_setting_of_random_firmware_breaks_the_clock_tree(platform: str) -> None:
    board = build_peripherals(load_platform(platform), Wiring(no_interrupt))
    buses = board.clocks.layout.apb_prescalers
    generator = random.Random(0)
    for _ in range(300):
        board.clocks.write(4 * generator.randrange(64), generator.getrandbits(32), WORD, 0)
        rates = [board.clocks.core_hz()]
        rates += [board.clocks.timer_hz(bus) for bus in buses]
        rates += [board.clocks.kernel_hz(name, next(iter(buses))) for name in board.uarts]
        assert all(rate >= 0 for rate in rates)
        for uart in board.uarts.values():
            uart.read(0x1C, 0)
