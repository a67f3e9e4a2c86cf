"""From executed instructions to joules, and from joules to days of battery life."""

from __future__ import annotations

from sim.energy.battery import Battery, BatteryLife, battery_life, find_battery, list_batteries
from sim.energy.model import EnergyEstimate, EnergyModel

__all__ = [
    "Battery",
    "BatteryLife",
    "EnergyEstimate",
    "EnergyModel",
    "battery_life",
    "find_battery",
    "list_batteries",
]
