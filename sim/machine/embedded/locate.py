"""Which instruction of a block makes a given access.

Unicorn keeps the program counter at block granularity while a block runs, but the general registers are current. The
access is therefore found by its address: the first load or store whose effective address covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.timing.instruction import PC, Instruction


def locate_access(
    instructions: Sequence[Instruction], register: Callable[[int], int], address: int, first: int = 0
) -> int | None:
    """Return the index of the instruction that accesses ``address``.

    Parameters
    ----------
    instructions
        The decoded block.
    register
        Returns the current value of a core register by number.
    address
        Address of the access.
    first
        Index to search from, for a block that accesses the same address again.
    """
    by_register_offset = None
    for index in range(first, len(instructions)):
        instruction = instructions[index]
        transfers = instruction.load_count + instruction.store_count
        if not transfers or instruction.base is None:
            continue
        if instruction.offset is None:
            by_register_offset = index if by_register_offset is None else by_register_offset
            continue
        if instruction.base == PC:
            base = (instruction.address + 4) & ~3
        else:
            base = register(instruction.base)
        start = base + instruction.offset & 0xFFFFFFFF
        if start <= address < start + transfers * instruction.access_bytes:
            return index
    return by_register_offset


def ends_in_conditional_branch(code: bytes) -> bool:
    """Whether a block ends in ``b<cond>``, ``cbz`` or ``cbnz`` (Armv7-M ARM, A5.2.6, A5.3.4 and A6.7.12)."""
    last = int.from_bytes(code[-2:], "little")
    if last >> 12 == 0b1101 and last >> 8 & 0xF < 0b1110:
        return True
    if last & 0xF500 == 0xB100:
        return True
    return _wide_conditional(code) is not None


def branches_backward(code: bytes) -> bool:
    """Whether the conditional branch at the end of a block jumps to a lower address."""
    wide = _wide_conditional(code)
    if wide is not None:
        return bool(wide >> 10 & 1)
    last = int.from_bytes(code[-2:], "little")
    return last >> 12 == 0b1101 and bool(last >> 7 & 1)


def _wide_conditional(code: bytes) -> int | None:
    """Return the first halfword of a 32-bit ``b<cond>`` at the end of a block, if it ends in one."""
    if len(code) < 4:
        return None
    high = int.from_bytes(code[-4:-2], "little")
    low = int.from_bytes(code[-2:], "little")
    if high >> 11 == 0b11110 and low & 0xD000 == 0x8000 and high >> 6 & 0xF < 0b1110:
        return high
    return None
