"""STM32 USART with the SR/DR registers (F1, F2, F4, L1). Source: ST RM0008, chapter "USART".

Bits are where the later generation has them, apart from the one that enables the port.
"""

from __future__ import annotations

from sim.machine.peripherals import stm32_usart as v2

_SR, _DR, _BRR, _CR1, _CR2, _CR3 = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
_SAME = {_BRR: v2.BRR, _CR1: v2.CR1, _CR2: v2.CR2, _CR3: v2.CR3}
_SR_MASK = 0x3FF
_SR_TC = 1 << 6


class Stm32UsartV1(v2.Stm32Usart):
    """One serial port of the first generation; parameters as for the later one."""

    enable_bit = 1 << 13
    steady_offsets = frozenset({_SR})

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _SR:
            return super().read(v2.ISR, now_cycles) & _SR_MASK
        if offset == _DR:
            super().write(v2.ICR, v2.ISR_IDLE, 0xFFFF_FFFF, now_cycles)
            return super().read(v2.RDR, now_cycles)
        return super().read(_SAME[offset], now_cycles) if offset in _SAME else 0

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; writing zero to TC of SR clears it."""
        if offset == _SR:
            super().write(v2.ICR, ~value & mask & _SR_TC, mask, now_cycles)
        elif offset == _DR:
            super().write(v2.TDR, value, mask, now_cycles)
        elif offset in _SAME:
            super().write(_SAME[offset], value, mask, now_cycles)
