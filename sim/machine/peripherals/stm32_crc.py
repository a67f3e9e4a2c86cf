"""STM32 CRC unit with programmable polynomial. Source: ST RM0432, chapter "Cyclic redundancy check"."""

from __future__ import annotations

_DR, _IDR, _CR, _INIT, _POL = 0x00, 0x04, 0x08, 0x10, 0x14
_RESET = 1 << 0
_POLYNOMIAL_BITS = (32, 16, 8, 7)
_REVERSED_UNIT_BITS = (0, 8, 16, 32)
_WORD_MASK = 0xFFFF_FFFF


class Stm32Crc:
    """The CRC unit: bytes, halfwords and words written to DR are shifted through the polynomial."""

    size_bytes = 0x400

    def __init__(self, name: str, base: int) -> None:
        self.name = name
        self.base = base
        self._registers = {_INIT: _WORD_MASK, _POL: 0x04C1_1DB7}
        self._remainder = _WORD_MASK

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        if offset != _DR:
            return self._registers.get(offset, 0)
        value = self._remainder & (1 << self._width_bits) - 1
        return _reverse(value, self._width_bits) if self._control >> 7 & 1 else value

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; DR takes the data."""
        del now_cycles
        if offset == _DR:
            self._shift_in(value, mask.bit_count())
            return
        self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
        if offset == _INIT or (offset == _CR and value & _RESET):
            self._registers[_CR] = self._control & ~_RESET
            self._remainder = self._registers[_INIT]

    def next_event_cycles(self) -> int | None:
        """Return None: it answers at once."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: it answers at once."""

    @property
    def _control(self) -> int:
        return self._registers.get(_CR, 0)

    @property
    def _width_bits(self) -> int:
        return _POLYNOMIAL_BITS[self._control >> 3 & 3]

    def _shift_in(self, value: int, size_bits: int) -> None:
        unit_bits = min(_REVERSED_UNIT_BITS[self._control >> 5 & 3], size_bits)
        if unit_bits:
            units = range(0, size_bits, unit_bits)
            unit_mask = (1 << unit_bits) - 1
            value = sum(_reverse(value >> unit & unit_mask, unit_bits) << unit for unit in units)
        width = self._width_bits
        remainder, top = self._remainder, 1 << width - 1
        for bit in reversed(range(size_bits)):
            feedback = bool(remainder & top) != bool(value >> bit & 1)
            remainder = remainder << 1 & (1 << width) - 1
            if feedback:
                remainder ^= self._registers[_POL] & (1 << width) - 1
        self._remainder = remainder


def _reverse(value: int, width_bits: int) -> int:
    return int(f"{value:0{width_bits}b}"[::-1], 2)
