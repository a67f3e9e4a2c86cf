"""Names that a platform file may use: kinds of memory, cores, and families of peripherals."""

from __future__ import annotations

from enum import Enum


class MemoryKind(Enum):
    """What a memory is made of."""

    FLASH = "flash"
    RAM = "ram"
    TCM = "tcm"
    ROM = "rom"

    @property
    def writable(self) -> bool:
        """Whether the core can store to it."""
        return self in (MemoryKind.RAM, MemoryKind.TCM)


class CoreName(Enum):
    """Cores that a board may have; the value is the name used everywhere else."""

    CORTEX_M0 = "cortex-m0"
    CORTEX_M0PLUS = "cortex-m0plus"
    CORTEX_M3 = "cortex-m3"
    CORTEX_M4F = "cortex-m4f"
    CORTEX_M7F = "cortex-m7f"
    CORTEX_M33F = "cortex-m33f"
    CORTEX_M55 = "cortex-m55"


ARMV6M_CORES = frozenset({CoreName.CORTEX_M0.value, CoreName.CORTEX_M0PLUS.value})
"""Cores with one fault exception and no status registers for it, and without cycle counter and ITM."""

CORES_WITHOUT_FLOAT = ARMV6M_CORES | {CoreName.CORTEX_M3.value}
"""Cores without floating-point registers."""


class UartFamily(Enum):
    """Register layouts of serial ports."""

    STM32_SR_DR = "stm32-usart-v1"
    STM32_ISR_RDR_TDR = "stm32-usart-v2"
    STM32_LPUART = "stm32-lpuart"
    NRF_UARTE = "nrf-uarte"
    PL011 = "pl011"
    CMSDK = "cmsdk-uart"


class PeripheralFamily(Enum):
    """Models of peripherals; the part behind the last hyphen of a clock or power controller is its series."""

    STM32_RCC_F1 = "stm32-rcc-f1"
    STM32_RCC_F7 = "stm32-rcc-f7"
    STM32_RCC_G0 = "stm32-rcc-g0"
    STM32_RCC_H7 = "stm32-rcc-h7"
    STM32_RCC_L4 = "stm32-rcc-l4"
    STM32_RCC_U5 = "stm32-rcc-u5"
    STM32_PWR_F1 = "stm32-pwr-f1"
    STM32_PWR_F7 = "stm32-pwr-f7"
    STM32_PWR_G0 = "stm32-pwr-g0"
    STM32_PWR_H7 = "stm32-pwr-h7"
    STM32_PWR_L4 = "stm32-pwr-l4"
    STM32_PWR_U5 = "stm32-pwr-u5"
    STM32_FLASH = "stm32-flash"
    STM32_TIMER = "stm32-timer"
    STM32_GPIO = "stm32-gpio"
    STM32_CRC = "stm32-crc"
    STM32_RNG = "stm32-rng"
    STM32_ICACHE = "stm32-icache"
    STM32_DCACHE = "stm32-dcache"
    STM32_IWDG = "stm32-iwdg"
    STM32_WWDG = "stm32-wwdg"
    STM32_LPTIM = "stm32-lptim"
    STM32_ADC_V1 = "stm32-adc-v1"
    STM32_ADC_V2 = "stm32-adc-v2"
    STM32_RTC_V1 = "stm32-rtc-v1"
    STM32_RTC_V2 = "stm32-rtc-v2"
    STM32_RTC_V3 = "stm32-rtc-v3"
    STM32_I2C = "stm32-i2c"
    STM32_I2C_V1 = "stm32-i2c-v1"
    STM32_SPI_V1 = "stm32-spi-v1"
    STM32_SPI_V2 = "stm32-spi-v2"
    STM32_CAN = "stm32-can"
    STM32_FDCAN = "stm32-fdcan"
    STM32_QUADSPI = "stm32-quadspi"
    STM32_OCTOSPI = "stm32-octospi"
    STM32_DMA2D = "stm32-dma2d"
    STM32_LTDC = "stm32-ltdc"
    STM32_ETHERNET = "stm32-ethernet"
    STM32_HSEM = "stm32-hsem"
    STM32_EXTI_V1 = "stm32-exti-v1"
    STM32_EXTI_V2 = "stm32-exti-v2"
    STM32_EXTI_V3 = "stm32-exti-v3"
    STM32_EXTI_H7 = "stm32-exti-h7"
    STM32_DMA_CHANNELS = "stm32-dma-channels"
    STM32_DMA_STREAMS = "stm32-dma-streams"
    STM32_DMAMUX = "stm32-dmamux"
    STM32_GPDMA = "stm32-gpdma"
    NRF_CLOCK = "nrf-clock"
    NRF_TIMER = "nrf-timer"
    NRF_RTC = "nrf-rtc"
    NRF_NVMC = "nrf-nvmc"
    NRF_GPIO = "nrf-gpio"
    NRF_INFORMATION = "nrf-information"
    NRF_PPI = "nrf-ppi"
    NRF_EGU = "nrf-egu"
    NRF_TEMP = "nrf-temp"
    NRF_GPIOTE = "nrf-gpiote"
    NRF_QSPI = "nrf-qspi"
    NRF_PWM = "nrf-pwm"
    NRF_RNG = "nrf-rng"
    NRF_SERIAL_BUS = "nrf-serial-bus"
    NRF_SAADC = "nrf-saadc"
    NRF_WDT = "nrf-wdt"
    RP2040_RESETS = "rp2040-resets"
    RP2040_CLOCKS = "rp2040-clocks"
    RP2040_PLL = "rp2040-pll"
    RP2040_PLL_USB = "rp2040-pll-usb"
    RP2040_WATCHDOG = "rp2040-watchdog"
    RP2040_TIMER = "rp2040-timer"
    RP2040_XOSC = "rp2040-xosc"
    RP2040_ROSC = "rp2040-rosc"
    RP2040_PSM = "rp2040-psm"
    RP2040_XIP = "rp2040-xip"
    RP2040_SSI = "rp2040-ssi"
    RP2040_SIO = "rp2040-sio"
    RP2040_IO_QSPI = "rp2040-io-qspi"
    RP2040_USB = "rp2040-usb"
    RP2040_USB_MEMORY = "rp2040-usb-memory"
    RP2040_ADC = "rp2040-adc"
    RP2040_SPI = "rp2040-spi"
    RP2040_I2C = "rp2040-i2c"
    RP2040_RTC = "rp2040-rtc"
    USB_OTG = "usb-otg"
    REGISTERS = "registers"
    """Keeps what is written: for what firmware sets up and never waits for."""


class ValidationStatus(Enum):
    """Whether something was compared with hardware."""

    UNVALIDATED = "unvalidated"
    VALIDATED = "validated"


class ReplacementPolicy(Enum):
    """Which line of a full cache set makes room for a new one."""

    LRU = "lru"
    ROUND_ROBIN = "round_robin"
    RANDOM = "random"


class ControlRegister(Enum):
    """A register with bits that switch caches and prefetching on."""

    FLASH = "acr"
    """ACR of the flash interface."""
    INSTRUCTION_CACHE = "icache"
    """CR of a cache controller beside the core."""
    CORE = "ccr"
    """CCR of the core's system control block."""
