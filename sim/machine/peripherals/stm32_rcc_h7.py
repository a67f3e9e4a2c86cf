"""RCC of STM32H7A3, H7B0 and H7B3.

Sources: ST CMSIS device header stm32h7a3xxq.h (registers, fields), STM32H7A3x.svd (reset values), ST RM0455
(reset value of CR, what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import LSE_HZ, LSI_HZ, ClockLayout, Field, Stm32Rcc, ahb_divider

_CR, _HSICFGR, _CFGR, _CDCFGR1, _CDCFGR2, _SRDCFGR = 0x00, 0x04, 0x10, 0x18, 0x1C, 0x20
_PLLCKSELR, _PLLCFGR, _CDCCIP2R, _SRDCCIPR, _BDCR, _CSR = 0x28, 0x2C, 0x54, 0x58, 0x70, 0x74
_HSI_DIVIDER = Field(_CR, 3, 2)
_SWITCH = Field(_CFGR, 0, 3)
_CORE_PRESCALER = Field(_CDCFGR1, 8, 4)
_PLL_SOURCE = Field(_PLLCKSELR, 0, 2)
_HSI_HZ, _CSI_HZ = 64e6, 4e6
_FRACTION_STEPS = 8192
_P_BIT, _Q_BIT, _R_BIT = 9, 16, 24


class Stm32H7Rcc(Stm32Rcc):
    """Clock tree of STM32H7A3: HSI at 64 MHz after reset; the core has a prescaler before that of the bus."""

    layout = ClockLayout(
        reset_values={
            _CR: 0x25,
            _HSICFGR: 0x4000_0000,
            _PLLCKSELR: 0x0202_0200,
            _PLLCFGR: 0x01FF_0000,
            0x30: 0x0101_0280,
            0x38: 0x0101_0280,
            0x40: 0x0101_0280,
        },
        ready_bits=(
            Follow(_CR, 0, _CR, 2),  # HSI
            Follow(_CR, 7, _CR, 8),  # CSI
            Follow(_CR, 12, _CR, 13),  # HSI48
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 24, _CR, 25),  # PLL1
            Follow(_CR, 26, _CR, 27),  # PLL2
            Follow(_CR, 28, _CR, 29),  # PLL3
            Follow(_CFGR, 0, _CFGR, 3, 3),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_CSR, 0, _CSR, 1),  # LSI
        ),
        ahb_prescaler=Field(_CDCFGR1, 0, 4),
        apb_prescalers={
            "apb1": Field(_CDCFGR2, 4, 3),
            "apb2": Field(_CDCFGR2, 8, 3),
            "apb3": Field(_CDCFGR1, 4, 3),
            "apb4": Field(_SRDCFGR, 4, 3),
        },
        kernel_selectors={
            **{
                name: Field(_CDCCIP2R, 0, 3)
                for name in ("usart2", "usart3", "uart4", "uart5", "uart7", "uart8")
            },
            **{name: Field(_CDCCIP2R, 3, 3) for name in ("usart1", "usart6", "uart9", "usart10")},
            "lpuart1": Field(_SRDCCIPR, 0, 3),
        },
        low_power_selectors={
            "lptim1": Field(_CDCCIP2R, 28, 3),
            "lptim2": Field(_SRDCCIPR, 10, 3),
            "lptim3": Field(_SRDCCIPR, 13, 3),
        },
        timer_prescaler=Field(_CFGR, 15, 1),
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        sources = (self._hsi_hz(), _CSI_HZ, self._hse_hz, self._pll_hz(1, _P_BIT))
        return sources[self.field(_SWITCH) & 3]

    def selected_hz(self, selection: int, bus: str) -> float:
        """Return the kernel clock of a selector code: PCLK, PLL2 Q, PLL3 Q, HSI, CSI, LSE."""
        sources = (
            lambda: self.bus_hz(bus),
            lambda: self._pll_hz(2, _Q_BIT),
            lambda: self._pll_hz(3, _Q_BIT),
            self._hsi_hz,
            lambda: _CSI_HZ,
            lambda: LSE_HZ,
        )
        return sources[min(selection, len(sources) - 1)]()

    def _low_power_hz(self, timer: str, selection: int, bus: str) -> float:
        del timer
        sources = (
            lambda: self.bus_hz(bus),
            lambda: self._pll_hz(2, _P_BIT),
            lambda: self._pll_hz(3, _R_BIT),
            lambda: LSE_HZ,
            lambda: LSI_HZ,
            self._hsi_hz,  # PER_CK, as it is after reset
        )
        return sources[min(selection, len(sources) - 1)]()

    def _core_hz(self) -> float:
        return self.system_hz() / ahb_divider(self.field(_CORE_PRESCALER))

    def _ahb_hz(self) -> float:
        return self._core_hz() / ahb_divider(self.field(self.layout.ahb_prescaler))

    def _hsi_hz(self) -> float:
        return _HSI_HZ / (1 << self.field(_HSI_DIVIDER))

    def _pll_hz(self, number: int, output_bit: int) -> float:
        """Return output P or Q of a PLL; each has 4 fraction bits in PLLCFGR and two registers of its own."""
        divisors = 0x30 + 8 * (number - 1)
        source_hz = (self._hsi_hz(), _CSI_HZ, self._hse_hz, 0.0)[self.field(_PLL_SOURCE)]
        input_divider = self.field(Field(_PLLCKSELR, 4 + 8 * (number - 1), 6))
        fraction_on = self.field(Field(_PLLCFGR, 4 * (number - 1), 1))
        fraction = self.field(Field(divisors + 4, 3, 13)) / _FRACTION_STEPS if fraction_on else 0.0
        multiplier = self.field(Field(divisors, 0, 9)) + 1 + fraction
        return (
            source_hz / max(1, input_divider) * multiplier / (self.field(Field(divisors, output_bit, 7)) + 1)
        )
