"""Which bus each data access of a block uses, from what the base registers hold when the block is entered.

Cortex-M3 and Cortex-M4 reach addresses below 0x20000000 through the D-Code bus and the rest through the
system bus ([TRM-M4] 2.3.1), and pipeline a load only behind one on the same bus ([JNK-M34]).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from enum import IntEnum

from sim.timing.instruction import PC, Instruction


class BusName(IntEnum):
    """Buses of the data side."""

    UNKNOWN = 0
    CODE = 1
    SYSTEM = 2


_SYSTEM_BUS_START = 0x20000000


def bus_of(address: int) -> BusName:
    """Return the bus that serves an address."""
    return BusName.CODE if address < _SYSTEM_BUS_START else BusName.SYSTEM


def pointer_registers(instructions: Sequence[Instruction]) -> int:
    """Return a mask of the registers that form addresses with the value they had on entry to the block."""
    mask = 0
    overwritten: set[int] = set()
    for instruction in instructions:
        base = instruction.base
        if base is not None and base != PC and base not in overwritten:
            mask |= 1 << base
        overwritten |= _lost(instruction)
    return mask


def assign_buses(
    instructions: Sequence[Instruction], register_bus: Callable[[int], BusName]
) -> list[Instruction]:
    """Return the instructions with the bus of each access, as far as the entry values tell.

    Parameters
    ----------
    register_bus
        Bus of the address that a register of :func:`pointer_registers` holds on entry.
    """
    assigned = []
    overwritten: set[int] = set()
    for instruction in instructions:
        base = instruction.base
        bus = BusName.UNKNOWN
        if base == PC:
            bus = bus_of(instruction.address)
        elif base is not None and base not in overwritten:
            bus = register_bus(base)
        assigned.append(dataclasses.replace(instruction, bus=bus) if base is not None else instruction)
        overwritten |= _lost(instruction)
    return assigned


def _lost(instruction: Instruction) -> frozenset[int]:
    """Registers that no longer point where they did; write-back moves a pointer by a few bytes only."""
    kept = {instruction.base} if instruction.writeback and instruction.base is not None else set()
    return instruction.writes - kept
