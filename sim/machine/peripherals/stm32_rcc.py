"""STM32 reset and clock control: what all families share.

A family says where its fields are and how its system clock comes about; prescalers are the same everywhere.
Clocks follow the registers as firmware writes them, so serial ports and timers run in their real domains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sim.machine.peripherals.registers import Follow, RegisterBank

LSE_HZ = 32_768
LSI_HZ = 32e3
HSI16_HZ = 16e6
_LOW_AHB_SHIFTS = (1, 2, 3, 4)
_HIGH_AHB_SHIFTS = (6, 7, 8, 9)  # there is no division by 32


@dataclass(frozen=True, slots=True)
class Field:
    """A bit field of a register.

    Attributes
    ----------
    offset
        Word offset of the register.
    bit
        Lowest bit.
    """

    offset: int
    bit: int
    width_bits: int


@dataclass(frozen=True, slots=True)
class ClockLayout:
    """Where a family has what.

    Attributes
    ----------
    reset_values
        Registers that are not zero after reset, by offset.
    ready_bits
        Bits that say that what was switched on or selected is in use.
    ahb_prescaler
        HPRE.
    apb_prescalers
        PPRE of each peripheral bus.
    kernel_selectors
        Fields that choose the clock of a serial port, by its name.
    low_power_selectors
        Fields that choose the clock of a low-power timer, by its name.
    timer_prescaler
        TIMPRE, where the family has it: timers then run at up to four times PCLK.
    """

    reset_values: Mapping[int, int]
    ready_bits: Sequence[Follow]
    ahb_prescaler: Field
    apb_prescalers: Mapping[str, Field]
    kernel_selectors: Mapping[str, Field] = field(default_factory=dict)
    low_power_selectors: Mapping[str, Field] = field(default_factory=dict)
    timer_prescaler: Field | None = None


def ahb_divider(code: int) -> int:
    """Return what an HPRE code divides by: 0xxx by 1, 1000 to 1011 by 2 to 16, 1100 to 1111 by 64 to 512."""
    if code < 8:
        return 1
    return 1 << (_LOW_AHB_SHIFTS + _HIGH_AHB_SHIFTS)[code - 8]


def apb_divider(code: int) -> int:
    """Return what a PPRE code divides by: 0xx by 1, 100 to 111 by 2 to 16."""
    return 1 if code < 4 else 2 << code - 4


class Stm32Rcc(RegisterBank):
    """The clock tree of one part.

    Parameters
    ----------
    hse_hz
        Frequency of the board's external oscillator.

    Attributes
    ----------
    on_change
        Called with the cycle count after each write, if set.
    """

    layout: ClassVar[ClockLayout]

    def __init__(self, name: str, base: int, hse_hz: int) -> None:
        super().__init__(name, base, 0x400, dict(self.layout.reset_values), self.layout.ready_bits)
        self.on_change: Callable[[int], None] | None = None
        self._hse_hz = hse_hz
        self._known_hz: dict[tuple[str, str], float] = {}

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        super().write(offset, value, mask, now_cycles)
        self._known_hz.clear()
        if self.on_change is not None:
            self.on_change(now_cycles)

    def system_hz(self) -> float:
        """Return SYSCLK."""
        raise NotImplementedError

    def core_hz(self) -> float:
        """Return the clock of the core."""
        return self._remember("core", "", self._core_hz)

    def timer_hz(self, bus: str) -> float:
        """Return the clock of the timers on a bus: twice PCLK when PCLK is divided, HCLK when it is not."""
        return self._remember("timer", bus, lambda: self._timer_hz(bus))

    def kernel_hz(self, peripheral: str, bus: str) -> float:
        """Return the kernel clock of a peripheral: that of its bus unless it selects another one."""
        return self._remember(peripheral, bus, lambda: self._kernel_hz(peripheral, bus))

    def low_power_hz(self, timer: str, bus: str) -> float:
        """Return the clock of a low-power timer: that of its bus where the family has no choice."""
        selector = self.layout.low_power_selectors.get(timer)
        selection = 0 if selector is None else self.field(selector)
        return self._remember(timer, bus, lambda: self._low_power_hz(timer, selection, bus))

    def bus_hz(self, bus: str) -> float:
        """Return PCLK of a bus, such as ``apb1``."""
        return self._ahb_hz() / apb_divider(self.field(self.layout.apb_prescalers[bus]))

    def field(self, field: Field) -> int:
        """Return a bit field as written."""
        return self.values.get(field.offset, 0) >> field.bit & (1 << field.width_bits) - 1

    def selected_hz(self, selection: int, bus: str) -> float:
        """Return the kernel clock of a selector code: 0 PCLK, 1 SYSCLK, 2 HSI16, 3 LSE in most families."""
        return (self.bus_hz(bus), self.system_hz(), HSI16_HZ, LSE_HZ)[selection]

    def _core_hz(self) -> float:
        return self._ahb_hz()

    def _ahb_hz(self) -> float:
        return self.system_hz() / ahb_divider(self.field(self.layout.ahb_prescaler))

    def _timer_hz(self, bus: str) -> float:
        divider = apb_divider(self.field(self.layout.apb_prescalers[bus]))
        fast = self.layout.timer_prescaler is not None and self.field(self.layout.timer_prescaler)
        return self._ahb_hz() * min(1.0, (4 if fast else 2) / divider)

    def _kernel_hz(self, peripheral: str, bus: str) -> float:
        selector = self.layout.kernel_selectors.get(peripheral)
        return self.bus_hz(bus) if selector is None else self.selected_hz(self.field(selector), bus)

    def _low_power_hz(self, timer: str, selection: int, bus: str) -> float:
        del timer
        return (self.bus_hz(bus), LSI_HZ, HSI16_HZ, LSE_HZ)[selection]

    def _remember(self, kind: str, bus: str, compute: Callable[[], float]) -> float:
        key = (kind, bus)
        if key not in self._known_hz:
            self._known_hz[key] = compute()
        return self._known_hz[key]
