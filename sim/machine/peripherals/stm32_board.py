"""Puts the peripherals of an STM32 on a bus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

from sim.errors import PlatformError
from sim.machine.peripherals import stm32_control
from sim.machine.peripherals.bus import Bus, Peripheral
from sim.machine.peripherals.dma import DmaMaster, serve_any
from sim.machine.peripherals.flash_array import FlashArray
from sim.machine.peripherals.interfaces import BoardPeripherals
from sim.machine.peripherals.registers import RegisterBank, plain_registers
from sim.machine.peripherals.stm32_adc import Stm32Adc, old_converter
from sim.machine.peripherals.stm32_banks import BANKS
from sim.machine.peripherals.stm32_crc import Stm32Crc
from sim.machine.peripherals.stm32_dma_board import DMA_FAMILIES, build_dma
from sim.machine.peripherals.stm32_flash import FlashLayout, Stm32Flash
from sim.machine.peripherals.stm32_gpio import Stm32Gpio
from sim.machine.peripherals.stm32_iwdg import Stm32Iwdg
from sim.machine.peripherals.stm32_lptim import Stm32Lptim
from sim.machine.peripherals.stm32_rcc import Stm32Rcc
from sim.machine.peripherals.stm32_rcc_f1 import Stm32F1Rcc
from sim.machine.peripherals.stm32_rcc_f7 import Stm32F7Rcc
from sim.machine.peripherals.stm32_rcc_g0 import Stm32G0Rcc
from sim.machine.peripherals.stm32_rcc_h7 import Stm32H7Rcc
from sim.machine.peripherals.stm32_rcc_l4 import Stm32L4Rcc
from sim.machine.peripherals.stm32_rcc_u5 import Stm32U5Rcc
from sim.machine.peripherals.stm32_rng import Stm32Rng
from sim.machine.peripherals.stm32_spi import Stm32FifoSpi, Stm32Spi
from sim.machine.peripherals.stm32_timer import Stm32Timer
from sim.machine.peripherals.stm32_usart import Stm32Usart
from sim.machine.peripherals.stm32_usart_v1 import Stm32UsartV1
from sim.machine.peripherals.stm32_wwdg import Stm32Wwdg
from sim.machine.peripherals.usb_otg import usb_otg
from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform
from sim.platform.description import Peripheral as Description
from sim.platform.description import Uart
from sim.platform.names import ControlRegister, UartFamily
from sim.platform.names import PeripheralFamily as Family

_T = TypeVar("_T")

CLOCK_TREES: Mapping[Family, Callable[[str, int, int], Stm32Rcc]] = {
    Family.STM32_RCC_F1: Stm32F1Rcc,
    Family.STM32_RCC_F7: Stm32F7Rcc,
    Family.STM32_RCC_G0: Stm32G0Rcc,
    Family.STM32_RCC_H7: Stm32H7Rcc,
    Family.STM32_RCC_L4: Stm32L4Rcc,
    Family.STM32_RCC_U5: Stm32U5Rcc,
}
SIMPLE_MODELS: Mapping[Family, Callable[[str, int], Peripheral]] = {
    Family.STM32_PWR_F1: stm32_control.power_f1,
    Family.STM32_PWR_F7: stm32_control.power_f7,
    Family.STM32_PWR_G0: stm32_control.power_g0,
    Family.STM32_PWR_H7: stm32_control.power_h7,
    Family.STM32_PWR_L4: stm32_control.power_l4,
    Family.STM32_PWR_U5: stm32_control.power_u5,
    Family.STM32_CRC: Stm32Crc,
    Family.STM32_RNG: Stm32Rng,
    Family.STM32_ICACHE: stm32_control.instruction_cache,
    Family.STM32_DCACHE: stm32_control.data_cache,
    Family.STM32_ADC_V1: old_converter,
    Family.STM32_ADC_V2: Stm32Adc,
    Family.STM32_SPI_V1: Stm32Spi,
    Family.STM32_SPI_V2: Stm32FifoSpi,
    Family.USB_OTG: usb_otg,
    **{family: layout.build for family, layout in BANKS.items()},
}


def build_stm32(platform: Platform, wiring: Wiring) -> BoardPeripherals:
    """Create the peripherals of an STM32.

    Raises
    ------
    PlatformError
        The board's file does not describe the clock tree, flash interface and ports that firmware needs.
    """
    clocks = _only(
        platform, CLOCK_TREES, lambda d: CLOCK_TREES[d.family](d.name, d.base, d.options["hse_hz"])
    )
    array = FlashArray(platform, wiring)
    flash = _only(
        platform,
        (Family.STM32_FLASH,),
        lambda d: Stm32Flash(d.name, d.base, array, FlashLayout(**d.options)),
    )
    uarts = {uart.name: _uart(uart, clocks, wiring, platform) for uart in platform.uarts}
    descriptions = [
        description
        for description in platform.peripherals
        if description.family not in (*CLOCK_TREES, *DMA_FAMILIES, Family.STM32_FLASH)
    ]
    others = [_peripheral(description, clocks, wiring) for description in descriptions]
    master = DmaMaster(wiring, clients=list(uarts.values()))
    controllers, multiplexers = build_dma(platform, wiring, master)
    for uart in platform.uarts:
        receive = serve_any(controllers, uart.dma_rx)
        uarts[uart.name].connect_dma(receive, serve_any(controllers, uart.dma_tx))
    bus = Bus([clocks, flash, *uarts.values(), *controllers, *multiplexers, *others], platform.bit_banding)
    bus.store_to_flash = flash.store
    master.bus = bus
    ports = tuple(peripheral for peripheral in others if isinstance(peripheral, Stm32Gpio))
    cache_control: dict[ControlRegister, RegisterBank] = {ControlRegister.FLASH: flash}
    for peripheral, description in zip(others, descriptions, strict=True):
        if description.family is Family.STM32_ICACHE and isinstance(peripheral, RegisterBank):
            cache_control[ControlRegister.INSTRUCTION_CACHE] = peripheral
    return BoardPeripherals(bus, uarts, clocks, flash, ports, cache_control)


def _only(platform: Platform, families: Collection[Family], build: Callable[[Description], _T]) -> _T:
    found = [description for description in platform.peripherals if description.family in families]
    if len(found) != 1:
        raise PlatformError(
            f"{platform.id} has {len(found)} peripherals of {', '.join(f.value for f in families)}, not one",
            "firmware of the user's own runs on boards whose platform file has these [[peripheral]] tables",
        )
    return build(found[0])


def _uart(uart: Uart, clocks: Stm32Rcc, wiring: Wiring, platform: Platform) -> Stm32Usart:
    if uart.clock is None or uart.clock not in clocks.layout.apb_prescalers:
        raise PlatformError(f"{platform.id}: uart {uart.name!r} has no clock of {clocks.name}")
    ratio = partial(_core_cycles, clocks, partial(clocks.kernel_hz, uart.name, uart.clock))
    raise_line = wiring.line(uart.irq)
    if uart.family is UartFamily.STM32_SR_DR:
        return Stm32UsartV1(uart.name, uart.base, raise_line, clock_ratio=ratio)
    is_low_power = uart.family is UartFamily.STM32_LPUART
    return Stm32Usart(uart.name, uart.base, raise_line, is_low_power=is_low_power, clock_ratio=ratio)


def _peripheral(description: Description, clocks: Stm32Rcc, wiring: Wiring) -> Peripheral:
    name, base, options = description.name, description.base, description.options
    if description.irq is not None and description.clock is not None:
        return _interrupting(description, description.irq, description.clock, clocks, wiring)
    if description.family is Family.STM32_IWDG:
        oscillator_hz = float(options["oscillator_hz"])
        ratio = partial(_core_cycles, clocks, lambda: oscillator_hz)
        return Stm32Iwdg(name, base, clock_ratio=ratio, bite=wiring.bite)
    if description.family is Family.REGISTERS:
        return plain_registers(description)
    if description.family is Family.STM32_GPIO:
        return Stm32Gpio(name, base, description.words)
    return SIMPLE_MODELS[description.family](name, base)


def _interrupting(
    description: Description, irq: int, clock: str, clocks: Stm32Rcc, wiring: Wiring
) -> Peripheral:
    name, base = description.name, description.base
    line = wiring.line(irq)
    if description.family is Family.STM32_TIMER:
        compare_irq = description.compare_irq
        return Stm32Timer(
            *(name, base, line),
            width_bits=description.options["width_bits"],
            clock_ratio=partial(_core_cycles, clocks, partial(clocks.timer_hz, clock)),
            compare_interrupt=None if compare_irq is None else wiring.line(compare_irq),
        )
    if description.family is Family.STM32_LPTIM:
        ratio = partial(_core_cycles, clocks, partial(clocks.low_power_hz, name, clock))
        return Stm32Lptim(name, base, line, clock_ratio=ratio)
    ratio = partial(_core_cycles, clocks, partial(clocks.bus_hz, clock))
    prescaler_bit = description.options["prescaler_bit"]
    return Stm32Wwdg(name, base, line, prescaler_bit=prescaler_bit, clock_ratio=ratio, bite=wiring.bite)


def _core_cycles(clocks: Stm32Rcc, clock_hz: Callable[[], float]) -> float:
    """Return core cycles per cycle of another clock; 1 while one of them stands still."""
    return clocks.core_hz() / clock_hz() if clocks.core_hz() and clock_hz() else 1.0
