"""How long a battery lasts when a board wakes up, infers once and sleeps again, period after period."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from sim.errors import UsageError
from sim.platform.table import Table, did_you_mean

_BATTERIES = Path(__file__).with_name("batteries.toml")
_SECONDS_PER_DAY = 86_400.0
_SECONDS_PER_YEAR = 365.25 * _SECONDS_PER_DAY
_JOULES_PER_MAH_VOLT = 3.6


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery: capacity in mAh, voltage in volts, and the share of the capacity that a board can use."""

    id: str
    name: str
    capacity_mah: float
    nominal_volts: float
    usable_fraction: float
    self_discharge_per_year: float
    source: str

    @property
    def usable_joules(self) -> float:
        """Energy that a board can draw from a fresh battery."""
        return self.capacity_mah * self.nominal_volts * _JOULES_PER_MAH_VOLT * self.usable_fraction


@dataclass(frozen=True, slots=True)
class BatteryLife:
    """Battery life in days, average power in watts (without self-discharge), and the share of time awake."""

    battery: str
    days: float
    average_watts: float
    duty_cycle: float


def list_batteries() -> list[Battery]:
    """Return all known batteries, sorted by ID."""
    root = Table(tomllib.loads(_BATTERIES.read_text(encoding="utf-8")), _BATTERIES.name)
    return sorted((_battery(root, id_) for id_ in root.names()), key=lambda battery: battery.id)


def find_battery(battery_id: str) -> Battery:
    """Return one battery.

    Raises
    ------
    UsageError
        There is no battery of that ID.
    """
    batteries = {battery.id: battery for battery in list_batteries()}
    if battery_id not in batteries:
        raise UsageError(f"unknown battery {battery_id!r}", did_you_mean(battery_id, list(batteries)))
    return batteries[battery_id]


def battery_life(
    inference_joules: float,
    inference_seconds: float,
    period_seconds: float,
    sleep_watts: float,
    battery: Battery,
) -> BatteryLife:
    """Return how long ``battery`` feeds one inference each ``period_seconds`` and sleep in between.

    Energy is taken from the battery without conversion loss; waking up, sensors and radio are not counted.
    The battery's self-discharge is taken as constant power.

    Raises
    ------
    UsageError
        The period is not positive, or shorter than the inference.
    """
    if not period_seconds > 0.0:
        raise UsageError(f"the period must be positive, not {period_seconds:g} s")
    if period_seconds < inference_seconds:
        raise UsageError(
            f"the period of {period_seconds:.3g} s is shorter than the inference "
            f"of {inference_seconds:.3g} s",
            "give a longer --period",
        )
    asleep_seconds = period_seconds - inference_seconds
    average_watts = (inference_joules + sleep_watts * asleep_seconds) / period_seconds
    self_discharge_watts = battery.usable_joules * battery.self_discharge_per_year / _SECONDS_PER_YEAR
    return BatteryLife(
        battery=battery.id,
        days=battery.usable_joules / (average_watts + self_discharge_watts) / _SECONDS_PER_DAY,
        average_watts=average_watts,
        duty_cycle=inference_seconds / period_seconds,
    )


def _battery(root: Table, battery_id: str) -> Battery:
    table = root.table(battery_id)
    battery = Battery(
        id=battery_id,
        name=table.string("name"),
        capacity_mah=table.number("capacity_mah", minimum=1.0, maximum=1e6),
        nominal_volts=table.number("nominal_volts", minimum=0.5, maximum=100.0),
        usable_fraction=table.number("usable_fraction", minimum=0.01, maximum=1.0),
        self_discharge_per_year=table.number("self_discharge_per_year", maximum=1.0),
        source=table.string("source"),
    )
    table.finish()
    return battery
