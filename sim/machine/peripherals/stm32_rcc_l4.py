"""RCC of STM32L4+.

Sources: ST CMSIS device header stm32l4r5xx.h (registers, fields), STM32L4R5.svd (reset values; HSITRIM as
RCC_HSICALIBRATION_DEFAULT of ST's HAL has it), ST RM0432 (what the fields select).
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow
from sim.machine.peripherals.stm32_rcc import ClockLayout, Field, Stm32Rcc

_CR, _ICSCR, _CFGR, _PLLCFGR, _PLLSAI1CFGR, _PLLSAI2CFGR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
_AHB1ENR, _CCIPR, _BDCR, _CSR, _CRRCR = 0x48, 0x88, 0x90, 0x94, 0x98
_MSI_RANGE, _MSI_RANGE_SELECT, _STANDBY_RANGE = Field(_CR, 4, 4), Field(_CR, 3, 1), Field(_CSR, 8, 4)
_SWITCH = Field(_CFGR, 0, 2)
_PLL_SOURCE, _PLL_M, _PLL_N, _PLL_R = (
    Field(_PLLCFGR, 0, 2),
    Field(_PLLCFGR, 4, 4),
    Field(_PLLCFGR, 8, 7),
    Field(_PLLCFGR, 25, 2),
)
_MSI_HZ = (100e3, 200e3, 400e3, 800e3, 1e6, 2e6, 4e6, 8e6, 16e6, 24e6, 32e6, 48e6)
_HSI_HZ = 16e6


class Stm32L4Rcc(Stm32Rcc):
    """Clock tree of STM32L4+: MSI at 4 MHz after reset."""

    layout = ClockLayout(
        reset_values={
            _CR: 0x63,
            _ICSCR: 0x4000_0000,
            _PLLCFGR: 0x1000,
            _PLLSAI1CFGR: 0x1000,
            _PLLSAI2CFGR: 0x1000,
            _AHB1ENR: 0x100,
            0x68: 0x1_1303,
            0x6C: 0x5_32FF,
            0x70: 0x101,  # AHBxSMENR
            0x78: 0xF2FE_CA3F,
            0x7C: 0x25,
            0x80: 0x167_7C01,  # APBxSMENR
            _CSR: 0x0C00_0600,
        },
        ready_bits=(
            Follow(_CR, 0, _CR, 1),  # MSI
            Follow(_CR, 8, _CR, 10),  # HSI16
            Follow(_CR, 16, _CR, 17),  # HSE
            Follow(_CR, 24, _CR, 25),  # PLL
            Follow(_CR, 26, _CR, 27),  # PLLSAI1
            Follow(_CR, 28, _CR, 29),  # PLLSAI2
            Follow(_CFGR, 0, _CFGR, 2, 2),  # SWS
            Follow(_BDCR, 0, _BDCR, 1),  # LSE
            Follow(_CSR, 0, _CSR, 1),  # LSI
            Follow(_CRRCR, 0, _CRRCR, 1),  # HSI48
        ),
        ahb_prescaler=Field(_CFGR, 4, 4),
        apb_prescalers={"apb1": Field(_CFGR, 8, 3), "apb2": Field(_CFGR, 11, 3)},
        kernel_selectors={
            "usart1": Field(_CCIPR, 0, 2),
            "usart2": Field(_CCIPR, 2, 2),
            "usart3": Field(_CCIPR, 4, 2),
            "uart4": Field(_CCIPR, 6, 2),
            "uart5": Field(_CCIPR, 8, 2),
            "lpuart1": Field(_CCIPR, 10, 2),
        },
        low_power_selectors={"lptim1": Field(_CCIPR, 18, 2), "lptim2": Field(_CCIPR, 20, 2)},
    )

    def system_hz(self) -> float:
        """Return SYSCLK."""
        return (self._msi_hz(), _HSI_HZ, self._hse_hz, self._pll_hz())[self.field(_SWITCH)]

    def _msi_hz(self) -> float:
        range_field = _MSI_RANGE if self.field(_MSI_RANGE_SELECT) else _STANDBY_RANGE
        return _MSI_HZ[min(self.field(range_field), len(_MSI_HZ) - 1)]

    def _pll_hz(self) -> float:
        source_hz = (0.0, self._msi_hz(), _HSI_HZ, self._hse_hz)[self.field(_PLL_SOURCE)]
        vco_hz = source_hz / (self.field(_PLL_M) + 1) * self.field(_PLL_N)
        return vco_hz / (2 * (self.field(_PLL_R) + 1))
