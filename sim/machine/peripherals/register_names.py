"""Names of the registers and bits that firmware waits for, for those who read why it got stuck.

Sources: ST CMSIS device headers (stm32l4r5xx.h, stm32f746xx.h, stm32h7a3xxq.h, stm32u575xx.h, stm32g0b1xx.h,
stm32f103xe.h); nrf52840.svd of Nordic's MDK; PL011 and CMSDK: Arm DDI 0183 and DDI 0479.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.platform import Platform
from sim.platform.description import Peripheral, Uart
from sim.platform.names import PeripheralFamily as Family
from sim.platform.names import UartFamily

_RANGE_BYTES = 0x1000


@dataclass(frozen=True, slots=True)
class RegisterName:
    """What the manual calls a register.

    Attributes
    ----------
    bits
        Names of its bits by number, as far as firmware waits for them.
    """

    name: str
    bits: Mapping[int, str] = field(default_factory=dict)


def find_name(platform: Platform, address: int) -> RegisterName | None:
    """Return the name of a register of a board, if firmware waits for it or its peripheral has no model.

    The latter are called ``spi1+0x08``, by their peripheral and offset.
    """
    places: list[Uart | Peripheral] = [*platform.uarts, *platform.peripherals]
    below = [place for place in places if place.base <= address < place.base + _RANGE_BYTES]
    nearest = max(below, key=lambda place: place.base, default=None)
    without_model = [(base, name) for name, base in platform.unmodelled.items() if base <= address]
    base, name = max(without_model, default=(-_RANGE_BYTES, ""))
    if address < base + _RANGE_BYTES and (nearest is None or nearest.base < base):
        return RegisterName(f"{name}+{address - base:#04x}")
    return None if nearest is None else _NAMES.get(nearest.family, {}).get((address - nearest.base) & ~3)


def _bits(names: str) -> dict[int, str]:
    """Read ``1 HSIRDY 17 HSERDY``."""
    words = names.split()
    return {int(bit): name for bit, name in zip(words[::2], words[1::2], strict=True)}


def _registers(**registers: tuple[int, str]) -> dict[int, RegisterName]:
    return {offset: RegisterName(name, _bits(bits)) for name, (offset, bits) in registers.items()}


_LSE = "1 LSERDY"
_LSI = "1 LSIRDY"
_SWITCH_2 = "2 SWS0 3 SWS1"
_SWITCH_3 = "3 SWS0 4 SWS1 5 SWS2"
_USART_ISR = (
    "0 PE 1 FE 2 NE 3 ORE 4 IDLE 5 RXNE 6 TC 7 TXE 9 CTSIF 10 CTS 11 RTOF 12 EOBF 14 ABRE 15 ABRF 16 BUSY "
    "17 CMF 18 SBKF 19 RWU 21 TEACK 22 REACK 23 TXFE 24 RXFF"
)
_RTC_READY = "0 ALRAWF 1 ALRBWF 2 WUTWF 3 SHPF 4 INITS 5 RSF 6 INITF 7 INIT 16 RECALPF"
_SPI_FLASH_SR = "0 TEF 1 TCF 2 FTF 3 SMF 4 TOF 5 BUSY"
_USART = _registers(ISR=(0x1C, _USART_ISR), RDR=(0x24, ""))

_NAMES: Mapping[Family | UartFamily, Mapping[int, RegisterName]] = {
    UartFamily.STM32_SR_DR: _registers(SR=(0x00, "0 PE 1 FE 2 NE 3 ORE 4 IDLE 5 RXNE 6 TC 7 TXE 9 CTS")),
    UartFamily.STM32_ISR_RDR_TDR: _USART,
    UartFamily.STM32_LPUART: _USART,
    UartFamily.NRF_UARTE: _registers(
        EVENTS_CTS=(0x100, ""),
        EVENTS_RXDRDY=(0x108, ""),
        EVENTS_ENDRX=(0x110, ""),
        EVENTS_TXDRDY=(0x11C, ""),
        EVENTS_ENDTX=(0x120, ""),
        EVENTS_ERROR=(0x124, ""),
        EVENTS_RXTO=(0x144, ""),
        EVENTS_RXSTARTED=(0x14C, ""),
        EVENTS_TXSTARTED=(0x150, ""),
        EVENTS_TXSTOPPED=(0x158, ""),
    ),
    UartFamily.PL011: _registers(UARTFR=(0x18, "0 CTS 3 BUSY 4 RXFE 5 TXFF 6 RXFF 7 TXFE")),
    UartFamily.CMSDK: _registers(STATE=(0x04, "0 TXFULL 1 RXFULL 2 TXOVERRUN 3 RXOVERRUN")),
    Family.STM32_RCC_F1: _registers(
        CR=(0x00, "1 HSIRDY 17 HSERDY 25 PLLRDY"), CFGR=(0x04, _SWITCH_2), BDCR=(0x20, _LSE), CSR=(0x24, _LSI)
    ),
    Family.STM32_RCC_F7: _registers(
        CR=(0x00, "1 HSIRDY 17 HSERDY 25 PLLRDY 27 PLLI2SRDY 29 PLLSAIRDY"),
        CFGR=(0x08, _SWITCH_2),
        BDCR=(0x70, _LSE),
        CSR=(0x74, _LSI),
    ),
    Family.STM32_RCC_G0: _registers(
        CR=(0x00, "10 HSIRDY 17 HSERDY 23 HSI48RDY 25 PLLRDY"),
        CFGR=(0x08, _SWITCH_3),
        BDCR=(0x5C, _LSE),
        CSR=(0x60, _LSI),
    ),
    Family.STM32_RCC_H7: _registers(
        CR=(
            0x00,
            "2 HSIRDY 5 HSIDIVF 8 CSIRDY 13 HSI48RDY 14 CPUCKRDY 15 CDCKRDY "
            "17 HSERDY 25 PLL1RDY 27 PLL2RDY 29 PLL3RDY",
        ),
        CFGR=(0x10, _SWITCH_3),
        BDCR=(0x70, _LSE),
        CSR=(0x74, _LSI),
    ),
    Family.STM32_RCC_L4: _registers(
        CR=(0x00, "1 MSIRDY 10 HSIRDY 17 HSERDY 25 PLLRDY 27 PLLSAI1RDY 29 PLLSAI2RDY"),
        CFGR=(0x08, _SWITCH_2),
        BDCR=(0x90, _LSE),
        CSR=(0x94, _LSI),
        CRRCR=(0x98, "1 HSI48RDY"),
    ),
    Family.STM32_RCC_U5: _registers(
        CR=(
            0x00,
            "2 MSISRDY 5 MSIKRDY 10 HSIRDY 13 HSI48RDY 15 SHSIRDY 17 HSERDY 25 PLL1RDY 27 PLL2RDY 29 PLL3RDY",
        ),
        CFGR1=(0x1C, _SWITCH_2),
        BDCR=(0xF0, "1 LSERDY 11 LSESYSRDY 27 LSIRDY"),
    ),
    Family.STM32_PWR_F7: _registers(CSR1=(0x04, "3 BRR 14 VOSRDY 16 ODRDY 17 ODSWRDY")),
    Family.STM32_PWR_G0: _registers(SR2=(0x14, "7 FLASH_RDY 8 REGLPS 9 REGLPF 10 VOSF")),
    Family.STM32_PWR_H7: _registers(
        CSR1=(0x04, "13 ACTVOSRDY"),
        CR2=(0x08, "16 BRRDY"),
        CR3=(0x0C, "16 SMPSEXTRDY 26 USB33RDY"),
        SRDCR=(0x18, "13 VOSRDY"),
    ),
    Family.STM32_PWR_L4: _registers(SR2=(0x14, "8 REGLPS 9 REGLPF 10 VOSF")),
    Family.STM32_PWR_U5: _registers(
        VOSR=(0x0C, "14 BOOSTRDY 15 VOSRDY"), SVMSR=(0x3C, "1 REGS 15 ACTVOSRDY 24 VDDUSBRDY 25 VDDIO2RDY")
    ),
    Family.STM32_TIMER: _registers(
        SR=(0x10, "0 UIF 1 CC1IF 2 CC2IF 3 CC3IF 4 CC4IF 5 COMIF 6 TIF 7 BIF"), CNT=(0x24, "")
    ),
    Family.STM32_LPTIM: _registers(
        ISR=(0x00, "0 CMPM 1 ARRM 2 EXTTRIG 3 CMPOK 4 ARROK 8 REPOK 19 CMP2OK 24 DIEROK"), CNT=(0x1C, "")
    ),
    Family.STM32_IWDG: _registers(SR=(0x0C, "0 PVU 1 RVU 2 WVU")),
    Family.STM32_WWDG: _registers(SR=(0x08, "0 EWIF")),
    Family.STM32_RNG: _registers(SR=(0x04, "0 DRDY 1 CECS 2 SECS 5 CEIS 6 SEIS")),
    Family.STM32_ADC_V1: _registers(SR=(0x00, "1 EOC 2 JEOC 3 JSTRT 4 STRT"), CR2=(0x08, "2 CAL 3 RSTCAL")),
    Family.STM32_ADC_V2: _registers(
        ISR=(0x00, "0 ADRDY 1 EOSMP 2 EOC 3 EOS 4 OVR 5 JEOC 6 JEOS 11 EOCAL 12 LDORDY 13 CCRDY"),
        CR=(0x08, "0 ADEN 1 ADDIS 2 ADSTART 4 ADSTP 31 ADCAL"),
    ),
    Family.STM32_I2C: _registers(
        ISR=(0x18, "0 TXE 1 TXIS 2 RXNE 3 ADDR 4 NACKF 5 STOPF 6 TC 7 TCR 8 BERR 9 ARLO 15 BUSY")
    ),
    Family.STM32_SPI_V1: _registers(SR=(0x08, "0 RXNE 1 TXE 7 BSY")),
    Family.STM32_SPI_V2: _registers(SR=(0x14, "0 RXP 1 TXP 2 DXP 3 EOT 12 TXC")),
    Family.STM32_CAN: _registers(
        MSR=(0x04, "0 INAK 1 SLAK"),
        TSR=(0x08, "0 RQCP0 8 RQCP1 16 RQCP2 26 TME0 27 TME1 28 TME2"),
        RF0R=(0x0C, "0 FMP0"),
        RF1R=(0x10, "0 FMP1"),
    ),
    Family.STM32_FDCAN: _registers(CCCR=(0x18, "0 INIT 3 CSA 4 CSR"), IR=(0x50, "0 RF0N 3 RF1N")),
    Family.STM32_RTC_V1: _registers(CRL=(0x04, "0 SECF 1 ALRF 2 OWF 3 RSF 4 CNF 5 RTOFF")),
    Family.STM32_RTC_V2: _registers(ISR=(0x0C, _RTC_READY)),
    Family.STM32_RTC_V3: _registers(ICSR=(0x0C, _RTC_READY)),
    Family.STM32_QUADSPI: _registers(SR=(0x08, _SPI_FLASH_SR)),
    Family.STM32_OCTOSPI: _registers(SR=(0x20, _SPI_FLASH_SR)),
    Family.STM32_DMA2D: _registers(CR=(0x00, "0 START"), ISR=(0x04, "0 TEIF 1 TCIF 4 CTCIF 5 CEIF")),
    Family.STM32_LTDC: _registers(SRCR=(0x24, "0 IMR 1 VBR"), CDSR=(0x48, "0 VDES 1 HDES 2 VSYNCS 3 HSYNCS")),
    Family.STM32_ICACHE: _registers(SR=(0x04, "0 BUSYF 1 BSYENDF 2 ERRF")),
    Family.STM32_DCACHE: _registers(SR=(0x04, "0 BUSYF 1 BSYENDF 2 ERRF 3 BUSYCMDF 4 CMDENDF")),
    Family.STM32_GPIO: _registers(IDR=(0x10, " ".join(f"{pin} IDR{pin}" for pin in range(16)))),
    Family.STM32_DMA_CHANNELS: _registers(
        ISR=(
            0x00,
            " ".join(f"{4 * n} GIF{n + 1} {4 * n + 1} TCIF{n + 1} {4 * n + 2} HTIF{n + 1}" for n in range(8)),
        )
    ),
    Family.STM32_DMA_STREAMS: _registers(
        LISR=(0x00, "5 TCIF0 11 TCIF1 21 TCIF2 27 TCIF3"), HISR=(0x04, "5 TCIF4 11 TCIF5 21 TCIF6 27 TCIF7")
    ),
    Family.NRF_CLOCK: _registers(
        EVENTS_HFCLKSTARTED=(0x100, ""),
        EVENTS_LFCLKSTARTED=(0x104, ""),
        EVENTS_DONE=(0x10C, ""),
        HFCLKSTAT=(0x40C, "16 STATE"),
        LFCLKSTAT=(0x418, "16 STATE"),
    ),
    Family.NRF_TIMER: {0x140 + 4 * n: RegisterName(f"EVENTS_COMPARE[{n}]") for n in range(6)},
    Family.NRF_RTC: {
        0x100: RegisterName("EVENTS_TICK"),
        0x104: RegisterName("EVENTS_OVRFLW"),
        0x504: RegisterName("COUNTER"),
        **{0x140 + 4 * n: RegisterName(f"EVENTS_COMPARE[{n}]") for n in range(4)},
    },
    Family.NRF_RNG: _registers(EVENTS_VALRDY=(0x100, "")),
    Family.NRF_TEMP: _registers(EVENTS_DATARDY=(0x100, "")),
    Family.NRF_QSPI: _registers(EVENTS_READY=(0x100, ""), STATUS=(0x604, "3 READY")),
    Family.NRF_SAADC: _registers(
        EVENTS_STARTED=(0x100, ""),
        EVENTS_END=(0x104, ""),
        EVENTS_DONE=(0x108, ""),
        EVENTS_STOPPED=(0x114, ""),
    ),
    Family.NRF_SERIAL_BUS: _registers(
        EVENTS_STOPPED=(0x104, ""),
        EVENTS_READY=(0x108, ""),
        EVENTS_END=(0x118, ""),
        EVENTS_TXDSENT=(0x11C, ""),
        EVENTS_ERROR=(0x124, ""),
        EVENTS_TXSTARTED=(0x150, ""),
    ),
    Family.NRF_NVMC: _registers(READY=(0x400, "0 READY"), READYNEXT=(0x408, "0 READYNEXT")),
}
