"""Battery life, by hand."""

from __future__ import annotations

import pytest

from sim.energy import Battery, battery_life, find_battery, list_batteries
from sim.errors import UsageError
from sim.platform import load_platform

PLAIN = Battery("plain", "plain", 100.0, 3.0, 1.0, 0.0, "a test")


def test_life_is_energy_over_average_power() -> None:
    # 100 mAh at 3 V are 1080 J. 1 mJ in 0.1 s, then 9.9 s at 10 uW: 1.099 mJ in 10 s, 109.9 uW.
    life = battery_life(1e-3, 0.1, 10.0, 10e-6, PLAIN)
    assert life.average_watts == pytest.approx(109.9e-6)
    assert life.days == pytest.approx(1080 / 109.9e-6 / 86400)
    assert life.duty_cycle == pytest.approx(0.01)


def test_a_cr2032_lasts_as_long_as_worked_out_on_paper() -> None:
    cell = find_battery("cr2032")
    assert cell.usable_joules == pytest.approx(225e-3 * 3600 * 3.0 * 0.85)  # 2065.5 J
    # Self-discharge: 1 % of 2065.5 J a year is 0.6545 uW. 1.82 mJ each 10 s and 5.04 uW of sleep: 187.02 uW.
    life = battery_life(1.82e-3, 0.0432, 10.0, 5.04e-6, cell)
    assert life.average_watts == pytest.approx(187.02e-6, rel=1e-4)
    assert life.days == pytest.approx(2065.5 / 187.67e-6 / 86400, rel=1e-4)


def test_a_battery_that_feeds_almost_nothing_dies_of_self_discharge() -> None:
    cell = find_battery("18650")
    life = battery_life(0.0, 0.0, 3600.0, 0.0, cell)
    assert life.days == pytest.approx(365.25 / cell.self_discharge_per_year)


def test_back_to_back_inferences_leave_no_time_asleep() -> None:
    life = battery_life(2e-3, 0.5, 0.5, 1.0, PLAIN)
    assert life.duty_cycle == 1.0
    assert life.average_watts == pytest.approx(4e-3)


def test_sleep_power_is_current_times_supply() -> None:
    assert load_platform("stm32l4r5").sleep_watts == pytest.approx(2.8e-6 * 1.8)


@pytest.mark.parametrize("period", [0.0, -1.0, float("nan")])
def test_a_period_must_be_positive(period: float) -> None:
    with pytest.raises(UsageError, match="period must be positive"):
        battery_life(1e-3, 0.1, period, 0.0, PLAIN)


def test_a_period_shorter_than_the_inference_is_refused() -> None:
    with pytest.raises(UsageError, match=r"0\.05 s is shorter than the inference of 0\.1 s"):
        battery_life(1e-3, 0.1, 0.05, 0.0, PLAIN)


def test_an_unknown_battery_names_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="cr2023") as caught:
        find_battery("cr2023")
    assert "cr2032" in caught.value.hint


def test_every_battery_has_a_source_and_is_listed_once() -> None:
    batteries = list_batteries()
    assert [battery.id for battery in batteries] == sorted({battery.id for battery in batteries})
    assert {"cr2032", "aa-alkaline-x2", "18650", "lipo-500mah"} <= {battery.id for battery in batteries}
    assert all(battery.source for battery in batteries)
