"""Peripherals of STM32 that are to firmware no more than registers with ready bits.

None of them does anything: a calendar stands still, nothing answers on a bus, no picture is drawn. What
firmware waits for is there at once, so that drivers finish, or see that nobody answers, as soon as they can.
Registers and bits are those of ST's CMSIS device headers, reset values those of its SVD files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.machine.peripherals.registers import Follow, RegisterBank
from sim.platform.names import PeripheralFamily as Family

_RTC_PRESCALER, _RTC_WAKE_UP, _RTC_DATE = {0x10: 0x007F_00FF}, {0x14: 0xFFFF}, {0x04: 0x2101}
_RTC_NEVER_SET = 0xFFFF_FF18  # flags that a zero clears, SHPF, RECALPF, and INITS: no year has been set


@dataclass(frozen=True, slots=True)
class BankLayout:
    """What firmware sees of a peripheral; attributes as those of a register bank."""

    reset_values: Mapping[int, int] = field(default_factory=dict)
    follows: tuple[Follow, ...] = ()
    always_set: Mapping[int, int] = field(default_factory=dict)
    always_clear: Mapping[int, int] = field(default_factory=dict)
    size_bytes: int = 0x400

    def build(self, name: str, base: int) -> RegisterBank:
        """Return a peripheral with this layout."""
        return RegisterBank(
            *(name, base, self.size_bytes, dict(self.reset_values), self.follows),
            always_set=self.always_set,
            always_clear=self.always_clear,
        )


BANKS: Mapping[Family, BankLayout] = {
    # ST RM0432 and RM0385, "Real-time clock": ISR at 0x0C. Registers are always in step (RSF); INITF follows
    # INIT; ALRAWF, ALRBWF and WUTWF are set while alarm or wake-up timer are off in CR.
    Family.STM32_RTC_V2: BankLayout(
        reset_values=_RTC_PRESCALER | _RTC_WAKE_UP | _RTC_DATE,
        follows=(Follow(0x0C, 7, 0x0C, 6), Follow(0x08, 8, 0x0C, 0, 3, is_inverted=True)),
        always_set={0x0C: 1 << 5},
        always_clear={0x0C: _RTC_NEVER_SET},
    ),
    # ST RM0444, RM0455 and RM0456, "Real-time clock": the same in ICSR at 0x0C, with CR at 0x18.
    Family.STM32_RTC_V3: BankLayout(
        reset_values=_RTC_PRESCALER | _RTC_WAKE_UP | _RTC_DATE,
        follows=(Follow(0x0C, 7, 0x0C, 6), Follow(0x18, 8, 0x0C, 0, 3, is_inverted=True)),
        always_set={0x0C: 1 << 5},
        always_clear={0x0C: _RTC_NEVER_SET},
    ),
    # ST RM0008, "Real-time clock": RTOFF and RSF of CRL.
    Family.STM32_RTC_V1: BankLayout(
        reset_values={0x0C: 0x8000, 0x14: 0x8000, 0x20: 0xFFFF, 0x24: 0xFFFF},  # PRLL, DIVL, ALRH, ALRL
        always_set={0x04: 1 << 3 | 1 << 5},
    ),
    # "Inter-integrated circuit interface" of these manuals: TXE of ISR, and NACKF and STOPF: nobody answers.
    Family.STM32_I2C: BankLayout(always_set={0x18: 1 << 0 | 1 << 4 | 1 << 5}),
    # ST RM0008, "Inter-integrated circuit interface": START and STOP of CR1 are over at once; SB of SR1 says
    # that the address can be sent, and AF that nobody answers it.
    Family.STM32_I2C_V1: BankLayout(always_set={0x14: 1 << 0 | 1 << 10}, always_clear={0x00: 3 << 8}),
    # ST RM0008, RM0385 and RM0432, "Controller area network": INAK and SLAK of MSR follow INRQ and SLEEP of
    # MCR.
    # Nobody acknowledges a message: its mailbox is empty (TME of TSR) until TXRQ of its TIxR is written.
    Family.STM32_CAN: BankLayout(
        reset_values={0x00: 0x0001_0002, 0x04: 0x0000_0C00, 0x1C: 0x0123_0000, 0x200: 0x2A1C_0E01},
        follows=(
            Follow(0x00, 0, 0x04, 0, 2),
            *(Follow(0x180 + 0x10 * number, 0, 0x08, 26 + number, is_inverted=True) for number in range(3)),
        ),
        always_clear={0x00: 1 << 15, 0x0C: 0xFFFF_FFFF, 0x10: 0xFFFF_FFFF},  # RESET; RF0R, RF1R: no message
    ),
    # ST RM0444, RM0455 and RM0456, "FD controller area network": CSA of CCCR follows CSR.
    Family.STM32_FDCAN: BankLayout(
        reset_values={0x00: 0x3214_1218, 0x04: 0x8765_4321, 0x0C: 0xA33, 0x18: 0x1, 0x1C: 0x0600_0A03},
        follows=(Follow(0x18, 4, 0x18, 3),),
    ),
    # ST RM0385, "Quad-SPI interface": TCF, FTF and SMF of SR; ABORT of CR is over at once.
    Family.STM32_QUADSPI: BankLayout(always_set={0x08: 0x0E}, always_clear={0x00: 1 << 1}),
    # ST RM0432, RM0455 and RM0456, "Octo-SPI interface": the same with SR at 0x20.
    Family.STM32_OCTOSPI: BankLayout(always_set={0x20: 0x0E}, always_clear={0x00: 1 << 1}),
    # ST RM0385, "Chrom-Art Accelerator controller": START, SUSP and ABORT of CR are over, as TCIF and CTCIF
    # of ISR say.
    Family.STM32_DMA2D: BankLayout(always_set={0x04: 1 << 1 | 1 << 4}, always_clear={0x00: 0x7}),
    # ST RM0385, "LCD-TFT controller": reloads of SRCR are over at once; CDSR as after reset.
    Family.STM32_LTDC: BankLayout(
        reset_values={0x18: 0x2220, 0x48: 0xF, 0xA0: 0x607, 0x120: 0x607},  # GCR, CDSR, LxBFCR
        always_clear={0x24: 0x3},
    ),
    # ST RM0385, "Ethernet": the reset of DMABMR and the transaction of MACMIIAR are over at once.
    Family.STM32_ETHERNET: BankLayout(always_clear={0x10: 1 << 0, 0x1000: 1 << 0}, size_bytes=0x1400),
    # ST RM0455, "Hardware semaphore": each read of RLR takes the semaphore, for the only core.
    Family.STM32_HSEM: BankLayout(always_set={0x80 + 4 * number: 1 << 31 | 1 << 8 for number in range(32)}),
    # "Extended interrupts and events controller": pins do nothing, so that nothing is ever pending, and
    # what is written to clear it does not stay. PR of F1 and F7.
    Family.STM32_EXTI_V1: BankLayout(always_clear={0x14: 0xFFFF_FFFF}),
    # The same, PR1 and PR2 of ST RM0432.
    Family.STM32_EXTI_V2: BankLayout(
        reset_values={0x00: 0xFF82_0000, 0x20: 0xFFFF_FF87},
        always_clear=dict.fromkeys((0x14, 0x34), 0xFFFF_FFFF),
    ),
    # The same, rising and falling edges of ST RM0444 and RM0456.
    Family.STM32_EXTI_V3: BankLayout(always_clear=dict.fromkeys((0x0C, 0x10, 0x2C, 0x30), 0xFFFF_FFFF)),
    # The same, PR1 to PR3 of the core in ST RM0455.
    Family.STM32_EXTI_H7: BankLayout(
        reset_values={0x80: 0xFFC0_0000}, always_clear=dict.fromkeys((0x88, 0x98, 0xA8), 0xFFFF_FFFF)
    ),
}
"""What stands behind each family that needs no code of its own."""
