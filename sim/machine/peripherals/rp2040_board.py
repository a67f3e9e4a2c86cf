"""Puts the peripherals of an RP2040 on a bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from sim.errors import PlatformError
from sim.machine.peripherals import rp2040_clocks, rp2040_missing
from sim.machine.peripherals.bus import Bus, HasSteadyRegisters, Peripheral
from sim.machine.peripherals.fixed import NoFlash
from sim.machine.peripherals.interfaces import BoardPeripherals
from sim.machine.peripherals.pl011 import Pl011
from sim.machine.peripherals.registers import plain_registers
from sim.machine.peripherals.rp2040_buses import Rp2040I2c, Rp2040Spi
from sim.machine.peripherals.rp2040_clocks import Rp2040Clocks, Rp2040Pll, Rp2040Psm, Rp2040Resets, Rp2040Rosc
from sim.machine.peripherals.rp2040_sio import Rp2040Sio
from sim.machine.peripherals.rp2040_ssi import Rp2040FlashPins, Rp2040Ssi
from sim.machine.peripherals.rp2040_timer import Rp2040Timer
from sim.machine.peripherals.rp2040_usb import Rp2040Usb, Rp2040UsbMemory
from sim.machine.peripherals.rp2040_watchdog import Rp2040Watchdog
from sim.machine.peripherals.spi_flash import SpiFlash
from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform
from sim.platform.description import Peripheral as Description
from sim.platform.names import PeripheralFamily as Family

_WORD_MASK = 0xFFFF_FFFF
_CLEAR = 3  # number of the alias
_SIMPLE: Mapping[Family, Callable[[str, int], Peripheral]] = {
    Family.RP2040_PLL_USB: Rp2040Pll,
    Family.RP2040_RESETS: Rp2040Resets,
    Family.RP2040_XOSC: rp2040_clocks.oscillator,
    Family.RP2040_ROSC: Rp2040Rosc,
    Family.RP2040_XIP: rp2040_clocks.flash_cache,
    Family.RP2040_RTC: rp2040_clocks.real_time_clock,
}
_MISSING: Mapping[Family, Callable[[str, int, Callable[[str], None]], Peripheral]] = {
    Family.RP2040_ADC: rp2040_missing.adc,
    Family.RP2040_SPI: Rp2040Spi,
    Family.RP2040_I2C: Rp2040I2c,
}
_WITHOUT_ALIASES = (Family.RP2040_XIP,)


@runtime_checkable
class HasEventRegisters(Protocol):
    """A peripheral with bits that are cleared by writing ones, through the alias that clears too."""

    cleared_by_ones: frozenset[int]


class AtomicAliases:
    """A peripheral with its aliases that flip, set and clear bits, and that sees narrow writes as words.

    Source: RP2040 datasheet, sections 2.1.2 and 2.1.4: a byte or half word fills the whole word.
    """

    size_bytes = 0x4000

    def __init__(self, inner: Peripheral) -> None:
        self.name = inner.name
        self.base = inner.base
        self.steady_offsets = inner.steady_offsets if isinstance(inner, HasSteadyRegisters) else frozenset()
        self._inner = inner
        self._cleared_by_ones = inner.cleared_by_ones if isinstance(inner, HasEventRegisters) else frozenset()

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        return self._inner.read(offset & 0xFFF, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register, or flip, set or clear its bits."""
        alias, register = offset >> 12, offset & 0xFFF
        value = _replicated(value, mask)
        if not alias or (alias == _CLEAR and register in self._cleared_by_ones):
            self._inner.write(register, value, _WORD_MASK, now_cycles)
            return
        before = self._inner.read(register, now_cycles)
        after = (before, before ^ value, before | value, before & ~value)[alias]
        self._inner.write(register, after, _WORD_MASK, now_cycles)

    def next_event_cycles(self) -> int | None:
        """Return when the peripheral changes by itself next."""
        return self._inner.next_event_cycles()

    def run_events(self, now_cycles: int) -> None:
        """Do what is due."""
        self._inner.run_events(now_cycles)


def _replicated(value: int, mask: int) -> int:
    """Return a word whose every part is what a write of `mask` carries."""
    if mask == _WORD_MASK:
        return value
    part = value >> (mask & -mask).bit_length() - 1
    return part * (0x0101_0101 if mask.bit_count() == 8 else 0x0001_0001)


def build_rp2040(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    """Create the peripherals of an RP2040.

    Raises
    ------
    PlatformError
        The board's file does not describe each of the peripherals that belong together.
    """

    def tick_cycles() -> float:
        ticks_hz = clocks.reference_hz() / watchdog.tick_divider if watchdog.tick_divider else 0.0
        return clocks.core_hz() / ticks_hz if ticks_hz else 0.0

    pll = Rp2040Pll(*_place(platform, Family.RP2040_PLL))
    clocks = Rp2040Clocks(*_place(platform, Family.RP2040_CLOCKS), pll)
    watchdog = Rp2040Watchdog(*_place(platform, Family.RP2040_WATCHDOG), tick_cycles, wiring.bite)
    sio = Rp2040Sio(*_place(platform, Family.RP2040_SIO), wiring.report)
    psm = Rp2040Psm(*_place(platform, Family.RP2040_PSM), sio.restart_second_core)
    flash = _flash(platform, wiring)
    flash_pins = Rp2040FlashPins(*_place(platform, Family.RP2040_IO_QSPI), flash)
    ssi = Rp2040Ssi(*_place(platform, Family.RP2040_SSI), flash, flash_pins)

    def serial_ratio() -> float:
        return clocks.core_hz() / clocks.peripheral_hz() if clocks.peripheral_hz() else 1.0

    timers = [
        Rp2040Timer(d.name, d.base, [wiring.line(irq) for irq in d.irqs], tick_cycles)
        for d in platform.peripherals
        if d.family is Family.RP2040_TIMER
    ]
    clocks.before_change += [timer.rebase for timer in timers]
    uarts = {
        uart.name: Pl011(uart.name, uart.base, wiring.line(uart.irq), serial_ratio) for uart in platform.uarts
    }
    usb_memory = Rp2040UsbMemory(*_place(platform, Family.RP2040_USB_MEMORY))
    usb_line = wiring.line(_description(platform, Family.RP2040_USB).irq or 0)
    usb = Rp2040Usb(*_place(platform, Family.RP2040_USB), usb_memory, usb_line, clocks.core_hz)
    aliased: Sequence[Peripheral] = [pll, clocks, watchdog, psm, flash_pins, *timers, *uarts.values()]
    others = _others(platform.peripherals, wiring.report)
    bus = Bus([*map(AtomicAliases, aliased), sio, ssi, usb_memory, usb, *others], platform.bit_banding)
    return BoardPeripherals(bus, {**uarts, usb.name: usb}, clocks, NoFlash(), ())


def _description(platform: Platform, family: Family) -> Description:
    found = [description for description in platform.peripherals if description.family is family]
    if len(found) != 1:
        raise PlatformError(f"{platform.id} has {len(found)} peripherals of {family.value}, not one")
    return found[0]


def _place(platform: Platform, family: Family) -> tuple[str, int]:
    description = _description(platform, family)
    return description.name, description.base


def _flash(platform: Platform, wiring: Wiring) -> SpiFlash:
    """Return the flash behind the window that images are executed from."""
    memory = platform.image_memory
    return SpiFlash(
        memory.size_bytes,
        lambda offset, size_bytes: wiring.read_memory(memory.base + offset, size_bytes),
        lambda offset, data: wiring.write_flash(memory.base + offset, data),
    )


def _others(descriptions: Sequence[Description], report: Callable[[str], None]) -> list[Peripheral]:
    """Return what depends on nothing else."""
    others: list[Peripheral] = []
    for description in descriptions:
        if description.family is Family.REGISTERS:
            others.append(AtomicAliases(plain_registers(description)))
        elif description.family in _MISSING:
            missing = _MISSING[description.family](description.name, description.base, report)
            others.append(AtomicAliases(missing))
        elif description.family in _SIMPLE:
            simple = _SIMPLE[description.family](description.name, description.base)
            others.append(simple if description.family in _WITHOUT_ALIASES else AtomicAliases(simple))
    return others
