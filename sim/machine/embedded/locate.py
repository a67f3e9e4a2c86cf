"""Which instruction of a block makes a given access.

Unicorn keeps the program counter at block granularity while a block runs, but the general registers are
current. The access is therefore found by its address: the first load or store whose effective address
covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.timing.instruction import PC, Instruction


def locate_access(
    instructions: Sequence[Instruction],
    register: Callable[[int], int],
    address: int,
    *,
    is_write: bool,
    first: int = 0,
) -> int | None:
    """Return the index of the instruction that accesses ``address``.

    Parameters
    ----------
    instructions
        The decoded block.
    register
        Returns the current value of a core register by number.
    address, is_write
        The access.
    first
        Index to search from, for a block that accesses the same address again.
    """
    by_register_offset = None
    for index in range(first, len(instructions)):
        instruction = instructions[index]
        transfers = instruction.store_count if is_write else instruction.load_count
        if not transfers or instruction.base is None:
            continue
        if instruction.offset is None:
            by_register_offset = index if by_register_offset is None else by_register_offset
            continue
        base = (instruction.address + 4) & ~3 if instruction.base == PC else register(instruction.base)
        start = base + instruction.offset & 0xFFFFFFFF
        if start <= address < start + transfers * instruction.access_bytes:
            return index
    return by_register_offset


def literal_addresses(code: bytes, address: int) -> list[int]:
    """Return the addresses of the literals that a block loads relative to the program counter.

    Covers ``ldr``, ``ldr.w`` and ``vldr`` (Armv7-M ARM, A7.7.44 and A7.7.236); byte, halfword and dual
    literals are rare enough to be taken as free.
    """
    found = []
    offset = 0
    while offset + 2 <= len(code):
        pc = (address + offset + 4) & ~3
        first = int.from_bytes(code[offset : offset + 2], "little")
        is_wide = first >> 11 in (0b11101, 0b11110, 0b11111)
        second = int.from_bytes(code[offset + 2 : offset + 4], "little")
        offset += 4 if is_wide else 2
        if first >> 11 == 0b01001:
            found.append(pc + (first & 0xFF) * 4)
        elif is_wide and first & 0xFF7F == 0xF85F:
            found.append(pc + (second & 0xFFF) * (1 if first & 0x80 else -1))
        elif is_wide and first & 0xFF3F == 0xED1F and second & 0x0E00 == 0x0A00:
            found.append(pc + (second & 0xFF) * 4 * (1 if first & 0x80 else -1))
    return found


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


def changes_mask(code: bytes) -> bool:
    """Whether an instruction that ends in these bytes is ``cps`` or ``msr`` (Armv7-M ARM, B5.2.1, B5.2.3)."""
    high, low = int.from_bytes(code[-4:-2], "little"), int.from_bytes(code[-2:], "little")
    return low & 0xFFE0 == 0xB660 or (high & 0xFFF0 == 0xF380 and low & 0xFF00 == 0x8800)
