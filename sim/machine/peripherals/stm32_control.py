"""Power and cache controllers of STM32: registers, and the bits that firmware waits for.

Registers and bits are those of ST's CMSIS device headers, reset values those of its SVD files; what they
mean is in the reference manuals that each one names.
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow, RegisterBank


def power_l4(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32L4+ (ST RM0432): range 1 after reset, VOSF of SR2 always reads as ready."""
    return RegisterBank(name, base, 0x400, {0x00: 0x0200, 0x08: 0x8000, 0x80: 0x0100})


def power_g0(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32G0 (ST RM0444): range 1 after reset, VOSF of SR2 always reads as ready."""
    return RegisterBank(name, base, 0x400, {0x00: 0x0208, 0x08: 0x8000})


def power_f1(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32F1 (ST RM0008), which has nothing to wait for."""
    return RegisterBank(name, base, 0x400)


def power_f7(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32F7 (ST RM0385): CSR1 has VOSRDY, and the ready bits of over-drive follow CR1."""
    cr1, csr1 = 0x00, 0x04
    return RegisterBank(
        name,
        base,
        0x400,
        {cr1: 0xC000},
        (
            Follow(cr1, 16, csr1, 16),  # ODRDY
            Follow(cr1, 17, csr1, 17),  # ODSWRDY
            Follow(csr1, 9, csr1, 3),  # BRR: backup regulator
        ),
        always_set={csr1: 1 << 14},  # VOSRDY
    )


def power_u5(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32U5 (ST RM0456): regulator selection, voltage scaling and booster become ready."""
    cr3, vosr, svmsr = 0x08, 0x0C, 0x3C
    return RegisterBank(
        name,
        base,
        0x400,
        follows=(
            Follow(cr3, 1, svmsr, 1),  # REGS: SMPS or LDO
            Follow(vosr, 16, svmsr, 16, 2),  # ACTVOS
            Follow(vosr, 18, vosr, 14),  # BOOSTRDY
        ),
        always_set={vosr: 1 << 15, svmsr: 1 << 15},  # VOSRDY, ACTVOSRDY
    )


def power_h7(name: str, base: int) -> RegisterBank:
    """Return PWR of STM32H7A3 (ST RM0455): the supply is valid, the voltage is what was asked for."""
    cr1, csr1, cr2, cr3, srdcr = 0x00, 0x04, 0x08, 0x0C, 0x18
    return RegisterBank(
        name,
        base,
        0x400,
        {cr1: 0xF000_C000, cr3: 0x0000_0006, srdcr: 0x0000_4000},
        (
            Follow(srdcr, 14, csr1, 14, 2),  # ACTVOS
            Follow(cr2, 0, cr2, 16),  # BRRDY: backup regulator
            Follow(cr3, 24, cr3, 26),  # USB33RDY
        ),
        always_set={csr1: 1 << 13, cr3: 1 << 16, srdcr: 1 << 13},  # ACTVOSRDY, SMPSEXTRDY, VOSRDY
    )


def instruction_cache(name: str, base: int) -> RegisterBank:
    """Return ICACHE (ST RM0456): an invalidation is over at once, BSYENDF of SR says so."""
    return RegisterBank(name, base, 0x400, {0x00: 1 << 2}, always_set={0x04: 1 << 1})  # WAYSEL


def data_cache(name: str, base: int) -> RegisterBank:
    """Return DCACHE (ST RM0456): whatever is asked for is over at once, BSYENDF and CMDENDF of SR say so."""
    return RegisterBank(name, base, 0x400, always_set={0x04: 1 << 1 | 1 << 4})
