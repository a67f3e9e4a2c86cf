"""RCC of STM32F7.

Sources: ST CMSIS device header stm32f746xx.h (registers, fields), STM32F7x6.svd (reset values), ST RM0385
(what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import ClockLayout, Field, Stm32Rcc

_CR, _PLLCFGR, _CFGR, _AHB1ENR = 0x00, 0x04, 0x08, 0x30
_BDCR, _CSR, _DCKCFGR1, _DCKCFGR2 = 0x70, 0x74, 0x8C, 0x90
_SWITCH = Field(_CFGR, 0, 2)
_PLL_M, _PLL_N, _PLL_P, _PLL_SOURCE = (
    Field(_PLLCFGR, 0, 6),
    Field(_PLLCFGR, 6, 9),
    Field(_PLLCFGR, 16, 2),
    Field(_PLLCFGR, 22, 1),
)
_HSI_HZ = 16e6


class Stm32F7Rcc(Stm32Rcc):
    """Clock tree of STM32F7: HSI at 16 MHz after reset."""

    layout = ClockLayout(
        reset_values={
            _CR: 0x83,
            _PLLCFGR: 0x2400_3010,
            _AHB1ENR: 0x10_0000,
            0x50: 0x7E67_91FF,
            0x54: 0xF1,
            0x58: 0x1,  # AHBxLPENR
            0x60: 0x36FE_C9FF,
            0x64: 0x7_5F33,  # APBxLPENR
            _CSR: 0x0E00_0000,
            0x84: 0x2000_3000,
            0x88: 0x2000_3000,  # PLLI2SCFGR, PLLSAICFGR
        },
        ready_bits=(
            Follow(_CR, 0, _CR, 1),  # HSI
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 24, _CR, 25),  # PLL
            Follow(_CR, 26, _CR, 27),  # PLLI2S
            Follow(_CR, 28, _CR, 29),  # PLLSAI
            Follow(_CFGR, 0, _CFGR, 2, 2),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_CSR, 0, _CSR, 1),  # LSI
        ),
        ahb_prescaler=Field(_CFGR, 4, 4),
        apb_prescalers={"apb1": Field(_CFGR, 10, 3), "apb2": Field(_CFGR, 13, 3)},
        kernel_selectors={
            "usart1": Field(_DCKCFGR2, 0, 2),
            "usart2": Field(_DCKCFGR2, 2, 2),
            "usart3": Field(_DCKCFGR2, 4, 2),
            "uart4": Field(_DCKCFGR2, 6, 2),
            "uart5": Field(_DCKCFGR2, 8, 2),
            "usart6": Field(_DCKCFGR2, 10, 2),
            "uart7": Field(_DCKCFGR2, 12, 2),
            "uart8": Field(_DCKCFGR2, 14, 2),
        },
        low_power_selectors={"lptim1": Field(_DCKCFGR2, 24, 2)},
        timer_prescaler=Field(_DCKCFGR1, 24, 1),
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        return (_HSI_HZ, self._hse_hz, self._pll_hz(), _HSI_HZ)[self.field(_SWITCH)]

    def _pll_hz(self) -> float:
        source_hz = self._hse_hz if self.field(_PLL_SOURCE) else _HSI_HZ
        return source_hz / max(1, self.field(_PLL_M)) * self.field(_PLL_N) / (2 * (self.field(_PLL_P) + 1))
