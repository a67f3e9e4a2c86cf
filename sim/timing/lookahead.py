"""Timing of a block together with the blocks that can follow it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import lru_cache

from sim.errors import ImageError
from sim.timing.block import BlockTiming
from sim.timing.buses import BusName, assign_buses, pointer_registers
from sim.timing.decode import decode_block, iterate_block
from sim.timing.instruction import BranchKind, Instruction
from sim.timing.pipeline import CoreModel

_LOOKAHEAD_BYTES = 48
"""Enough for most blocks whole; what a block leaves behind is gone long before."""


def time_block(
    model: CoreModel,
    code: bytes,
    address: int,
    read: Callable[[int, int], bytes],
    register_bus: Callable[[int], BusName] | None = None,
) -> BlockTiming:
    """Decode a block and return its cost, with what it adds to the blocks reached by its known exits.

    Parameters
    ----------
    model
        The core.
    code
        Bytes of the block.
    address
        Address of its first byte.
    read
        Returns bytes of code by address and size; raises ImageError where not all of that is memory.
    register_bus
        Bus of the address that a register holds on entry to the block; None when that is not known.
    """
    instructions = decode_block(code, address, model.name)
    pointers = 0
    if model.has_split_buses:
        pointers = pointer_registers(instructions)
        if register_bus is not None:
            instructions = assign_buses(instructions, register_bus)
    if not instructions:
        return model.block_timing(instructions)
    last = instructions[-1]
    fall_through: tuple[Instruction, ...] = ()
    target: tuple[Instruction, ...] = ()
    if last.branch is BranchKind.NONE or last.condition:
        fall_through = _decode_successor(model, address + len(code), read)
    if last.target is not None and last.target != address:
        target = _decode_successor(model, last.target, read)
    timing = model.block_timing(instructions, fall_through=fall_through, target=target)
    return dataclasses.replace(timing, pointer_registers=pointers)


def _decode_successor(
    model: CoreModel, address: int, read: Callable[[int, int], bytes]
) -> tuple[Instruction, ...]:
    """Decode up to the first branch, or as far as the lookahead goes."""
    try:
        code = read(address, _LOOKAHEAD_BYTES)
    except ImageError:
        return ()  # the end of memory: nothing is known
    return _decode_to_branch(bytes(code), address, model.name)


@lru_cache(maxsize=1 << 12)
def _decode_to_branch(code: bytes, address: int, core: str) -> tuple[Instruction, ...]:
    instructions: list[Instruction] = []
    for instruction in iterate_block(code, address, core):
        if instruction.undefined:
            break
        instructions.append(instruction)
        if instruction.branch is not BranchKind.NONE:
            break
    return tuple(instructions)
