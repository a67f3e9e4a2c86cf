"""Puts the peripherals of an nRF52 on a bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.machine.peripherals.bus import Bus, Peripheral
from sim.machine.peripherals.fixed import FixedClock, NoFlash
from sim.machine.peripherals.flash_array import FlashArray
from sim.machine.peripherals.interfaces import BoardPeripherals
from sim.machine.peripherals.nrf import NrfPeripheral
from sim.machine.peripherals.nrf_buses import NrfSerialBus
from sim.machine.peripherals.nrf_control import NrfClock, NrfGpio, NrfInformation
from sim.machine.peripherals.nrf_counters import NrfRtc, NrfTimer
from sim.machine.peripherals.nrf_instant import LAYOUTS, NrfInstant, NrfRng
from sim.machine.peripherals.nrf_nvmc import NrfNvmc
from sim.machine.peripherals.nrf_ppi import NrfPpi
from sim.machine.peripherals.nrf_saadc import NrfSaadc
from sim.machine.peripherals.nrf_uarte import NrfUarte
from sim.machine.peripherals.nrf_wdt import NrfWdt
from sim.machine.peripherals.registers import plain_registers
from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform
from sim.platform.description import Peripheral as Description
from sim.platform.names import PeripheralFamily as Family

_SIMPLE: Mapping[Family, Callable[[str, int], Peripheral]] = {
    Family.NRF_GPIO: NrfGpio,
    Family.NRF_INFORMATION: NrfInformation,
}
_INTERRUPTING: Mapping[Family, Callable[[str, int, Callable[[bool], None]], Peripheral]] = {
    Family.NRF_CLOCK: NrfClock,
    Family.NRF_RNG: NrfRng,
}
_MASTERS: Mapping[Family, Callable[[str, int, Callable[[bool], None], Wiring], Peripheral]] = {
    Family.NRF_SERIAL_BUS: NrfSerialBus,
    Family.NRF_SAADC: NrfSaadc,
}


def build_nrf(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    """Create the peripherals of an nRF52, whose core clock never changes."""
    core_hz = float(platform.clock.default_hz)
    uarts = {
        uart.name: NrfUarte(uart.name, uart.base, wiring.line(uart.irq), wiring, core_hz)
        for uart in platform.uarts
    }
    flash = FlashArray(platform, wiring)
    others = [_peripheral(description, wiring, core_hz, flash) for description in platform.peripherals]
    _connect([*uarts.values(), *others])
    bus = Bus([*uarts.values(), *others], platform.bit_banding)
    _let_firmware_program(bus)
    return BoardPeripherals(bus, uarts, FixedClock(core_hz), NoFlash(), ())


def _peripheral(description: Description, wiring: Wiring, core_hz: float, flash: FlashArray) -> Peripheral:
    name, base, family = description.name, description.base, description.family
    if family in _SIMPLE:
        return _SIMPLE[family](name, base)
    if family is Family.NRF_NVMC:
        return NrfNvmc(name, base, flash, description.options["page_bytes"])
    if family is Family.NRF_PPI:
        return NrfPpi(name, base, core_hz)
    if family is Family.REGISTERS:
        return plain_registers(description)
    assert description.irq is not None
    line = wiring.line(description.irq)
    if family in LAYOUTS:
        return NrfInstant(name, base, line, LAYOUTS[family])
    if family in _INTERRUPTING:
        return _INTERRUPTING[family](name, base, line)
    if family in _MASTERS:
        return _MASTERS[family](name, base, line, wiring)
    if family is Family.NRF_WDT:
        return NrfWdt(name, base, line, core_hz, wiring.bite)
    return (NrfRtc if family is Family.NRF_RTC else NrfTimer)(name, base, line, core_hz)


def _connect(peripherals: Sequence[Peripheral]) -> None:
    """Let events trigger tasks, where there is a PPI."""
    for ppi in peripherals:
        if isinstance(ppi, NrfPpi):
            ppi.connect(other for other in peripherals if isinstance(other, NrfPeripheral))


def _let_firmware_program(bus: Bus) -> None:
    """Let stores to flash and user registers through as NVMC is set."""
    for controller in bus.peripherals:
        if isinstance(controller, NrfNvmc):
            bus.store_to_flash = controller.store
            for peripheral in bus.peripherals:
                if isinstance(peripheral, NrfInformation):
                    peripheral.is_writable = controller.is_writing
