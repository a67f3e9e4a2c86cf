"""Puts the peripherals of a platform file on a bus."""

from __future__ import annotations

from functools import partial

from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.cmsdk_uart import CmsdkUart
from sim.machine.peripherals.fixed import FixedClock, NoFlash
from sim.machine.peripherals.interfaces import BoardPeripherals
from sim.machine.peripherals.nrf_board import build_nrf
from sim.machine.peripherals.register_names import find_name
from sim.machine.peripherals.rp2040_board import build_rp2040
from sim.machine.peripherals.stm32_board import build_stm32
from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform
from sim.platform.names import UartFamily


def build_peripherals(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    """Create the peripherals of a board.

    Raises
    ------
    PlatformError
        The board's file does not describe what firmware needs.
    """
    board = _build(platform, wiring)
    board.bus.name_of = partial(find_name, platform)
    return board


def _build(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    if platform.console.family is UartFamily.CMSDK:
        return _fixed_board(platform, wiring)
    if platform.console.family is UartFamily.NRF_UARTE:
        return build_nrf(platform, wiring)
    if platform.console.family is UartFamily.PL011:
        return build_rp2040(platform, wiring)
    return build_stm32(platform, wiring)


def _fixed_board(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    uarts = {
        uart.name: CmsdkUart(
            uart.name,
            uart.base,
            partial(wiring.set_interrupt, uart.irq),
            partial(wiring.set_interrupt, uart.irq + 1),
        )
        for uart in platform.uarts
    }
    bus = Bus(list(uarts.values()), platform.bit_banding)
    return BoardPeripherals(bus, uarts, FixedClock(platform.clock.default_hz), NoFlash(), ())
