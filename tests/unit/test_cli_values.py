"""Values of options with their units."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cli import values
from sim.errors import UsageError


@pytest.mark.parametrize(
    ("text", "hertz"),
    [
        ("80MHz", 80_000_000),
        ("80 mhz", 80_000_000),
        ("32.768kHz", 32_768),
        ("1e6", 1_000_000),
        ("0.1GHz", 100_000_000),
        ("16_000_000", 16_000_000),
    ],
)
def test_frequencies(text: str, hertz: int) -> None:
    assert values.frequency_hz(text) == hertz


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10.0),
        ("500ms", 0.5),
        ("20us", 2e-5),
        ("20µs", 2e-5),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("1.5", 1.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert values.duration_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("64K", 65_536), ("64KiB", 65_536), ("1M", 1 << 20), ("100", 100), ("0x100", 256), ("1.5k", 1536)],
)
def test_sizes(text: str, size_bytes: int) -> None:
    assert values.size_bytes(text) == size_bytes


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("5M", 5_000_000), ("1e9", 10**9), ("2.5k", 2500)])
def test_counts(text: str, number: int) -> None:
    assert values.count(text) == number


@pytest.mark.parametrize(
    "parse", [values.frequency_hz, values.duration_seconds, values.size_bytes, values.count]
)
@pytest.mark.parametrize(
    "text", ["0", "-1", "-0.0", "", " ", "nan", "inf", "ten", "1 2", "1,5", "5parsec", "0x", "1e9999"]
)
def test_zero_negative_and_nonsense_are_refused_with_an_example(
    parse: values.Parse[float], text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert repr(text) in caught.value.message
    assert caught.value.hint.startswith("write it like ")


@pytest.mark.parametrize(
    ("parse", "text"),
    [(values.count, "1.5"), (values.frequency_hz, "0.5Hz"), (values.size_bytes, "0.3")],
)
def test_a_fraction_of_what_is_counted_is_refused(parse: values.Parse[int], text: str) -> None:
    with pytest.raises(UsageError, match="not a whole number"):
        parse(text)


@pytest.mark.parametrize("text", ["1e30", "99999999999G", "0xFFFFFFFFFFFFFFFF"])
def test_a_number_beyond_64_bits_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="too large"):
        values.size_bytes(text) if text.startswith("0x") else values.count(text)


def test_errors_name_the_option() -> None:
    with pytest.raises(UsageError, match=r"--clock: '0' is not a positive frequency"):
        values.for_option("--clock", values.frequency_hz)("0")


@settings(max_examples=200)
@given(st.text(max_size=12))
def test_no_text_causes_any_other_error(text: str) -> None:
    for parse in (values.frequency_hz, values.duration_seconds, values.size_bytes, values.count):
        with contextlib.suppress(UsageError):
            assert parse(text) > 0
