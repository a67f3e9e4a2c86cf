"""Double-precision instructions of FPv5, which Unicorn's Cortex-M7 refuses as undefined.

Integer firmware meets a few in its C library (conversions, printing); each costs a stop of the emulator,
so this is for correctness, not for number crunching. Source of encodings and operations: Armv7-M
Architecture Reference Manual, A6.4 and A7.7.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from unicorn import arm_const

from sim.machine.embedded.ieee754 import DOUBLE, HALF, SINGLE, Arithmetic, Rounding

if TYPE_CHECKING:
    import unicorn

_DOUBLES = tuple(getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(16))
_SINGLES = tuple(getattr(arm_const, f"UC_ARM_REG_S{number}") for number in range(32))
_FLAGS_SHIFT = 28
_SIGN = 1 << 63
_IT_HIGH, _IT_LOW = 0xFC00, 0x0600_0000
_BY_NUMBER = (Rounding.AWAY, Rounding.NEAREST, Rounding.UP, Rounding.DOWN)
"""Rounding modes of VRINTA, VRINTN, VRINTP and VRINTM, and of the conversions of the same letters."""


class DoublePrecision:
    """Executes double-precision instructions in place of the emulator."""

    def __init__(self, uc: unicorn.Uc) -> None:
        self._uc = uc
        self._arithmetic = Arithmetic(0)

    def execute(self, code: bytes) -> bool:
        """Execute the instruction at the start of `code`; False when it is none that this knows."""
        if len(code) < 4:
            return False
        first, second = struct.unpack_from("<HH", code)
        word = first << 16 | second
        if word >> 9 & 7 != 5 or word >> 4 & 1:
            return False
        status = int(self._uc.reg_read(arm_const.UC_ARM_REG_FPSCR))
        self._arithmetic = Arithmetic(status)
        if word >> 24 == 0xEE:
            known = self._other(word) if word >> 20 & 0xB == 0xB else self._three_operands(word)
        else:
            known = word >> 24 == 0xFE and bool(word >> 8 & 1) and self._unconditional(word)
        if known:
            if self._arithmetic.flags & ~status:
                status = int(self._uc.reg_read(arm_const.UC_ARM_REG_FPSCR))
                self._uc.reg_write(arm_const.UC_ARM_REG_FPSCR, status | self._arithmetic.flags)
            self._advance_it()
        return known

    # -- instructions ----------------------------------------------------------------------------------------

    def _three_operands(self, word: int) -> bool:
        operation, inverted = word >> 21 & 4 | word >> 20 & 3, bool(word >> 6 & 1)
        if not word >> 8 & 1 or (operation == 4 and inverted):
            return False
        do = self._arithmetic
        d, n, m = self._get(word >> 12 & 15), self._get(word >> 16 & 15), self._get(word & 15)
        sign = _SIGN if inverted else 0
        if operation == 0:  # VMLA, VMLS
            value = do.add(d, do.multiply(n, m) ^ sign)
        elif operation == 1:  # VNMLS, VNMLA
            value = do.add(d ^ _SIGN, do.multiply(n, m) ^ sign)
        elif operation == 2:  # VMUL, VNMUL
            value = do.multiply(n, m) ^ sign
        elif operation == 3:  # VADD, VSUB
            value = do.add(n, m, negated=inverted)
        elif operation == 4:  # VDIV
            value = do.divide(n, m)
        elif operation == 5:  # VFNMS, VFNMA
            value = do.multiply_add(d ^ _SIGN, n ^ sign, m)
        else:  # VFMA, VFMS
            value = do.multiply_add(d, n ^ sign, m)
        self._set(word >> 12 & 15, value)
        return True

    def _other(self, word: int) -> bool:
        """Execute an instruction with fewer than three operands."""
        d, m = word >> 12 & 15, word & 15
        is_double, high = bool(word >> 8 & 1), bool(word >> 7 & 1)
        kind = word >> 16 & 15
        do = self._arithmetic
        if not word >> 6 & 1:
            if not is_double or high or word >> 5 & 1:
                return False
            self._set(d, _expand_immediate(kind << 4 | m))  # VMOV (immediate)
        elif kind == 7 and high:
            self._convert_precision(word, to_single=is_double)
        elif not is_double:
            return False
        elif kind in (2, 3):
            self._convert_half(word)
        elif kind == 0:  # VMOV, VABS
            self._set(d, self._get(m) & ~_SIGN if high else self._get(m))
        elif kind == 1:  # VNEG, VSQRT
            self._set(d, do.square_root(self._get(m)) if high else self._get(m) ^ _SIGN)
        elif kind in (4, 5):  # VCMP, VCMPE, with zero
            self._compare(self._get(d), 0 if kind == 5 else self._get(m), signals=high)
        elif kind == 6:  # VRINTR, VRINTZ
            mode = Rounding.ZERO if high else do.rounding
            self._set(d, do.round_to_integral(self._get(m), mode))
        elif kind == 7:  # VRINTX
            self._set(d, do.round_to_integral(self._get(m), do.rounding, exact=True))
        elif kind == 8:  # VCVT from integer
            integer = self._get_single(m, word >> 5 & 1)
            self._set(d, do.from_fixed(_signed(integer, 32) if high else integer, do.rounding))
        elif kind in (12, 13):  # VCVTR, VCVT to integer
            mode = Rounding.ZERO if high else do.rounding
            integer = do.to_fixed(self._get(m), mode, width=32, signed=kind == 13)
            self._set_single(d, word >> 22 & 1, integer)
        elif kind in (10, 11, 14, 15):
            self._convert_fixed(word, d, to_fixed=kind >= 14, is_signed=not kind & 1)
        else:
            return False
        return True

    def _unconditional(self, word: int) -> bool:
        """Execute one of the instructions that FPv5 adds and that cannot be conditional."""
        d, n, m = word >> 12 & 15, word >> 16 & 15, word & 15
        high, selector = bool(word >> 6 & 1), word >> 20 & 3
        do = self._arithmetic
        if not word >> 23 & 1:  # VSEL
            self._set(d, self._get(n if self._holds(selector) else m))
        elif selector == 0:  # VMAXNM, VMINNM
            self._set(d, do.choose(self._get(n), self._get(m), largest=not high))
        elif selector == 3 and high and n >> 2 == 2 and not word >> 7 & 1:  # VRINTA, VRINTN, VRINTP, VRINTM
            self._set(d, do.round_to_integral(self._get(m), _BY_NUMBER[n & 3]))
        elif selector == 3 and high and n >> 2 == 3:  # VCVTA, VCVTN, VCVTP, VCVTM
            integer = do.to_fixed(self._get(m), _BY_NUMBER[n & 3], width=32, signed=bool(word >> 7 & 1))
            self._set_single(d, word >> 22 & 1, integer)
        else:
            return False
        return True

    def _convert_precision(self, word: int, *, to_single: bool) -> None:
        if to_single:
            bits = self._arithmetic.convert(self._get(word & 15), DOUBLE, SINGLE)
            self._set_single(word >> 12 & 15, word >> 22 & 1, bits)
        else:
            bits = self._get_single(word & 15, word >> 5 & 1)
            self._set(word >> 12 & 15, self._arithmetic.convert(bits, SINGLE, DOUBLE))

    def _convert_half(self, word: int) -> None:
        """Execute VCVTB or VCVTT between half and double precision."""
        shift = 16 if word >> 7 & 1 else 0
        d, m = word >> 12 & 15, word & 15
        if word >> 16 & 1:
            low = word >> 22 & 1
            half = self._arithmetic.convert(self._get(m), DOUBLE, HALF)
            kept = self._get_single(d, low) & ~(0xFFFF << shift)
            self._set_single(d, low, kept | half << shift)
        else:
            half = self._get_single(m, word >> 5 & 1) >> shift & 0xFFFF
            self._set(d, self._arithmetic.convert(half, HALF, DOUBLE))

    def _convert_fixed(self, word: int, number: int, *, to_fixed: bool, is_signed: bool) -> None:
        """Execute VCVT between fixed point and double precision: one register, 16 or 32 bits of it."""
        width = 32 if word >> 7 & 1 else 16
        fraction = width - (word << 1 & 0x1E | word >> 5 & 1)
        value = self._get(number)
        if to_fixed:
            result = self._arithmetic.to_fixed(
                value, Rounding.ZERO, width=width, signed=is_signed, fraction=fraction
            )
            self._set(number, (_signed(result, width) if is_signed else result) & (1 << 64) - 1)
        else:
            integer = value & (1 << width) - 1
            integer = _signed(integer, width) if is_signed else integer
            self._set(number, self._arithmetic.from_fixed(integer, Rounding.NEAREST, fraction=fraction))

    # -- state -----------------------------------------------------------------------------------------------

    def _get(self, number: int) -> int:
        return int(self._uc.reg_read(_DOUBLES[number]))

    def _set(self, number: int, bits: int) -> None:
        self._uc.reg_write(_DOUBLES[number], bits)

    def _get_single(self, number: int, low: int) -> int:
        return int(self._uc.reg_read(_SINGLES[number << 1 | low]))

    def _set_single(self, number: int, low: int, bits: int) -> None:
        self._uc.reg_write(_SINGLES[number << 1 | low], bits)

    def _compare(self, left: int, right: int, *, signals: bool) -> None:
        flags = self._arithmetic.compare(left, right, signals=signals)
        status = int(self._uc.reg_read(arm_const.UC_ARM_REG_FPSCR)) & (1 << _FLAGS_SHIFT) - 1
        self._uc.reg_write(arm_const.UC_ARM_REG_FPSCR, status | flags << _FLAGS_SHIFT)

    def _holds(self, condition: int) -> bool:
        """Whether EQ, VS, GE or GT holds."""
        flags = int(self._uc.reg_read(arm_const.UC_ARM_REG_XPSR)) >> _FLAGS_SHIFT
        negative, zero, overflow = bool(flags & 8), bool(flags & 4), bool(flags & 1)
        ordered = negative == overflow
        return (zero, overflow, ordered, not zero and ordered)[condition]

    def _advance_it(self) -> None:
        xpsr = int(self._uc.reg_read(arm_const.UC_ARM_REG_XPSR))
        state = xpsr >> 8 & 0xFC | xpsr >> 25 & 3
        if not state:
            return
        state = state & 0xE0 | state << 1 & 0x1F if state & 7 else 0
        xpsr = xpsr & ~(_IT_HIGH | _IT_LOW) | (state & 0xFC) << 8 | (state & 3) << 25
        self._uc.reg_write(arm_const.UC_ARM_REG_XPSR, xpsr)


def _signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> width - 1 else value


def _expand_immediate(code: int) -> int:
    """Return the bits of a VMOV immediate: sign, exponent of three bits, four fraction bits."""
    exponent = (0x3FC if code >> 6 & 1 else 0x400) | code >> 4 & 3
    return (code >> 7) << 63 | exponent << 52 | (code & 15) << 48
