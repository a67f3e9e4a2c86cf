"""Floating-point arithmetic as Arm's architecture specifies it, exact to the last bit and flag.

Numbers are held as integers times powers of two, so that every operation is exact until it is rounded once.
Source: the pseudocode of the Armv7-M Architecture Reference Manual, A2.5 (FPUnpack, FPRound, FPProcessNaN and
the functions built on them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from math import isqrt

INVALID, DIVIDE_BY_ZERO, OVERFLOW, UNDERFLOW, INEXACT, INPUT_DENORMAL = 1, 2, 4, 8, 16, 128
"""Cumulative flags, at their places in FPSCR."""
LESS, EQUAL, GREATER, UNORDERED = 0x8, 0x6, 0x2, 0x3
"""NZCV after a comparison."""


class Rounding(IntEnum):
    """Rounding modes; the first four as FPSCR.RMode numbers them."""

    NEAREST = 0
    UP = 1
    DOWN = 2
    ZERO = 3
    AWAY = 4
    """To nearest, ties away from zero."""


@dataclass(frozen=True, slots=True)
class Format:
    """A binary interchange format."""

    exponent_bits: int
    fraction_bits: int

    @property
    def sign_shift(self) -> int:
        """Position of the sign."""
        return self.exponent_bits + self.fraction_bits

    @property
    def bias(self) -> int:
        """What is added to an exponent where it is stored."""
        return (1 << self.exponent_bits - 1) - 1

    @property
    def largest_exponent(self) -> int:
        """The stored exponent of infinities and NaNs."""
        return (1 << self.exponent_bits) - 1

    @property
    def quiet(self) -> int:
        """The bit that tells a quiet NaN from a signalling one."""
        return 1 << self.fraction_bits - 1

    def infinity(self, negative: bool) -> int:
        """Return the bits of an infinity."""
        return negative << self.sign_shift | self.largest_exponent << self.fraction_bits

    @property
    def default_nan(self) -> int:
        """The NaN that invalid operations give."""
        return self.infinity(False) | self.quiet

    def zero(self, negative: bool) -> int:
        """Return the bits of a zero."""
        return negative << self.sign_shift


HALF, SINGLE, DOUBLE = Format(5, 10), Format(8, 23), Format(11, 52)


@dataclass(frozen=True, slots=True)
class Number:
    """A number: ``mantissa * 2 ** exponent``, or an infinity, or a NaN as its bits."""

    negative: bool
    mantissa: int = 0
    exponent: int = 0
    infinite: bool = False
    nan: int | None = None


class Arithmetic:
    """Operations under the control bits of a status register (FPSCR); collects flags.

    Attributes
    ----------
    flags
        Cumulative flags raised so far.
    """

    def __init__(self, fpscr: int) -> None:
        self.flags = 0
        self.rounding = Rounding(fpscr >> 22 & 3)
        self._flush = bool(fpscr >> 24 & 1)
        self._default_nan = bool(fpscr >> 25 & 1)
        self._alternative_half = bool(fpscr >> 26 & 1)

    # -- operations on bits of one format ------------------------------------------------------------------

    def add(self, left: int, right: int, *, negated: bool = False, form: Format = DOUBLE) -> int:
        """Return the bits of a sum or, `negated`, of a difference."""
        a, b = self._unpack(left, form), self._unpack(right, form)
        nan = self._process_nans(form, left, right)
        if nan is not None:
            return nan
        return self._sum(a, replace(b, negative=b.negative != negated), form)

    def multiply(self, left: int, right: int, form: Format = DOUBLE) -> int:
        """Return the bits of a product."""
        a, b = self._unpack(left, form), self._unpack(right, form)
        nan = self._process_nans(form, left, right)
        if nan is not None:
            return nan
        product = _product(a, b)
        return self._invalid(form) if product is None else self._round(product, form)

    def multiply_add(self, addend: int, left: int, right: int, form: Format = DOUBLE) -> int:
        """Return the bits of ``addend + left * right``, rounded once."""
        c, a, b = (self._unpack(bits, form) for bits in (addend, left, right))
        nan = self._process_nans(form, addend, left, right)
        product = None if nan is not None and (a.nan is not None or b.nan is not None) else _product(a, b)
        if nan is not None:
            is_invalid = product is None and a.nan is None and b.nan is None
            return self._invalid(form) if is_invalid and _is_quiet(addend, form) else nan
        return self._invalid(form) if product is None else self._sum(c, product, form)

    def divide(self, left: int, right: int, form: Format = DOUBLE) -> int:
        """Return the bits of a quotient."""
        a, b = self._unpack(left, form), self._unpack(right, form)
        nan = self._process_nans(form, left, right)
        if nan is not None:
            return nan
        negative = a.negative != b.negative
        if (a.infinite and b.infinite) or (_is_zero(a) and _is_zero(b)):
            return self._invalid(form)
        if a.infinite or _is_zero(b):
            if not a.infinite:
                self.flags |= DIVIDE_BY_ZERO
            return form.infinity(negative)
        if _is_zero(a) or b.infinite:
            return form.zero(negative)
        extra = 2 * form.fraction_bits + 8
        quotient, rest = divmod(a.mantissa << extra, b.mantissa)
        number = Number(negative, quotient << 1 | bool(rest), a.exponent - b.exponent - extra - 1)
        return self._round(number, form)

    def square_root(self, bits: int, form: Format = DOUBLE) -> int:
        """Return the bits of a square root."""
        a = self._unpack(bits, form)
        nan = self._process_nans(form, bits)
        if nan is not None:
            return nan
        if _is_zero(a):
            return form.zero(a.negative)
        if a.negative:
            return self._invalid(form)
        if a.infinite:
            return form.infinity(False)
        shift = 2 * form.fraction_bits + 8 + (a.exponent & 1)
        root = isqrt(a.mantissa << shift)
        rest = root * root != a.mantissa << shift
        return self._round(Number(False, root << 1 | rest, (a.exponent - shift) // 2 - 1), form)

    def compare(self, left: int, right: int, *, signals: bool, form: Format = DOUBLE) -> int:
        """Return NZCV; with `signals`, quiet NaNs are invalid as well."""
        a, b = self._unpack(left, form), self._unpack(right, form)
        if a.nan is not None or b.nan is not None:
            if signals or _is_signalling(left, form) or _is_signalling(right, form):
                self.flags |= INVALID
            return UNORDERED
        order = _order(a, b)
        return EQUAL if not order else LESS if order < 0 else GREATER

    def choose(self, left: int, right: int, *, largest: bool, form: Format = DOUBLE) -> int:
        """Return the bits of the larger or smaller of two; a number beats a quiet NaN."""
        a, b = self._unpack(left, form), self._unpack(right, form)
        if not (_is_signalling(left, form) or _is_signalling(right, form)):
            if a.nan is not None and b.nan is None:
                return self._round(b, form)
            if b.nan is not None and a.nan is None:
                return self._round(a, form)
        nan = self._process_nans(form, left, right)
        if nan is not None:
            return nan
        order = _order(a, b) or int(b.negative) - int(a.negative)  # minus zero is below plus zero
        return self._round(a if (order > 0) == largest else b, form)

    def round_to_integral(
        self, bits: int, rounding: Rounding, *, exact: bool = False, form: Format = DOUBLE
    ) -> int:
        """Return the bits of the integer next to a number; with `exact`, a change is inexact."""
        a = self._unpack(bits, form)
        nan = self._process_nans(form, bits)
        if nan is not None:
            return nan
        if a.infinite:
            return form.infinity(a.negative)
        integer, inexact = _to_integer(a, rounding)
        if exact and inexact:
            self.flags |= INEXACT
        return self._round(Number(a.negative, abs(integer), 0), form)

    # -- conversions ---------------------------------------------------------------------------------------

    def to_fixed(
        self,
        bits: int,
        rounding: Rounding,
        *,
        width: int,
        signed: bool,
        fraction: int = 0,
        form: Format = DOUBLE,
    ) -> int:
        """Return a number as an integer times ``2 ** -fraction``, saturated, in `width` bits."""
        a = self._unpack(bits, form)
        if a.nan is not None:
            self.flags |= INVALID
            return 0
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        if a.infinite:
            self.flags |= INVALID
            return (low if a.negative else high) & (1 << width) - 1
        integer, inexact = _to_integer(Number(a.negative, a.mantissa, a.exponent + fraction), rounding)
        saturated = max(low, min(high, integer))
        if saturated != integer:
            self.flags |= INVALID
        elif inexact:
            self.flags |= INEXACT
        return saturated & (1 << width) - 1

    def from_fixed(self, value: int, rounding: Rounding, *, fraction: int = 0, form: Format = DOUBLE) -> int:
        """Return the bits of ``value * 2 ** -fraction``."""
        if not value:
            return form.zero(False)
        return self._round(Number(value < 0, abs(value), -fraction), form, rounding)

    def convert(self, bits: int, source: Format, target: Format) -> int:
        """Return a number in another format."""
        a = self._unpack(bits, source)
        alternative = self._alternative_half and target is HALF
        if a.nan is not None:
            if alternative:
                self.flags |= INVALID
                return target.zero(a.negative)
            if _is_signalling(bits, source):
                self.flags |= INVALID
            if self._default_nan:
                return target.default_nan
            payload = a.nan & (1 << source.fraction_bits) - 1
            shift = target.fraction_bits - source.fraction_bits
            payload = payload << shift if shift >= 0 else payload >> -shift
            return target.infinity(a.negative) | target.quiet | payload
        if a.infinite:
            if alternative:
                self.flags |= INVALID
                return target.infinity(a.negative) | (1 << target.fraction_bits) - 1
            return target.infinity(a.negative)
        return self._round(a, target)

    # -- parts of operations -------------------------------------------------------------------------------

    def _unpack(self, bits: int, form: Format) -> Number:
        negative = bool(bits >> form.sign_shift & 1)
        exponent = bits >> form.fraction_bits & form.largest_exponent
        fraction = bits & (1 << form.fraction_bits) - 1
        if exponent == form.largest_exponent and not (form is HALF and self._alternative_half):
            return Number(negative, nan=bits) if fraction else Number(negative, infinite=True)
        if exponent:
            return Number(
                negative, fraction | 1 << form.fraction_bits, exponent - form.bias - form.fraction_bits
            )
        if fraction and self._flush and form is not HALF:
            self.flags |= INPUT_DENORMAL
            fraction = 0
        return Number(negative, fraction, 1 - form.bias - form.fraction_bits)

    def _process_nans(self, form: Format, *operands: int) -> int | None:
        """Return the NaN that an operation gives because of its operands; None without a NaN."""
        chosen = next((bits for bits in operands if _is_signalling(bits, form)), None)
        if chosen is not None:
            self.flags |= INVALID
        else:
            chosen = next((bits for bits in operands if _is_quiet(bits, form)), None)
        if chosen is None:
            return None
        return form.default_nan if self._default_nan else chosen | form.quiet

    def _invalid(self, form: Format) -> int:
        self.flags |= INVALID
        return form.default_nan

    def _sum(self, a: Number, b: Number, form: Format) -> int:
        if a.infinite or b.infinite:
            if a.infinite and b.infinite and a.negative != b.negative:
                return self._invalid(form)
            return form.infinity(a.negative if a.infinite else b.negative)
        exponent = min(a.exponent, b.exponent)
        total = _signed(a, exponent) + _signed(b, exponent)
        if total:
            return self._round(Number(total < 0, abs(total), exponent), form)
        same_zeros = _is_zero(a) and _is_zero(b) and a.negative == b.negative
        return form.zero(a.negative if same_zeros else self.rounding is Rounding.DOWN)

    def _round(self, number: Number, form: Format, rounding: Rounding | None = None) -> int:
        """Round to a format (FPRound); tininess is detected before rounding."""
        rounding = self.rounding if rounding is None else rounding
        negative = number.negative
        if number.infinite:
            return form.infinity(negative)
        if not number.mantissa:
            return form.zero(negative)
        smallest = 1 - form.bias
        exponent = number.mantissa.bit_length() - 1 + number.exponent
        is_tiny = exponent < smallest
        if is_tiny and self._flush and form is not HALF:
            self.flags |= UNDERFLOW
            return form.zero(negative)
        unit = max(exponent, smallest) - form.fraction_bits
        mantissa, inexact = _shift(number.mantissa, unit - number.exponent, negative, rounding)
        if is_tiny and inexact:
            self.flags |= UNDERFLOW
        # A carry out of the mantissa moves the stored exponent up by itself.
        stored = (0 if is_tiny else unit + form.fraction_bits + form.bias - 1) << form.fraction_bits
        stored += mantissa
        if form is HALF and self._alternative_half:
            if stored >> form.sign_shift:
                self.flags |= INVALID
                return negative << form.sign_shift | (1 << form.sign_shift) - 1
        elif stored >= form.infinity(False):
            self.flags |= OVERFLOW | INEXACT
            to_infinity = rounding in (Rounding.NEAREST, Rounding.AWAY) or rounding is (
                Rounding.DOWN if negative else Rounding.UP
            )
            return form.infinity(negative) - (not to_infinity)
        if inexact:
            self.flags |= INEXACT
        return negative << form.sign_shift | stored


_ROUNDS_UP: dict[Rounding, Callable[[int, int, int, bool], bool]] = {
    Rounding.NEAREST: lambda quotient, rest, half, _: rest > half or (rest == half and bool(quotient & 1)),
    Rounding.UP: lambda _quotient, rest, _half, negative: bool(rest) and not negative,
    Rounding.DOWN: lambda _quotient, rest, _half, negative: bool(rest) and negative,
    Rounding.ZERO: lambda _quotient, _rest, _half, _negative: False,
    Rounding.AWAY: lambda _quotient, rest, half, _: rest >= half,
}
"""Whether a magnitude grows, from what is kept, what is cut off, and half of the kept part's unit."""


def _shift(mantissa: int, places: int, negative: bool, rounding: Rounding) -> tuple[int, bool]:
    """Shift right, rounded; returns the result and whether it is inexact."""
    if places <= 0:
        return mantissa << -places, False
    quotient, rest = mantissa >> places, mantissa & (1 << places) - 1
    return quotient + _ROUNDS_UP[rounding](quotient, rest, 1 << places - 1, negative), bool(rest)


def _to_integer(number: Number, rounding: Rounding) -> tuple[int, bool]:
    magnitude, inexact = _shift(number.mantissa, -number.exponent, number.negative, rounding)
    return -magnitude if number.negative else magnitude, inexact


def _is_zero(number: Number) -> bool:
    return not number.mantissa and not number.infinite and number.nan is None


def _is_quiet(bits: int, form: Format) -> bool:
    exponent = bits >> form.fraction_bits & form.largest_exponent
    return exponent == form.largest_exponent and bool(bits & form.quiet)


def _is_signalling(bits: int, form: Format) -> bool:
    magnitude = bits & (1 << form.sign_shift) - 1
    return magnitude > form.infinity(False) and not bits & form.quiet


def _signed(number: Number, exponent: int) -> int:
    magnitude = number.mantissa << number.exponent - exponent
    return -magnitude if number.negative else magnitude


def _product(a: Number, b: Number) -> Number | None:
    """Return a product; None for zero times infinity."""
    negative = a.negative != b.negative
    if a.infinite or b.infinite:
        return None if _is_zero(a) or _is_zero(b) else Number(negative, infinite=True)
    return Number(negative, a.mantissa * b.mantissa, a.exponent + b.exponent)


def _order(a: Number, b: Number) -> int:
    """Return the sign of ``a - b``."""
    if a.infinite or b.infinite:
        left, right = ((-1 if n.negative else 1) if n.infinite else 0 for n in (a, b))
    else:
        exponent = min(a.exponent, b.exponent)
        left, right = _signed(a, exponent), _signed(b, exponent)
    return (left > right) - (left < right)
