"""Limits of what an inference may cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from sim.errors import CheckFailedError, UsageError
from sim.report.units import count, percent, si
from sim.result import Operator, Result

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
    of_operator
        An operator's part in it; None for figures that operators have no part in.
    """

    name: str
    of_result: Callable[[Result], float | None]
    text: Callable[[float], str]
    of_operator: Callable[[Operator], float | None] | None = None


def _exact(noun: str) -> Callable[[float], str]:
    return lambda value: count(round(value), noun)


def _prefixed(unit: str) -> Callable[[float], str]:
    def text(value: float) -> str:
        number, _, prefixed_unit = si(value, unit, 6).partition(" ")
        return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {prefixed_unit}"

    return text


CYCLES = Figure("cycle count", attrgetter("cycles"), _exact("cycle"), attrgetter("cycles"))
LATENCY = Figure("latency", attrgetter("latency_seconds"), _prefixed("s"), attrgetter("cycles"))
ENERGY = Figure("energy", attrgetter("energy_joules"), _prefixed("J"), attrgetter("energy_joules"))
ARENA = Figure("arena use", attrgetter("memory.arena_used_bytes"), _exact("byte"))


def require_below(result: Result, figure: Figure, limit: float) -> None:
    """Demand that a figure is less than a limit, in the figure's unit.

    Raises
    ------
    CheckFailedError
        It is not, or it is not known.
    """
    value = _known(result, figure)
    if not value < limit:
        raise CheckFailedError(
            f"the {figure.name} of {figure.text(value)} on {result.platform.id} is not below "
            f"{figure.text(limit)}{_blame(result, figure)}"
        )


def require_budget(result: Result, limits: Mapping[Figure, float]) -> None:
    """Demand that figures stay within a budget: at most so much of each, in the figure's unit.

    Raises
    ------
    CheckFailedError
        At least one is over its limit, with a line for each that is; or one is not known.
    """
    lines = []
    for figure, limit in limits.items():
        value = _known(result, figure)
        if not value <= limit:
            excess = f"{percent(value / limit - 1)} over" if limit > 0 else "over"
            lines.append(
                f"the {figure.name} of {figure.text(value)} on {result.platform.id} is {excess} "
                f"its budget of {figure.text(limit)}{_blame(result, figure)}"
            )
    if lines:
        raise CheckFailedError("\n".join(lines))


def require_operator_cycles_below(result: Result, operator: str, limit_cycles: int) -> None:
    """Demand that an operator takes less than a number of cycles.

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


def _known(result: Result, figure: Figure) -> float:
    value = figure.of_result(result)
    if value is None:
        raise CheckFailedError(f"the {figure.name} of the run on {result.platform.id} is not known")
    return value


def _blame(result: Result, figure: Figure) -> str:
    """Name the operators that have the largest parts in a figure."""
    if figure.of_operator is None:
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
