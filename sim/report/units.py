"""Numbers with units, as people read them."""

from __future__ import annotations

import math

_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_SECONDS = {"year": 365.25 * 86400, "day": 86400.0, "hour": 3600.0, "minute": 60.0}
UNKNOWN = "–"


def si(value: float, unit: str = "", significant_digits: int = 3) -> str:
    """Return a value with a SI prefix: ``si(0.00123, "s")`` is ``"1.23 ms"``."""
    exponent = _exponent(value, significant_digits)
    scaled = value / 10**exponent
    return f"{_significant(scaled, significant_digits)} {_PREFIXES[exponent]}{unit}".rstrip()


def si_with_uncertainty(value: float, deviation: float, unit: str) -> str:
    """Return a value and its standard deviation under one prefix, such as ``"312 ± 47 µJ"``."""
    exponent = _exponent(value, 3)
    scaled, scaled_deviation = value / 10**exponent, deviation / 10**exponent
    decimals = min(3, max(0, 1 - _magnitude(scaled_deviation)))
    return f"{scaled:.{decimals}f} ± {scaled_deviation:.{decimals}f} {_PREFIXES[exponent]}{unit}"


def frequency(hertz: float) -> str:
    """Return a frequency without needless zeros: ``"216 MHz"``, ``"32.768 kHz"``."""
    exponent = min(9, max(0, 3 * (_magnitude(hertz) // 3)))
    return f"{hertz / 10**exponent:.6g} {_PREFIXES[exponent]}Hz"


def size(count_bytes: int) -> str:
    """Return a size in bytes with a binary prefix: ``"936 B"``, ``"12.3 KiB"``, ``"1 MiB"``."""
    for factor, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count_bytes >= factor:
            scaled = count_bytes / factor
            return f"{scaled:g} {unit}" if scaled == int(scaled) else f"{_significant(scaled, 3)} {unit}"
    return f"{count_bytes} B"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number and its noun: ``"1 operator"``, ``"12,345 operators"``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def ratio(value: float) -> str:
    """Return a number without a unit with three significant digits: ``"0.953"``, ``"3.10"``, ``"1,230"``."""
    return _significant(value, 3)


def percent(part: float) -> str:
    """Return a fraction as a percentage with three significant digits at most: ``"7.25 %"``."""
    scaled = 100 * part
    return f"{scaled:.1f} %" if abs(scaled) < 99.95 else f"{scaled:.0f} %"


def long_duration(seconds: float) -> str:
    """Return a long time in the largest fitting unit: ``"1.9 years"``, ``"34 days"``."""
    for unit, length_seconds in _SECONDS.items():
        if seconds >= length_seconds:
            text = _significant(seconds / length_seconds, 2)
            return f"{text} {unit}" if text == "1.0" else f"{text} {unit}s"
    return si(seconds, "s")


def shape(dimensions: tuple[int, ...]) -> str:
    """Return dimensions as ``"1×28×28×1"``; a scalar's as ``"scalar"``."""
    return "×".join(map(str, dimensions)) or "scalar"


def shorten(text: str, width: int) -> str:
    """Return the text cut to a width, with an ellipsis where something was cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def end_of(text: str, width: int) -> str:
    """Return the end of a text, cut to a width: names of files tend to differ there."""
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def _exponent(value: float, significant_digits: int) -> int:
    rounded = float(f"{value:.{significant_digits - 1}e}")
    return min(9, max(-12, 3 * (_magnitude(rounded) // 3)))


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _significant(value: float, digits: int) -> str:
    rounded = float(f"{value:.{digits - 1}e}")
    return f"{rounded:,.{max(0, digits - 1 - _magnitude(rounded))}f}" if rounded else "0"
