"""Registers that firmware waits for are called what the manual calls them."""

from __future__ import annotations

import pytest

from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.register_names import find_name
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform, platform_ids


@pytest.mark.parametrize(
    ("platform", "address", "name", "bit", "bit_name"),
    [
        ("stm32l4r5", 0x4002_1000, "CR", 25, "PLLRDY"),
        ("stm32f746", 0x4000_7004, "CSR1", 16, "ODRDY"),
        ("stm32h7a3", 0x5802_4800 + 0x18, "SRDCR", 13, "VOSRDY"),
        ("stm32u575", 0x4602_0C00, "CR", 25, "PLL1RDY"),
        ("stm32g0b1", 0x4000_441C, "ISR", 7, "TXE"),
        ("stm32f103", 0x4001_3800, "SR", 6, "TC"),
        ("nrf52840", 0x4000_0418, "LFCLKSTAT", 16, "STATE"),
        ("rp2040", 0x4003_4018, "UARTFR", 5, "TXFF"),
        ("mps2-an386", 0x4000_4004, "STATE", 0, "TXFULL"),
    ],
)
def test_status_registers_and_their_bits_have_names(
    platform: str, address: int, name: str, bit: int, bit_name: str
) -> None:
    found = find_name(load_platform(platform), address)
    assert found is not None
    assert (found.name, found.bits[bit]) == (name, bit_name)


@pytest.mark.parametrize(
    ("platform", "address", "name"),
    [
        ("stm32l4r5", 0x4001_5404, "sai1+0x04"),
        ("stm32u575", 0x420C_8034, "sdmmc1+0x34"),
        ("nrf52840", 0x4001_D400, "pdm+0x400"),
    ],
)
def test_registers_of_peripherals_without_a_model_are_called_by_their_offset(
    platform: str, address: int, name: str
) -> None:
    found = find_name(load_platform(platform), address)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("address", [0x2000_0000, 0x4001_0004, 0x4002_1048])
def test_what_firmware_does_not_wait_for_has_none(address: int) -> None:
    assert find_name(load_platform("stm32l4r5"), address) is None


def test_a_register_that_is_polled_brings_its_name() -> None:
    bus = build_peripherals(load_platform("stm32l4r5"), Wiring(lambda _number, _level: None)).bus
    bus.read(0x4002_1000, 4, 0)
    assert bus.polled is not None
    assert bus.polled.register is not None
    assert bus.polled.register.name == "CR"


def test_plain_registers_and_what_has_no_model_are_steady_until_something_is_written() -> None:
    bus = build_peripherals(load_platform("stm32l4r5"), Wiring(lambda _number, _level: None)).bus
    for address in (0x4002_1000, 0x4001_5404):
        bus.read(address, 4, 0)
        assert bus.steady is not None
        assert bus.steady.address == address
    bus.read(0x4000_0024, 4, 0)  # the counter of TIM2
    assert bus.steady is None


@pytest.mark.parametrize("name", [name for name in platform_ids() if load_platform(name).unmodelled])
def test_what_is_called_unmodelled_has_no_model(name: str) -> None:
    platform = load_platform(name)
    bus = build_peripherals(platform, Wiring(lambda _number, _level: None)).bus
    assert [place for place, base in platform.unmodelled.items() if bus.find(base) is not None] == []
