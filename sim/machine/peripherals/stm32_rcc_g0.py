"""RCC of STM32G0.

Sources: ST CMSIS device header stm32g0b1xx.h (registers, fields), STM32G0B1.svd (reset values), ST RM0444
(what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import LSE_HZ, ClockLayout, Field, Stm32Rcc

_CR, _ICSCR, _CFGR, _PLLCFGR, _AHBENR = 0x00, 0x04, 0x08, 0x0C, 0x38
_CCIPR, _BDCR, _CSR = 0x54, 0x5C, 0x60
_HSI_DIVIDER = Field(_CR, 11, 3)
_SWITCH = Field(_CFGR, 0, 3)
_PLL_SOURCE, _PLL_M, _PLL_N, _PLL_R = (
    Field(_PLLCFGR, 0, 2),
    Field(_PLLCFGR, 4, 3),
    Field(_PLLCFGR, 8, 7),
    Field(_PLLCFGR, 29, 3),
)
_HSI_HZ, _LSI_HZ = 16e6, 32e3


class Stm32G0Rcc(Stm32Rcc):
    """Clock tree of STM32G0: HSI at 16 MHz after reset; one APB prescaler for all peripherals."""

    layout = ClockLayout(
        reset_values={
            _CR: 0x500,
            _ICSCR: 0x4000,
            _PLLCFGR: 0x1000,
            _AHBENR: 0x100,
            0x44: 0x3F,
            0x48: 0x5_1303,
            0x4C: 0xFFFF_FFB7,
            0x50: 0x17_D801,  # xSMENR
        },
        ready_bits=(
            Follow(_CR, 8, _CR, 10),  # HSI
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 22, _CR, 23),  # HSI48
            Follow(_CR, 24, _CR, 25),  # PLL
            Follow(_CFGR, 0, _CFGR, 3, 3),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_CSR, 0, _CSR, 1),  # LSI
        ),
        ahb_prescaler=Field(_CFGR, 8, 4),
        apb_prescalers={"apb1": Field(_CFGR, 12, 3)},
        kernel_selectors={
            "usart1": Field(_CCIPR, 0, 2),
            "usart2": Field(_CCIPR, 2, 2),
            "usart3": Field(_CCIPR, 4, 2),
            "lpuart2": Field(_CCIPR, 8, 2),
            "lpuart1": Field(_CCIPR, 10, 2),
        },
        low_power_selectors={"lptim1": Field(_CCIPR, 18, 2), "lptim2": Field(_CCIPR, 20, 2)},
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        internal_hz = _HSI_HZ / (1 << self.field(_HSI_DIVIDER))
        sources = (internal_hz, self._hse_hz, self._pll_hz(), _LSI_HZ, LSE_HZ)
        selection = self.field(_SWITCH)
        return sources[selection] if selection < len(sources) else internal_hz

    def _pll_hz(self) -> float:
        source_hz = (0.0, 0.0, _HSI_HZ, self._hse_hz)[self.field(_PLL_SOURCE)]
        return source_hz / (self.field(_PLL_M) + 1) * self.field(_PLL_N) / (self.field(_PLL_R) + 1)
