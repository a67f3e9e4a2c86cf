"""Arguments with units, as keywords take them."""

from __future__ import annotations

import pytest

from sim.robot.quantities import count, duration, energy, frequency, size


@pytest.mark.parametrize(
    ("convert", "text", "value"),
    [
        (count, "2M", 2_000_000),
        (count, 1500, 1500),
        (count, 1000 * 1.0005, 1001),
        (duration, "30 ms", 0.03),
        (duration, "250 us", 250e-6),
        (duration, 0.5, 0.5),
        (duration, "1.5", 1.5),
        (energy, "5 mJ", 5e-3),
        (energy, "0.5J", 0.5),
        (energy, " 300 µJ ", 300e-6),
        (energy, "12.5 uJ", 12.5e-6),
        (energy, "7 nJ", 7e-9),
        (energy, 2.5e-05, 2.5e-05),
        (frequency, "80 MHz", 80_000_000),
        (size, "64 KiB", 65536),
        (size, 4096, 4096),
    ],
)
def test_quantities_are_converted_to_base_units(convert, text, value) -> None:  # type: ignore[no-untyped-def]
    assert convert(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (count, "many"),
        (duration, "30 mJ"),
        (duration, "-1 s"),
        (energy, "5"),
        (energy, "5 MJ"),
        (energy, "0 mJ"),
        (energy, "1e3 mJ"),
        (energy, -1.0),
        (energy, float("nan")),
        (count, float("inf")),
        (count, 0.0),
        (frequency, "80 ms"),
        (size, "1.5"),
    ],
)
def test_anything_else_is_refused_with_an_example(convert, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"like|greater"):
        convert(text)
