"""How two results differ."""

from __future__ import annotations

from sim.v1 import result_pb2
from sim.v1 import simulator_pb2 as pb

_FIGURES = ("cycles", "instructions", "latency_seconds", "energy_joules")
_MEMORY_FIGURES = ("arena_used_bytes", "stack_high_water_bytes", "flash_used_bytes", "ram_used_bytes")


def compare_runs(base: pb.Run, other: pb.Run) -> pb.RunComparison:
    """Compare the results of two runs that succeeded."""
    comparison = pb.RunComparison(base=base.name, other=other.name)
    for fields, one, two in (
        (_FIGURES, base.result, other.result),
        (_MEMORY_FIGURES, base.result.memory, other.result.memory),
    ):
        for field in fields:
            if one.HasField(field) and two.HasField(field):
                comparison.figures.append(_change(field, getattr(one, field), getattr(two, field)))
    different = _count_different(base.result, other.result)
    comparison.outputs_equal = different == 0
    if different is not None:
        comparison.different_value_count = different
    for before, after in zip(base.result.operators, other.result.operators, strict=False):
        if before.name != after.name:
            break
        comparison.operators.add(
            index=before.index, name=before.name, base_cycles=before.cycles, other_cycles=after.cycles
        )
    return comparison


def _change(field: str, base: float, other: float) -> pb.FigureChange:
    return pb.FigureChange(field=field, base=base, other=other, ratio=other / base if base else None)


def _count_different(base: result_pb2.Result, other: result_pb2.Result) -> int | None:
    """Return how many raw output values differ, or None when the outputs cannot be compared."""
    ones = [output for inference in base.inferences for output in inference.outputs]
    twos = [output for inference in other.inferences for output in inference.outputs]
    kinds = [[(output.dtype, tuple(output.shape)) for output in outputs] for outputs in (ones, twos)]
    if kinds[0] != kinds[1]:
        return None
    return sum(
        bool(a != b) and not (a != a and b != b)  # two NaNs are the same answer
        for one, two in zip(ones, twos, strict=True)
        for field in ("integers", "reals")
        for a, b in zip(getattr(one.values_raw, field), getattr(two.values_raw, field), strict=True)
    )
