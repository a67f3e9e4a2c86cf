"""Polling a steady register goes by without its peripheral, and nobody can tell."""

from __future__ import annotations

import pytest

from sim.boot.session import FirmwareSession
from sim.image import load_image
from sim.machine.peripherals.bus import STUCK_READS, Bus
from sim.machine.peripherals.stm32_usart import CR1, ISR, RDR, TDR, Stm32Usart
from sim.machine.protocol import RunLimits
from sim.platform import load_platform
from tests.support.firmware import build_firmware

PORT = 0x40011000
_ENABLED = 0b1101  # UE, TE and RE
_CHARACTER_CYCLES = 10


def _bus() -> Bus:
    usart = Stm32Usart("USART1", PORT, lambda _: None)
    bus = Bus([usart])
    bus.write(PORT + 0x0C, 4, 1, 0)  # a bit per cycle
    bus.write(PORT + CR1, 4, _ENABLED, 0)
    return bus


def test_a_status_is_steady_until_the_character_is_sent() -> None:
    bus = _bus()
    bus.write(PORT + TDR, 4, ord("x"), 100)
    bus.read(PORT + ISR, 4, 101)
    assert bus.steady is not None
    assert bus.steady.address == PORT + ISR
    assert bus.steady.until_cycles == 100 + _CHARACTER_CYCLES
    before = bus.steady.value
    assert bus.read(PORT + ISR, 4, bus.steady.until_cycles - 1) == before
    assert bus.read(PORT + ISR, 4, bus.steady.until_cycles) != before


def test_what_reading_changes_is_never_steady() -> None:
    bus = _bus()
    bus.read(PORT + ISR, 4, 1)
    bus.read(PORT + RDR, 4, 2)
    assert bus.steady is None


def test_the_bus_wants_to_see_the_read_from_which_on_a_register_counts_as_polled() -> None:
    bus = _bus()
    bus.read(PORT + ISR, 4, 1)
    assert bus.steady is not None
    assert bus.steady.reads == STUCK_READS - 2
    bus.add_reads(bus.steady.reads)
    bus.read(PORT + ISR, 4, 2)
    assert bus.polled is not None
    assert bus.polled.reads == STUCK_READS


def test_firmware_that_polls_sends_the_same_at_the_same_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    image_path = build_firmware("serial_device.c") / "app.elf"

    def boot() -> tuple[int, bytes, int]:
        platform = load_platform("stm32l4r5")
        image = load_image(image_path, platform, None)
        limits = RunLimits(20_000_000, 60.0)
        session = FirmwareSession(platform, image, limits, clock_hz=platform.clock.default_hz)
        session.send(b"name%")
        session.machine.run(RunLimits(3_000_000, 60.0))
        polled = session.board.bus.polled
        return session.machine.cycles, bytes(session.console.sent), 0 if polled is None else polled.reads

    with_steady = boot()
    monkeypatch.setattr(Stm32Usart, "steady_offsets", frozenset())
    assert boot() == with_steady
    assert b"m-name" in with_steady[1]
