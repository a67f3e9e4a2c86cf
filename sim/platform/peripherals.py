"""Reads the ``[[peripheral]]`` tables of a platform file."""

from __future__ import annotations

from collections.abc import Mapping

from sim.platform.description import Peripheral
from sim.platform.names import PeripheralFamily as Family
from sim.platform.table import Table, refuse_duplicates

MAX_INTERRUPT = 479
_CLOCK_OPTIONS = {"hse_hz": (1, 100_000_000)}
_OPTIONS: dict[Family, Mapping[str, tuple[int, int]]] = {
    Family.STM32_RCC_F1: _CLOCK_OPTIONS,
    Family.STM32_RCC_F7: _CLOCK_OPTIONS,
    Family.STM32_RCC_G0: _CLOCK_OPTIONS,
    Family.STM32_RCC_H7: _CLOCK_OPTIONS,
    Family.STM32_RCC_L4: _CLOCK_OPTIONS,
    Family.STM32_RCC_U5: _CLOCK_OPTIONS,
    Family.STM32_FLASH: {
        "reset_acr": (0, 0xFFFF_FFFF),
        "latency_bits": (1, 8),
        "key_register": (0x04, 0x3FC),
        "lock_register": (0x04, 0x3FC),
        "lock_bit": (0, 31),
        "status_register": (0x0C, 0x3FC),
        "program_bit": (0, 31),
        "erase_bit": (0, 31),
        "start_bit": (0, 31),
        "page_shift": (0, 31),
        "page_bits": (0, 16),
        "page_bytes": (256, 0x10_0000),
        "growing_pages": (0, 1),
        "bank_bit": (0, 31),
        "bank_stride": (0, 0x100),
    },
    Family.NRF_NVMC: {"page_bytes": (256, 0x1_0000)},
    Family.STM32_TIMER: {"width_bits": (16, 32)},
    Family.STM32_IWDG: {"oscillator_hz": (1_000, 1_000_000)},
    Family.STM32_WWDG: {"prescaler_bit": (7, 11)},
    Family.STM32_DMA_CHANNELS: {"number": (1, 2), "first_mux_channel": (0, 31)},
    Family.STM32_DMA_STREAMS: {"number": (1, 2), "first_mux_channel": (0, 31)},
    Family.REGISTERS: {"size_bytes": (4, 0x10_0000)},
}
"""Options that a family asks for, with their smallest and largest value; all of them are mandatory."""

_WITH_WORDS = frozenset({Family.REGISTERS, Family.STM32_GPIO})
_CLOCKED = frozenset({Family.STM32_TIMER, Family.STM32_LPTIM, Family.STM32_WWDG})
_CHANNELLED = frozenset(
    {Family.STM32_DMA_CHANNELS, Family.STM32_DMA_STREAMS, Family.STM32_GPDMA, Family.RP2040_TIMER}
)
_INTERRUPTING = frozenset(
    {
        Family.STM32_TIMER,
        Family.STM32_LPTIM,
        Family.STM32_WWDG,
        Family.NRF_CLOCK,
        Family.NRF_TIMER,
        Family.NRF_RTC,
        Family.NRF_EGU,
        Family.NRF_TEMP,
        Family.NRF_GPIOTE,
        Family.NRF_QSPI,
        Family.NRF_PWM,
        Family.NRF_RNG,
        Family.NRF_SERIAL_BUS,
        Family.NRF_SAADC,
        Family.NRF_WDT,
        Family.RP2040_USB,
    }
)


def parse_peripherals(root: Table) -> tuple[Peripheral, ...]:
    """Read all peripherals of a platform file.

    Raises
    ------
    PlatformError
        A table is wrong, or a name occurs twice.
    """
    peripherals = tuple(_peripheral(table) for table in root.tables("peripheral"))
    refuse_duplicates(root, "peripheral", [peripheral.name for peripheral in peripherals])
    return peripherals


def parse_unmodelled(table: Table) -> dict[str, int]:
    """Read where peripherals without a model are.

    Raises
    ------
    PlatformError
        The table has no source, or something that is no address.
    """
    table.string("source")
    places = {name: table.integer(name) for name in table.names() if name != "source"}
    table.finish()
    return places


def _words(table: Table) -> tuple[int, ...]:
    words = table.integers("words", minimum=0) if table.has("words") else ()
    if words and max(words) > 0xFFFF_FFFF:
        table.fail("words", "has more than 32 bits in a word")
    return words


def _peripheral(table: Table) -> Peripheral:
    family = table.choice("family", Family)
    has_compare_line = family is Family.STM32_TIMER and table.has("compare_irq")
    peripheral = Peripheral(
        name=table.string("name"),
        family=family,
        base=table.integer("base"),
        irq=table.integer("irq", maximum=MAX_INTERRUPT) if family in _INTERRUPTING else None,
        clock=table.string("clock") if family in _CLOCKED else None,
        compare_irq=table.integer("compare_irq", maximum=MAX_INTERRUPT) if has_compare_line else None,
        options={
            name: table.integer(name, minimum=minimum, maximum=maximum)
            for name, (minimum, maximum) in _OPTIONS.get(family, {}).items()
        },
        irqs=table.integers("irqs", minimum=0) if family in _CHANNELLED else (),
        words=_words(table) if family in _WITH_WORDS else (),
        source=table.string("source"),
    )
    table.finish()
    return peripheral
