"""STM32 analogue-to-digital converters: whatever is asked for is done at once, and every channel reads zero.

Sources: ST RM0432, RM0444, RM0455 and RM0456, chapter "Analog-to-digital converter"; ST RM0385 and RM0008 for
STM32F7 and F1.
"""

from __future__ import annotations

from sim.machine.peripherals.registers import Follow, RegisterBank

_ISR, _CR = 0x00, 0x08
_SIZE_BYTES = 0x100  # the next converter of a group follows
_ADDIS = 1 << 1
_ADEN = 1 << 0
_COMMANDS = 0x8000_003E  # ADDIS, ADSTART, JADSTART, ADSTP, JADSTP, ADCAL


class Stm32Adc(RegisterBank):
    """One converter of the later generation (G0, H7, L4+, U5): commands clear themselves when carried out."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(
            name,
            base,
            _SIZE_BYTES,
            {_CR: 0x2000_0000},  # DEEPPWD
            (
                Follow(_CR, 0, _ISR, 0),  # ADRDY
                Follow(_CR, 28, _ISR, 12),  # LDORDY
            ),
            # EOSMP, EOC, EOS; EOCAL and CCRDY of G0
            always_set={_ISR: 0x0000_280E},
            always_clear={_CR: _COMMANDS},
        )

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        super().write(offset, value, mask, now_cycles)
        if offset == _CR and value & _ADDIS:
            self.values[_CR] &= ~_ADEN


def old_converter(name: str, base: int) -> RegisterBank:
    """Return a converter of F1 or F7: conversions (EOC of SR) and calibration (CR2) are over at once."""
    return RegisterBank(
        name, base, _SIZE_BYTES, always_set={_ISR: 1 << 1 | 1 << 4}, always_clear={_CR: 1 << 2 | 1 << 3}
    )
