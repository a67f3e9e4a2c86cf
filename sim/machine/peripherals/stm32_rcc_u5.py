"""RCC of STM32U5.

Sources: ST CMSIS device header stm32u575xx.h (registers, fields), STM32U575.svd (reset values), ST RM0456
(what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import ClockLayout, Field, Stm32Rcc

_CR, _ICSCR1, _CFGR1, _CFGR2, _CFGR3 = 0x00, 0x08, 0x1C, 0x20, 0x24
_PLL1CFGR, _PLL1DIVR, _PLL1FRACR = 0x28, 0x34, 0x38
_CCIPR1, _CCIPR3, _BDCR, _CSR = 0xE0, 0xE8, 0xF0, 0xF4
_MSIS_RANGE, _MSIS_RANGE_SELECT, _STANDBY_RANGE = (
    Field(_ICSCR1, 28, 4),
    Field(_ICSCR1, 23, 1),
    Field(_CSR, 12, 4),
)
_SWITCH = Field(_CFGR1, 0, 2)
_PLL_SOURCE, _PLL_FRACTION_ON, _PLL_M = Field(_PLL1CFGR, 0, 2), Field(_PLL1CFGR, 4, 1), Field(_PLL1CFGR, 8, 4)
_PLL_N, _PLL_R, _PLL_FRACTION = Field(_PLL1DIVR, 0, 9), Field(_PLL1DIVR, 24, 7), Field(_PLL1FRACR, 3, 13)
_MSI_HZ = (
    *(48e6, 24e6, 16e6, 12e6, 4e6, 2e6, 1.33e6, 1e6),
    *(3.072e6, 1.536e6, 1.024e6, 768e3, 400e3, 200e3, 133e3, 100e3),
)
_MSIK_RANGE = Field(_ICSCR1, 24, 4)
_SELECTS_MSIK = 4
_HSI_HZ = 16e6


class Stm32U5Rcc(Stm32Rcc):
    """Clock tree of STM32U5: MSIS at 4 MHz after reset."""

    layout = ClockLayout(
        reset_values={
            _CR: 0x35,
            _ICSCR1: 0x4400_0000,
            0x0C: 0x8_4210,
            0x10: 0x10_0000,  # ICSCR1 to ICSCR3
            _CFGR2: 0x6000,
            **dict.fromkeys((_PLL1DIVR, 0x3C, 0x44), 0x0101_0280),  # PLL2DIVR, PLL3DIVR
            0x88: 0xD020_0100,
            0x8C: 0xC000_0000,
            0x90: 0x8000_0000,
            0x94: 0x8000_0000,  # AHBxENR
            **dict.fromkeys((0xB0, 0xB4, 0xB8, 0xBC, 0xC4, 0xC8, 0xCC, 0xD0), 0xFFFF_FFFF),  # xSMENR
            _CSR: 0x0C00_4400,
        },
        ready_bits=(
            Follow(_CR, 0, _CR, 2),  # MSIS
            Follow(_CR, 4, _CR, 5),  # MSIK
            Follow(_CR, 8, _CR, 10),  # HSI16
            Follow(_CR, 12, _CR, 13),  # HSI48
            Follow(_CR, 14, _CR, 15),  # SHSI
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 24, _CR, 25),  # PLL1
            Follow(_CR, 26, _CR, 27),  # PLL2
            Follow(_CR, 28, _CR, 29),  # PLL3
            Follow(_CFGR1, 0, _CFGR1, 2, 2),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_BDCR, 7, _BDCR, 11),  # LSESYS
            Follow(_BDCR, 26, _BDCR, 27),  # LSI
        ),
        ahb_prescaler=Field(_CFGR2, 0, 4),
        apb_prescalers={
            "apb1": Field(_CFGR2, 4, 3),
            "apb2": Field(_CFGR2, 8, 3),
            "apb3": Field(_CFGR3, 4, 3),
        },
        kernel_selectors={
            "usart1": Field(_CCIPR1, 0, 2),
            "usart2": Field(_CCIPR1, 2, 2),
            "usart3": Field(_CCIPR1, 4, 2),
            "uart4": Field(_CCIPR1, 6, 2),
            "uart5": Field(_CCIPR1, 8, 2),
            "lpuart1": Field(_CCIPR3, 0, 3),
        },
        low_power_selectors={
            "lptim1": Field(_CCIPR3, 10, 2),
            "lptim2": Field(_CCIPR1, 18, 2),
            "lptim3": Field(_CCIPR3, 8, 2),
            "lptim4": Field(_CCIPR3, 8, 2),
        },
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        return (self._msi_hz(), _HSI_HZ, self._hse_hz, self._pll_hz())[self.field(_SWITCH)]

    def selected_hz(self, selection: int, bus: str) -> float:
        """Return the kernel clock of a selector code: PCLK, SYSCLK, HSI16, LSE, MSIK."""
        if selection == _SELECTS_MSIK:
            return _MSI_HZ[self.field(_MSIK_RANGE)]
        return super().selected_hz(selection & 3, bus)

    def _low_power_hz(self, timer: str, selection: int, bus: str) -> float:
        if selection == 0 and timer != "lptim2":
            return _MSI_HZ[self.field(_MSIK_RANGE)]
        return super()._low_power_hz(timer, selection, bus)

    def _msi_hz(self) -> float:
        return _MSI_HZ[self.field(_MSIS_RANGE if self.field(_MSIS_RANGE_SELECT) else _STANDBY_RANGE)]

    def _pll_hz(self) -> float:
        source_hz = (0.0, self._msi_hz(), _HSI_HZ, self._hse_hz)[self.field(_PLL_SOURCE)]
        fraction = self.field(_PLL_FRACTION) / 8192 if self.field(_PLL_FRACTION_ON) else 0.0
        vco_hz = source_hz / (self.field(_PLL_M) + 1) * (self.field(_PLL_N) + 1 + fraction)
        return vco_hz / (self.field(_PLL_R) + 1)
