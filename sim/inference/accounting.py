"""From what a machine executed to the parts of a result: cycles, energy, operators, memory."""

from __future__ import annotations

from collections.abc import Sequence

from sim.energy import EnergyEstimate, EnergyModel
from sim.inference.placement import Placement
from sim.inference.session import InferenceRecord, OperatorSpan
from sim.machine.engines import DEFAULT_ENGINE
from sim.machine.profile import Span
from sim.machine.protocol import Accounting, Level
from sim.model import Model, operator_macs
from sim.platform import Platform
from sim.result import Issue, Memory, Operator, make_issue, validation_issues
from sim.result.issues import REGISTRY
from sim.timing.instruction import InstructionClass
from sim.timing.typical import typical_cycles_per_instruction
from sim.timing.version import timing_model_version

_CLASS_NAMES = tuple(kind.name.lower() for kind in InstructionClass)


class Accounts:
    """Prices spans of one model on one board at one clock.

    Parameters
    ----------
    clock_hz
        Core clock in Hz.
    """

    def __init__(self, platform: Platform, clock_hz: int, model: Model) -> None:
        self._energy = EnergyModel(platform, clock_hz) if platform.energy is not None else None
        self._clock_hz = clock_hz
        self._model = model
        self._macs = tuple(operator_macs(model, operator) for operator in model.operators)

    def energy(self, span: Span) -> EnergyEstimate | None:
        """Return the energy of a span; None where the board's consumption or what was executed is unknown."""
        if self._energy is None or not span.class_counts:
            return None
        return self._energy.energy_of(span)

    def energy_joules(self, span: Span) -> float | None:
        """Return the energy of a span without its uncertainty."""
        energy = self.energy(span)
        return energy.joules if energy is not None else None

    def latency_seconds(self, span: Span) -> float:
        """Return the duration of a span."""
        return span.cycles / self._clock_hz

    def operators(self, inference: InferenceRecord) -> tuple[Operator, ...]:
        """Describe the operators of an inference."""
        return tuple(self.operator(executed, inference.span) for executed in inference.operators)

    def operator(self, executed: OperatorSpan, inference: Span) -> Operator:
        """Describe one operator of an inference."""
        operator = self._model.operators[executed.index]
        span, macs = executed.span, self._macs[executed.index]
        return Operator(
            index=executed.index,
            name=operator.custom_name or operator.name,
            cycles=span.cycles,
            share=span.cycles / inference.cycles if inference.cycles else None,
            instructions=span.instructions,
            energy_joules=self.energy_joules(span),
            macs=macs,
            cycles_per_mac=span.cycles / macs if macs else None,
            output_shape=self._model.tensors[operator.outputs[0]].shape if operator.outputs else None,
        )


def instruction_mix(span: Span) -> dict[str, int]:
    """Return executed instructions by class, classes that did not occur left out."""
    return {name: count for name, count in zip(_CLASS_NAMES, span.class_counts, strict=True) if count}


def memory_part(
    platform: Platform,
    placement: Placement,
    model: Model,
    *,
    arena_used_bytes: int | None,
    stack_high_water_bytes: int | None,
    record: InferenceRecord | None,
    memory_simulated: bool,
) -> Memory:
    """Describe memory use, and the memory system's behaviour in one inference where it was simulated."""
    events = record.span.memory_events if record is not None and memory_simulated else None
    return Memory(
        arena_used_bytes=arena_used_bytes,
        arena_size_bytes=placement.arena_size_bytes,
        stack_high_water_bytes=stack_high_water_bytes,
        model_bytes=model.size_bytes,
        flash_used_bytes=placement.flash_used_bytes,
        flash_total_bytes=platform.flash_bytes,
        ram_used_bytes=None if arena_used_bytes is None else placement.ram_fixed_bytes + arena_used_bytes,
        ram_total_bytes=platform.ram_bytes,
        icache_hit_rate=None if events is None else _rate(events["icache_hits"], events["icache_misses"]),
        dcache_hit_rate=None if events is None else _rate(events["dcache_hits"], events["dcache_misses"]),
        stall_cycles=None if events is None else events["stall_cycles"],
        events=None if events is None else dict(events),
    )


def platform_issues(platform: Platform, accounting: Accounting) -> list[Issue]:
    """Return what is to be known about a board's models, the level of accounting and the machine."""
    validation = platform.validation
    return [
        *([make_issue("engine.defect", accounting.defect)] if accounting.defect else []),
        *_level_issues(accounting.level, accounting.shortfall),
        *validation_issues(
            timing_is_validated=validation.is_validated,
            energy_is_validated=None if platform.energy is None else validation.energy_is_validated,
        ),
    ]


def timing_model(core: str, level: Level) -> str:
    """Return what cycles come from, for the provenance of a result."""
    if level is Level.INSTRUCTIONS:
        return f"{core} {typical_cycles_per_instruction(core):.3g} cycles per instruction"
    return f"{core} {timing_model_version()}"


def _level_issues(level: Level, shortfall: str) -> list[Issue]:
    if level is Level.FULL:
        return []
    if level is Level.INSTRUCTIONS:
        meaning = REGISTRY["timing.estimated"].meaning
        return [make_issue("timing.estimated", f"{meaning} The reason: {shortfall}." if shortfall else None)]
    hint = f"{shortfall}: use --engine {DEFAULT_ENGINE}" if shortfall else None
    return [make_issue("timing.level_reduced", hint=hint)]


def operators_add_up(operators: Sequence[Operator], inference: Span, tolerance: float = 0.05) -> bool:
    """Whether the operators' cycles make up the inference, up to a relative tolerance."""
    total = sum(operator.cycles or 0 for operator in operators)
    return abs(total - inference.cycles) <= tolerance * inference.cycles


def _rate(hits: int, misses: int) -> float | None:
    return hits / (hits + misses) if hits + misses else None
