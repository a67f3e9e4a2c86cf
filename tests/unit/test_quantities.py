"""Values of options with their units."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import quantities
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
    assert quantities.frequency_hz(text) == hertz


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
    assert quantities.duration_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("64K", 65_536), ("64KiB", 65_536), ("1M", 1 << 20), ("100", 100), ("0x100", 256), ("1.5k", 1536)],
)
def test_sizes(text: str, size_bytes: int) -> None:
    assert quantities.size_bytes(text) == size_bytes


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("5M", 5_000_000), ("1e9", 10**9), ("2.5k", 2500)])
def test_counts(text: str, number: int) -> None:
    assert quantities.count(text) == number


@pytest.mark.parametrize(
    "parse", [quantities.frequency_hz, quantities.duration_seconds, quantities.size_bytes, quantities.count]
)
@pytest.mark.parametrize(
    "text", ["0", "-1", "-0.0", "", " ", "nan", "inf", "ten", "1 2", "1,5", "5parsec", "0x", "1e9999"]
)
def test_zero_negative_and_nonsense_are_refused_with_an_example(
    parse: quantities.Parse[float], text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert repr(text) in caught.value.message
    assert caught.value.hint.startswith("write it like ")


@pytest.mark.parametrize(
    ("parse", "text"),
    [(quantities.count, "1.5"), (quantities.frequency_hz, "0.5Hz"), (quantities.size_bytes, "0.3")],
)
def test_a_fraction_of_what_is_counted_is_refused(parse: quantities.Parse[int], text: str) -> None:
    with pytest.raises(UsageError, match="not a whole number"):
        parse(text)


@pytest.mark.parametrize("text", ["1e30", "99999999999G", "0xFFFFFFFFFFFFFFFF"])
def test_a_number_beyond_64_bits_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="too large"):
        quantities.size_bytes(text) if text.startswith("0x") else quantities.count(text)


def test_errors_name_the_option() -> None:
    with pytest.raises(UsageError, match=r"--clock: '0' is not a positive frequency"):
        quantities.for_option("--clock", quantities.frequency_hz)("0")


@settings(max_examples=200)
@given(st.text(max_size=12))
def test_no_text_causes_any_other_error(text: str) -> None:
    for parse in (
        quantities.frequency_hz,
        quantities.duration_seconds,
        quantities.size_bytes,
        quantities.count,
    ):
        with contextlib.suppress(UsageError):
            assert parse(text) > 0
