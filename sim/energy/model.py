"""Energy of a span of execution: a linear model in cycles, instructions, flash lines and time.

``E = base * (cycles + x * sum(weight * executed)) + line * flash lines + static power * time``

``base`` is chosen so that the reference mix (:mod:`sim.energy.reference`) costs exactly the board's measured
energy per cycle. Being linear, the energies of operators add up to that of the inference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Protocol

from sim.energy.reference import (
    CLASS_WEIGHTS,
    CODE_BYTES_PER_INSTRUCTION,
    FLASH_LOADS_PER_INSTRUCTION,
    SHAPE_RELATIVE_UNCERTAINTY,
    activity_factor,
    reference_activity,
)
from sim.platform import Platform
from sim.timing.instruction import InstructionClass
from sim.timing.typical import typical_cycles_per_instruction

_LOOP_CACHE_BYTES = 1024
"""A cache of this size holds a kernel's inner loops: estimate."""

_LOAD_BYTES = 4
_PICO = 1e-12


class CountedSpan(Protocol):
    """What the model needs to know about a span of execution."""

    @property
    def cycles(self) -> int:
        """Core cycles, stalls included."""

    @property
    def class_counts(self) -> Sequence[int]:
        """Executed instructions in the order of :class:`~sim.timing.instruction.InstructionClass`."""

    @property
    def memory_events(self) -> Mapping[str, int]:
        """Memory events by name."""


@dataclass(frozen=True, slots=True)
class EnergyEstimate:
    """Energy of a span.

    Attributes
    ----------
    joules
        The estimate.
    uncertainty_joules
        One standard deviation. It comes from the board's constants and is common to all spans, so it adds up
        like the energy itself.
    breakdown
        Parts of ``joules``: ``core`` (every cycle), ``instructions`` (by class), ``flash``, ``static``.
    """

    joules: float
    uncertainty_joules: float
    breakdown: dict[str, float]


class EnergyModel:
    """Energy model of one board at one clock.

    Parameters
    ----------
    platform
        The board; its ``[power]`` and ``[flash_energy]`` tables hold the constants and their sources.
    clock_hz
        Core clock in Hz. Dynamic energy per cycle does not depend on it: the core voltage is taken as fixed.
    """

    def __init__(self, platform: Platform, clock_hz: int) -> None:
        power = platform.power
        self._joules_per_line = platform.flash_energy.picojoules_per_line * _PICO
        self._static_joules_per_cycle = power.static_watts / clock_hz
        self._data_lines_event = _data_lines_event(platform)
        flash_joules_per_cycle = self._joules_per_line * reference_flash_lines_per_cycle(platform)
        core_joules_per_cycle = power.picojoules_per_cycle * _PICO - flash_joules_per_cycle
        factor = activity_factor()
        weights = class_weights(platform)
        self._base_joules_per_cycle = core_joules_per_cycle / (
            1.0 + factor * reference_activity(platform.core, weights)
        )
        self._joules_per_instruction = {
            kind: self._base_joules_per_cycle * factor * weights[kind] for kind in InstructionClass
        }
        self._relative_uncertainty = math.hypot(power.relative_uncertainty, SHAPE_RELATIVE_UNCERTAINTY)

    def energy_of(self, span: CountedSpan) -> EnergyEstimate:
        """Return the energy of ``span`` in joules."""
        events = span.memory_events
        lines = events.get("flash_fetch_lines", 0) + events.get(self._data_lines_event, 0)
        breakdown = {
            "core": self._base_joules_per_cycle * span.cycles,
            "instructions": math.fsum(map(mul, self._joules_per_instruction.values(), span.class_counts)),
            "flash": self._joules_per_line * lines,
            "static": self._static_joules_per_cycle * span.cycles,
        }
        joules = math.fsum(breakdown.values())
        return EnergyEstimate(joules, joules * self._relative_uncertainty, breakdown)

    def joules_by_class(self, span: CountedSpan) -> dict[InstructionClass, float]:
        """Return the part ``instructions`` of the energy of ``span``, by class of instruction."""
        return {
            kind: joules * count
            for (kind, joules), count in zip(
                self._joules_per_instruction.items(), span.class_counts, strict=True
            )
        }


def class_weights(platform: Platform) -> dict[InstructionClass, float]:
    """Return the weights of all classes in their order: the board's own where its file gives them."""
    own = platform.power.class_weights
    return {kind: own.get(kind.name.lower(), CLASS_WEIGHTS[kind]) for kind in InstructionClass}


def reference_flash_lines_per_cycle(platform: Platform) -> float:
    """Return how many flash lines the reference mix reads per cycle on this board.

    Code is read line by line unless a cache holds the loops; each constant is read once, line by line where a
    cache keeps the line and word by word where none does.
    """
    access = platform.image_memory.access
    caches = {cache.name: cache for cache in platform.caches}
    fetch_cache = caches.get(access.fetch_cache or "")
    read_cache = caches.get(access.read_cache or "")
    loops_are_cached = fetch_cache is not None and fetch_cache.size_bytes >= _LOOP_CACHE_BYTES
    code_lines = 0.0 if loops_are_cached else CODE_BYTES_PER_INSTRUCTION / access.width_bytes
    lines_per_load = _LOAD_BYTES / read_cache.line_bytes if read_cache else 1.0
    data_lines = FLASH_LOADS_PER_INSTRUCTION * lines_per_load
    return (code_lines + data_lines) / typical_cycles_per_instruction(platform.core)


def _data_lines_event(platform: Platform) -> str:
    # Behind a data cache only misses reach the flash. Refills from RAM count too: they are not told apart.
    return "dcache_misses" if platform.image_memory.access.read_cache else "flash_reads"
