"""Limits of what an inference may cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from sim.errors import CheckFailedError, UsageError
from sim.report.units import count, percent, si
from sim.result import Inference, Operator, Result

_NAMED_OPERATORS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a result that can have a limit.

    Attributes
    ----------
    name
        What it is called in sentences.
    of_result
        Reads it; None when it is not known.
    text
        Writes it with its unit, exactly enough to tell it from a limit close by.
    of_inference
        Reads that of one inference; None for figures that inferences share.
    of_operator
        An operator's part in it; None for figures that operators have no part in.
    """

    name: str
    of_result: Callable[[Result], float | None]
    text: Callable[[float], str]
    of_inference: Callable[[Inference], float | None] | None = None
    of_operator: Callable[[Operator], float | None] | None = None


class _Worst(NamedTuple):
    """The largest value of a figure, and where it was, as in "the cycle count of 5 cycles in inference 2"."""

    value: float
    place: str
    is_first: bool


def _exact(noun: str) -> Callable[[float], str]:
    return lambda value: count(round(value), noun)


def _prefixed(unit: str) -> Callable[[float], str]:
    def text(value: float) -> str:
        number, _, prefixed_unit = si(value, unit, 6).partition(" ")
        return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {prefixed_unit}"

    return text


def _cost(name: str, attribute: str, text: Callable[[float], str], operator_attribute: str) -> Figure:
    return Figure(name, attrgetter(attribute), text, attrgetter(attribute), attrgetter(operator_attribute))


CYCLES = _cost("cycle count", "cycles", _exact("cycle"), "cycles")
LATENCY = _cost("latency", "latency_seconds", _prefixed("s"), "cycles")
ENERGY = _cost("energy", "energy_joules", _prefixed("J"), "energy_joules")
ARENA = Figure("arena use", attrgetter("memory.arena_used_bytes"), _exact("byte"))


def require_below(result: Result, figure: Figure, limit: float) -> None:
    """Demand that a figure of every inference is less than a limit, in the figure's unit.

    Raises
    ------
    CheckFailedError
        It is not, or it is not known.
    """
    worst = _worst(result, figure)
    if not worst.value < limit:
        raise CheckFailedError(
            f"the {figure.name} of {figure.text(worst.value)} {worst.place} is not below "
            f"{figure.text(limit)}{_blame(result, figure, worst)}"
        )


def require_budget(result: Result, limits: Mapping[Figure, float]) -> None:
    """Demand that every inference stays within a budget: at most so much of each figure, in its unit.

    Raises
    ------
    CheckFailedError
        At least one is over its limit, with a line for each that is; or one is not known.
    """
    lines = []
    for figure, limit in limits.items():
        worst = _worst(result, figure)
        if not worst.value <= limit:
            excess = f"{percent(worst.value / limit - 1)} over" if limit > 0 else "over"
            lines.append(
                f"the {figure.name} of {figure.text(worst.value)} {worst.place} is {excess} "
                f"its budget of {figure.text(limit)}{_blame(result, figure, worst)}"
            )
    if lines:
        raise CheckFailedError("\n".join(lines))


def require_operator_cycles_below(result: Result, operator: str, limit_cycles: int) -> None:
    """Demand that an operator takes less than a number of cycles in the first inference.

    Parameters
    ----------
    operator
        Index, or name: then every operator of that name has to.

    Raises
    ------
    UsageError
        The model has no such operator.
    CheckFailedError
        One takes as many cycles or more.
    """
    chosen = [entry for entry in result.operators if operator in (str(entry.index), entry.name)]
    if not chosen:
        known = ", ".join(_label(entry) for entry in result.operators)
        raise UsageError(f"the model has no operator {operator!r}", f"it has: {known}")
    for entry in chosen:
        if entry.cycles is None or not entry.cycles < limit_cycles:
            cycles = "an unknown number of" if entry.cycles is None else f"{entry.cycles:,}"
            raise CheckFailedError(
                f"operator {_label(entry)} takes {cycles} cycles on {result.platform.id}, "
                f"not below {limit_cycles:,}"
            )


def _worst(result: Result, figure: Figure) -> _Worst:
    place = f"on {result.platform.id}"
    if figure.of_inference is None or len(result.inferences) <= 1:
        value = figure.of_result(result)
        if value is None:
            raise CheckFailedError(f"the {figure.name} of the run {place} is not known")
        return _Worst(value, place, is_first=True)
    values = [figure.of_inference(inference) for inference in result.inferences]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        raise CheckFailedError(f"the {figure.name} of inference {values.index(None)} {place} is not known")
    index = known.index(max(known))
    return _Worst(known[index], f"of inference {index} {place}", is_first=index == 0)


def _blame(result: Result, figure: Figure, worst: _Worst) -> str:
    """Name the operators that have the largest parts in a figure; those of the first inference are known."""
    if figure.of_operator is None or not worst.is_first:
        return ""
    costs = [(figure.of_operator(operator) or 0, operator) for operator in result.operators]
    total = sum(cost for cost, _ in costs)
    if not total:
        return ""
    ranked = sorted(costs, key=lambda entry: -entry[0])[:_NAMED_OPERATORS]
    parts = ", ".join(f"{_label(operator)} {percent(cost / total)}" for cost, operator in ranked)
    return f"; it goes mostly to {parts}"


def _label(operator: Operator) -> str:
    return f"#{operator.index} {operator.name}"
