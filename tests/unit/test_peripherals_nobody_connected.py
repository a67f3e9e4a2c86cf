"""Buses, converters and generators with nothing connected behave as on a bare board."""

from __future__ import annotations

import pytest

from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.nrf_buses import NrfSerialBus
from sim.machine.peripherals.nrf_instant import LAYOUTS, NrfInstant, NrfRng
from sim.machine.peripherals.nrf_saadc import NrfSaadc
from sim.machine.peripherals.nrf_wdt import NrfWdt
from sim.machine.peripherals.stm32_spi import Stm32FifoSpi, Stm32Spi
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform
from sim.platform.names import PeripheralFamily

WORD = 0xFFFF_FFFF
RAM = 0x2000_0000
CORE_HZ = 64e6


def no_line(_level: bool) -> None:
    pass


def wiring_to(memory: bytearray) -> Wiring:
    def store(address: int, data: bytes) -> None:
        memory[address - RAM : address - RAM + len(data)] = data

    return Wiring(lambda _number, _level: None, write_memory=store)


def test_an_address_on_the_nordic_i2c_bus_is_not_acknowledged() -> None:
    bus = NrfSerialBus("spi0", 0, no_line, wiring_to(bytearray()))
    bus.write(0x500, 6, WORD, 0)  # TWIM
    bus.write(0x008, 1, WORD, 0)
    assert bus.read(0x124, 0) == 1
    assert bus.read(0x4C4, 0) == 1 << 1
    bus.write(0x4C4, 1 << 1, WORD, 0)
    assert bus.read(0x4C4, 0) == 0
    assert bus.read(0x104, 0) == 0
    bus.write(0x014, 1, WORD, 0)
    assert bus.read(0x104, 0) == 1


def test_a_transfer_by_nordic_spi_with_dma_receives_ones() -> None:
    memory = bytearray(8)
    bus = NrfSerialBus("spi2", 0, no_line, wiring_to(memory))
    for offset, value in ((0x500, 7), (0x534, RAM + 2), (0x538, 3), (0x548, 5), (0x010, 1)):
        bus.write(offset, value, WORD, 0)
    assert memory == bytes(2) + b"\xff" * 3 + bytes(3)
    assert (bus.read(0x53C, 0), bus.read(0x54C, 0)) == (3, 5)
    assert [bus.read(event, 0) for event in (0x110, 0x118, 0x120)] == [1, 1, 1]


def test_nordic_i2c_does_not_take_the_task_of_spi() -> None:
    bus = NrfSerialBus("spi0", 0, no_line, wiring_to(bytearray()))
    bus.write(0x500, 6, WORD, 0)
    bus.write(0x010, 1, WORD, 0)
    assert bus.read(0x118, 0) == 0


def test_the_nordic_converter_fills_its_buffer_with_zeros_and_says_when_it_is_full() -> None:
    memory = bytearray(b"\xaa" * 10)
    converter = NrfSaadc("saadc", 0, no_line, wiring_to(memory))
    for offset, value in ((0x510, 1), (0x520, 2), (0x62C, RAM), (0x630, 4), (0x000, 1), (0x004, 1)):
        converter.write(offset, value, WORD, 0)
    assert memory == bytes(4) + b"\xaa" * 6
    assert (converter.read(0x104, 0), converter.read(0x108, 0), converter.read(0x634, 0)) == (0, 1, 2)
    converter.write(0x004, 1, WORD, 0)
    assert memory == bytes(8) + b"\xaa" * 2
    assert (converter.read(0x104, 0), converter.read(0x634, 0)) == (1, 4)


def test_the_nordic_generator_gives_one_value_after_another_until_it_is_stopped() -> None:
    generator = NrfRng("rng", 0, no_line)
    assert generator.read(0x100, 0) == 0
    generator.write(0x000, 1, WORD, 0)
    values = []
    for _ in range(32):
        assert generator.read(0x100, 0) == 1
        values.append(generator.read(0x508, 0))
        generator.write(0x100, 0, WORD, 0)
    assert len(set(values)) > 16
    assert max(values) < 256
    generator.write(0x004, 1, WORD, 0)
    generator.write(0x100, 0, WORD, 0)
    assert generator.read(0x100, 0) == 0


def test_the_nordic_generator_stops_after_one_value_when_its_shortcut_says_so() -> None:
    generator = NrfRng("rng", 0, no_line)
    generator.write(0x200, 1, WORD, 0)
    generator.write(0x000, 1, WORD, 0)
    generator.write(0x100, 0, WORD, 0)
    assert generator.read(0x100, 0) == 0


@pytest.mark.parametrize(
    ("family", "task", "event"),
    [
        (PeripheralFamily.NRF_TEMP, 0x00, 0x100),
        (PeripheralFamily.NRF_EGU, 0x14, 0x114),
        (PeripheralFamily.NRF_QSPI, 0x00, 0x100),
        (PeripheralFamily.NRF_QSPI, 0x634, 0x100),
        (PeripheralFamily.NRF_PWM, 0x04, 0x104),
    ],
)
def test_a_task_that_is_over_at_once_sets_its_event_and_interrupts(
    family: PeripheralFamily, task: int, event: int
) -> None:
    levels: list[bool] = []
    peripheral = NrfInstant("any", 0, levels.append, LAYOUTS[family])
    peripheral.write(0x304, 1 << (event - 0x100) // 4, WORD, 0)
    assert not levels[-1]
    peripheral.write(task, 1, WORD, 0)
    assert peripheral.read(event, 0) == 1
    assert levels[-1]
    peripheral.write(event, 0, WORD, 0)
    assert not levels[-1]


def test_the_nordic_watchdog_bites_unless_all_its_reload_registers_are_written() -> None:
    bites: list[None] = []
    watchdog = NrfWdt("wdt", 0, no_line, CORE_HZ, lambda: bites.append(None))
    watchdog.write(0x504, 32_767, WORD, 0)  # one second
    watchdog.write(0x508, 0b11, WORD, 0)
    assert watchdog.next_event_cycles() is None
    watchdog.write(0x000, 1, WORD, 0)
    assert watchdog.next_event_cycles() == CORE_HZ
    watchdog.write(0x600, 0x6E52_4635, WORD, 1000)
    assert watchdog.next_event_cycles() == CORE_HZ
    watchdog.write(0x604, 0x6E52_4635, WORD, 2000)
    assert watchdog.next_event_cycles() == CORE_HZ + 2000
    watchdog.run_events(int(CORE_HZ) + 2000)
    assert bites == [None]


def test_frames_on_spi_bring_as_many_frames_of_ones() -> None:
    spi = Stm32Spi("spi1", 0)
    assert spi.read(0x08, 0) & 3 == 2  # TXE
    spi.write(0x0C, 0x9F, 0xFF, 0)
    assert spi.read(0x08, 0) & 3 == 3
    assert spi.read(0x0C, 0) & 0xFFFF == 0xFFFF
    assert spi.read(0x08, 0) & 3 == 2


def test_a_transfer_by_the_fifos_of_spi_ends_and_brings_ones() -> None:
    spi = Stm32FifoSpi("spi1", 0)
    spi.write(0x00, 1, WORD, 0)
    spi.write(0x00, 1 | 1 << 9, WORD, 0)
    assert spi.read(0x00, 0) == 1  # CSTART
    spi.write(0x20, 0x9F, 0xFF, 0)
    assert spi.read(0x14, 0) & 0b1011 == 0b1011  # RXP, TXP, EOT
    assert spi.read(0x30, 0) & 0xFF == 0xFF
    assert spi.read(0x14, 0) & 1 == 0


@pytest.mark.parametrize("platform", ["stm32f103", "stm32f746", "stm32l4r5"])
def test_a_can_controller_enters_and_leaves_its_initialisation_and_keeps_what_nobody_acknowledges(
    platform: str,
) -> None:
    bus = build_peripherals(load_platform(platform), Wiring(lambda _number, _level: None)).bus
    can = 0x4000_6400
    assert bus.read(can + 0x04, 4, 0) & 3 == 2  # asleep
    bus.write(can, 4, 1, 0)
    assert bus.read(can + 0x04, 4, 0) & 3 == 1
    bus.write(can, 4, 0, 0)
    assert bus.read(can + 0x04, 4, 0) & 3 == 0
    assert bus.read(can + 0x08, 4, 0) >> 26 & 7 == 7
    bus.write(can + 0x190, 4, 1, 0)
    assert bus.read(can + 0x08, 4, 0) >> 26 & 7 == 0b101
    assert bus.read(can + 0x0C, 4, 0) == 0
