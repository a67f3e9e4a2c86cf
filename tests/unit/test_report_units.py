"""Numbers with units."""

from __future__ import annotations

import pytest

from sim.report import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00123, "1.23 ms"),
        (0.0009996, "1.00 ms"),
        (0.0009994, "999 µs"),
        (12.34567, "12.3 s"),
        (4.63e-10, "463 ps"),
        (0.0, "0 s"),
        (1e-15, "0.00100 ps"),
        (86400.0, "86.4 ks"),
    ],
)
def test_values_carry_a_si_prefix_and_three_digits(value: float, text: str) -> None:
    assert units.si(value, "s") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.9532, "0.953"), (3.0999, "3.10"), (0.0, "0"), (1234.5, "1,230")]
)
def test_a_ratio_has_three_digits_and_no_prefix(value: float, text: str) -> None:
    assert units.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "deviation", "text"),
    [
        (312e-6, 47e-6, "312 ± 47 µJ"),
        (1.5e-4, 2.2e-5, "150 ± 22 µJ"),
        (1.234e-3, 5e-5, "1.234 ± 0.050 mJ"),
        (2e-3, 1e-2, "2 ± 10 mJ"),
        (1e-3, 0.0, "1.0 ± 0.0 mJ"),
    ],
)
def test_a_value_and_its_deviation_share_prefix_and_decimals(
    value: float, deviation: float, text: str
) -> None:
    assert units.si_with_uncertainty(value, deviation, "J") == text


@pytest.mark.parametrize(
    ("hertz", "text"),
    [(216e6, "216 MHz"), (32_768, "32.768 kHz"), (1e9, "1 GHz"), (80_500_000, "80.5 MHz"), (1, "1 Hz")],
)
def test_frequencies_have_no_needless_zeros(hertz: float, text: str) -> None:
    assert units.frequency(hertz) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (936, "936 B"),
        (1024, "1 KiB"),
        (5_200, "5.08 KiB"),
        (132_312, "129 KiB"),
        (1 << 20, "1 MiB"),
    ],
)
def test_sizes_use_binary_prefixes(size_bytes: int, text: str) -> None:
    assert units.size(size_bytes) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 operators"), (1, "1 operator"), (2, "2 operators"), (12345, "12,345 operators")],
)
def test_counts_agree_with_their_noun(number: int, text: str) -> None:
    assert units.count(number, "operator") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (365.25 * 86400, "1.0 year"),
        (2.4e8, "7.6 years"),
        (34 * 86400, "34 days"),
        (3 * 3600, "3.0 hours"),
        (90, "1.5 minutes"),
        (5, "5.00 s"),
    ],
)
def test_long_durations_use_the_largest_fitting_unit(seconds: float, text: str) -> None:
    assert units.long_duration(seconds) == text


@pytest.mark.parametrize(
    ("part", "text"), [(1.0, "100 %"), (0.5, "50.0 %"), (0.0004, "0.0 %"), (1.23, "123 %")]
)
def test_percentages_are_short(part: float, text: str) -> None:
    assert units.percent(part) == text


def test_shapes_are_joined_and_a_scalar_says_so() -> None:
    assert units.shape((1, 28, 28, 3)) == "1×28×28×3"
    assert units.shape(()) == "scalar"


def test_text_is_shortened_with_an_ellipsis_only_when_it_is_too_wide() -> None:
    assert units.shorten("abcdef", 6) == "abcdef"
    assert units.shorten("abcdef", 4) == "abc…"


def test_the_end_of_a_text_is_kept_when_it_is_too_wide() -> None:
    assert units.end_of("abcdef", 6) == "abcdef"
    assert units.end_of("abcdef", 4) == "…def"
