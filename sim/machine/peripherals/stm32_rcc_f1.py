"""RCC of STM32F1.

Sources: ST CMSIS device header stm32f103xe.h (registers, fields), STM32F103xx.svd (reset values), ST RM0008
(what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import ClockLayout, Field, Stm32Rcc

_CR, _CFGR, _AHBENR, _BDCR, _CSR = 0x00, 0x04, 0x14, 0x20, 0x24
_SWITCH = Field(_CFGR, 0, 2)
_PLL_SOURCE, _HSE_DIVIDER, _PLL_MULTIPLIER = Field(_CFGR, 16, 1), Field(_CFGR, 17, 1), Field(_CFGR, 18, 4)
_LARGEST_MULTIPLIER = 16
_HSI_HZ = 8e6


class Stm32F1Rcc(Stm32Rcc):
    """Clock tree of STM32F1: HSI at 8 MHz after reset."""

    layout = ClockLayout(
        reset_values={_CR: 0x83, _AHBENR: 0x14, _CSR: 0x0C00_0000},
        ready_bits=(
            Follow(_CR, 0, _CR, 1),  # HSI
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 24, _CR, 25),  # PLL
            Follow(_CFGR, 0, _CFGR, 2, 2),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_CSR, 0, _CSR, 1),  # LSI
        ),
        ahb_prescaler=Field(_CFGR, 4, 4),
        apb_prescalers={"apb1": Field(_CFGR, 8, 3), "apb2": Field(_CFGR, 11, 3)},
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        return (_HSI_HZ, self._hse_hz, self._pll_hz(), _HSI_HZ)[self.field(_SWITCH)]

    def _pll_hz(self) -> float:
        external_hz = self._hse_hz / (self.field(_HSE_DIVIDER) + 1)
        source_hz = external_hz if self.field(_PLL_SOURCE) else _HSI_HZ / 2
        return source_hz * min(self.field(_PLL_MULTIPLIER) + 2, _LARGEST_MULTIPLIER)
