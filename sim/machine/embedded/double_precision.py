"""Double-precision instructions of FPv5, which Unicorn's Cortex-M7 refuses as undefined.

Integer firmware meets a few in its C library (conversions, printing); each costs a stop of the emulator,
so this is for correctness, not for number crunching. Rounding is to nearest. Source of encodings and
operations: Armv7-M Architecture Reference Manual, A6.4 and A7.7.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from unicorn import arm_const

if TYPE_CHECKING:
    import unicorn

_DOUBLES = tuple(getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(16))
_SINGLES = tuple(getattr(arm_const, f"UC_ARM_REG_S{number}") for number in range(32))
_NEGATIVE, _EQUAL, _GREATER, _UNORDERED = 0x8, 0x6, 0x2, 0x3  # NZCV after a comparison
_FLAGS_SHIFT = 28
_SIGN = 1 << 63
_IT_HIGH, _IT_LOW = 0xFC00, 0x0600_0000


class DoublePrecision:
    """Executes double-precision instructions in place of the emulator."""

    def __init__(self, uc: unicorn.Uc) -> None:
        self._uc = uc

    def execute(self, code: bytes) -> bool:
        """Execute the instruction at the start of `code`; False when it is none that this knows."""
        if len(code) < 4:
            return False
        first, second = struct.unpack_from("<HH", code)
        word = first << 16 | second
        if word >> 24 == 0xEE and word >> 9 & 7 == 5 and not word >> 4 & 1:
            known = self._data_processing(word)
        elif word >> 24 == 0xFE and word >> 8 & 0xF == 0xB and not word >> 4 & 1:
            known = self._select_or_limit(word)
        else:
            known = False
        if known:
            self._advance_it()
        return known

    # -- instructions ----------------------------------------------------------------------------------------

    def _data_processing(self, word: int) -> bool:
        operation = word >> 21 & 4 | word >> 20 & 3
        is_double, inverted = bool(word >> 8 & 1), bool(word >> 6 & 1)
        if operation == 7:
            return self._other(word)
        if not is_double or (operation == 4 and inverted):
            return False
        d, n, m = self._get(word >> 12 & 15), self._get(word >> 16 & 15), self._get(word & 15)
        with np.errstate(all="ignore"):
            if operation == 0:  # VMLA, VMLS
                value = d - n * m if inverted else d + n * m
            elif operation == 1:  # VNMLS, VNMLA
                value = -d - n * m if inverted else n * m - d
            elif operation == 2:  # VMUL, VNMUL
                value = -(n * m) if inverted else n * m
            elif operation == 3:  # VADD, VSUB
                value = n - m if inverted else n + m
            elif operation == 4:  # VDIV
                value = n / m
            elif operation == 5:  # VFNMS, VFNMA
                value = _fused(-n if inverted else n, m, -d)
            else:  # VFMA, VFMS
                value = _fused(-n if inverted else n, m, d)
        self._set(word >> 12 & 15, value)
        return True

    def _other(self, word: int) -> bool:
        """Execute an instruction with fewer than three operands."""
        d, m = word >> 12 & 15, word & 15
        is_double, high = bool(word >> 8 & 1), bool(word >> 7 & 1)
        kind = word >> 16 & 15
        if not word >> 6 & 1:
            self._set_bits(d, _expand_immediate(kind << 4 | m))  # VMOV (immediate)
        elif kind == 7 and high:
            self._convert_precision(word, to_single=is_double)
        elif not is_double:
            return False
        elif kind == 0:  # VMOV, VABS
            self._set_bits(d, self._bits(m) & ~_SIGN if high else self._bits(m))
        elif kind == 1 and high:
            with np.errstate(all="ignore"):
                self._set(d, np.sqrt(self._get(m)))
        elif kind == 1:  # VNEG
            self._set_bits(d, self._bits(m) ^ _SIGN)
        elif kind in (4, 5):  # VCMP, VCMPE, with zero
            self._compare(self._get(d), np.float64(0.0) if kind == 5 else self._get(m))
        elif kind == 8:  # VCVT from integer
            integer = int(self._uc.reg_read(_SINGLES[_single(m, word >> 5 & 1)]))
            self._set(d, np.float64(_signed(integer) if high else integer))
        elif kind in (12, 13):  # VCVT, VCVTR to integer
            integer = _to_integer(self._get(m), signed=kind == 13, truncate=high)
            self._uc.reg_write(_SINGLES[_single(d, word >> 22 & 1)], integer)
        else:
            return False
        return True

    def _convert_precision(self, word: int, *, to_single: bool) -> None:
        if to_single:
            with np.errstate(all="ignore"):
                bits = int(np.float32(self._get(word & 15)).view(np.uint32))
            self._uc.reg_write(_SINGLES[_single(word >> 12 & 15, word >> 22 & 1)], bits)
        else:
            bits = int(self._uc.reg_read(_SINGLES[_single(word & 15, word >> 5 & 1)]))
            self._set(word >> 12 & 15, np.float64(np.uint32(bits).view(np.float32)))

    def _select_or_limit(self, word: int) -> bool:
        d, n, m = word >> 12 & 15, word >> 16 & 15, word & 15
        if not word >> 23 & 1:  # VSEL
            self._set_bits(d, self._bits(n if self._holds(word >> 20 & 3) else m))
            return True
        if word >> 20 & 3:
            return False
        choose = np.fmin if word >> 6 & 1 else np.fmax  # VMINNM, VMAXNM
        self._set(d, choose(self._get(n), self._get(m)))
        return True

    # -- state -----------------------------------------------------------------------------------------------

    def _bits(self, number: int) -> int:
        return int(self._uc.reg_read(_DOUBLES[number]))

    def _set_bits(self, number: int, bits: int) -> None:
        self._uc.reg_write(_DOUBLES[number], bits)

    def _get(self, number: int) -> np.float64:
        return np.uint64(self._bits(number)).view(np.float64)

    def _set(self, number: int, value: np.float64) -> None:
        self._set_bits(number, int(value.view(np.uint64)))

    def _compare(self, left: np.float64, right: np.float64) -> None:
        if np.isnan(left) or np.isnan(right):
            flags = _UNORDERED
        elif left == right:
            flags = _EQUAL
        else:
            flags = _NEGATIVE if left < right else _GREATER
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


def _single(number: int, low: int) -> int:
    return number << 1 | low


def _signed(integer: int) -> int:
    return integer - (1 << 32) if integer >> 31 else integer


def _to_integer(value: np.float64, *, signed: bool, truncate: bool) -> int:
    """Convert with saturation; not-a-number gives zero."""
    low, high = (-(1 << 31), (1 << 31) - 1) if signed else (0, (1 << 32) - 1)
    if np.isnan(value):
        return 0
    if np.isinf(value):
        return (high if value > 0 else low) & 0xFFFF_FFFF
    exact = float(value)
    return max(low, min(high, int(exact) if truncate else round(exact))) & 0xFFFF_FFFF


def _fused(n: np.float64, m: np.float64, addend: np.float64) -> np.float64:
    """Return n * m + addend, rounded once."""
    rounded_twice = n * m + addend
    if not np.isfinite(rounded_twice) or rounded_twice == 0:
        return rounded_twice
    return np.float64(float(Fraction(float(n)) * Fraction(float(m)) + Fraction(float(addend))))


def _expand_immediate(code: int) -> int:
    """Return the bits of a VMOV immediate: sign, exponent of three bits, four fraction bits."""
    exponent = (0x3FC if code >> 6 & 1 else 0x400) | code >> 4 & 3
    return (code >> 7) << 63 | exponent << 52 | (code & 15) << 48
