"""Where the cycles went: the functions of a firmware, ranked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

import numpy as np

from sim.energy import EnergyModel
from sim.machine.profile import MarkerHit, Profile, Span
from sim.result import Function

_REGION_SHIFT = (
    24  # a function does not reach from flash into RAM: the part of the address that tells them apart
)


def rank_functions(
    profile: Profile,
    begin: MarkerHit,
    end: MarkerHit,
    symbols: Mapping[str, int],
    model: EnergyModel | None,
) -> tuple[Function, ...]:
    """Return the functions that ran between two marker hits, most cycles first.

    A block belongs to the function with the nearest address below. Its cycles follow from how often it was
    executed; cycles spent waiting for memory are known in total only, and are shared out in proportion to
    them. Time asleep and entry into exceptions belong to no function.

    Parameters
    ----------
    symbols
        Address of each function by linker name.
    model
        Prices energy; None where nothing is known about it.
    """
    starts = sorted({address: name for name, address in sorted(symbols.items(), reverse=True)}.items())
    if not starts:
        return ()
    span = profile.span(begin, end)
    executions, taken, mispredicts = (
        _difference(after, before)
        for after, before in (
            (end.executions, begin.executions),
            (end.taken, begin.taken),
            (end.mispredicts, begin.mispredicts),
        )
    )
    count = len(executions)
    blocks = profile.blocks[:count]
    costs = np.array(
        [(b.timing.cycles, b.timing.taken_cycles, b.timing.mispredict_cycles) for b in blocks],
        dtype=np.float64,
    ).reshape(count, 3)
    cycles = executions * costs[:, 0] + taken * costs[:, 1] + mispredicts * costs[:, 2]
    owners = np.array([_owner(block.address, starts) for block in blocks], dtype=np.int64)
    own_cycles = float(cycles.sum()) or 1.0
    functions = []
    for index in np.unique(owners[owners >= 0]).tolist():
        mine = owners == index
        if not (mine_cycles := float(cycles[mine].sum())):
            continue
        address, name = starts[index]
        part = _part(profile, span, executions, mine, mine_cycles, mine_cycles / own_cycles)
        entries = [i for i in np.flatnonzero(mine).tolist() if blocks[i].address == address]
        functions.append(
            Function(
                name=name,
                address=address,
                cycles=part.cycles,
                share=part.cycles / span.cycles,
                instructions=part.instructions,
                calls=int(executions[entries].sum()),
                energy_joules=None if model is None else model.energy_of(part).joules,
            )
        )
    return tuple(sorted(functions, key=lambda function: (-function.cycles, function.address)))


def _difference(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    counts = after.astype(np.float64)
    counts[: len(before)] -= before
    return counts


def _owner(address: int, starts: list[tuple[int, str]]) -> int:
    """Return the index of the function that an address belongs to; -1 where there is none."""
    index = bisect_right(starts, (address, "\U0010ffff")) - 1
    if index < 0 or starts[index][0] >> _REGION_SHIFT != address >> _REGION_SHIFT:
        return -1
    return index


def _part(
    profile: Profile, span: Span, executions: np.ndarray, mine: np.ndarray, cycles: float, share: float
) -> Span:
    """Return the account of some blocks, with their share of what is known in total only."""
    totals = (executions * mine) @ profile.table.weights[: len(executions)]
    *class_counts, _, _ = (int(total) for total in totals.tolist())
    events = {name: round(count * share) for name, count in span.memory_events.items()}
    return Span(
        cycles=round(cycles) + events["stall_cycles"],
        instructions=sum(class_counts),
        class_counts=tuple(class_counts),
        memory_events=events,
    )
