"""Parts of RP2040 that firmware can set up, but that do nothing: each says so when it is used.

Source: RP2040 datasheet, section 4.9 (ADC).
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.registers import RegisterBank

_ADC_CS, _ADC_START, _ADC_READY = 0x00, 1 << 2 | 1 << 3, 1 << 8


class MissingRegisters(RegisterBank):
    """Registers of a part that is not simulated.

    Parameters
    ----------
    trigger
        Offset of a register, and the bits in it whose setting uses the part.
    report
        Called with the part's name and what that means, when it is used.
    meaning
        What follows for the firmware.
    """

    def __init__(
        self,
        name: str,
        base: int,
        trigger: tuple[int, int],
        report: Callable[[str], None],
        meaning: str,
    ) -> None:
        super().__init__(name, base, 0x1000)
        self._trigger = trigger
        self._report = report
        self._meaning = meaning

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        super().write(offset, value, mask, now_cycles)
        if offset == self._trigger[0] and value & self._trigger[1]:
            self._report(self._meaning)


def adc(name: str, base: int, report: Callable[[str], None]) -> MissingRegisters:
    """Return the registers of the ADC, which is always ready with 0."""
    registers = MissingRegisters(name, base, (_ADC_CS, _ADC_START), report, "the ADC: all it measures is 0")
    registers.always_set = {_ADC_CS: _ADC_READY}
    return registers
