"""What Thumb instructions access, and how they compute addresses, straight from their encodings.

Covers the loads and stores of ARMv6-M, ARMv7E-M and ARMv8-M Mainline (Armv7-M ARM, A5 and A7), and the
additions, shifts and constants that addresses are made of. Of all other instructions only the core registers
that they write are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SP = 13
LR = 14
PC = 15
NOTHING = -1
"""In place of a register: it adds nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """Transfers of `size_bytes` each, to or from ascending addresses.

    Attributes
    ----------
    base, index, shift, offset
        The first address is ``base + (index << shift) + offset``; the base can be :data:`NOTHING`.
    registers
        The core registers transferred, in the order of the addresses; empty for others.
    moves_base_bytes
        What is added to the base register afterwards.
    status
        The register that tells whether an exclusive store was made.
    """

    is_write: bool
    base: int
    offset: int
    size_bytes: int
    count: int = 1
    registers: tuple[int, ...] = ()
    index: int = NOTHING
    shift: int = 0
    moves_base_bytes: int = 0
    is_signed: bool = False
    status: int = NOTHING


@dataclass(frozen=True, slots=True)
class Sum:
    """A register becomes ``first + (second << shift) + constant``; both can be :data:`NOTHING`."""

    destination: int
    first: int = NOTHING
    second: int = NOTHING
    shift: int = 0
    constant: int = 0


@dataclass(frozen=True, slots=True)
class UpperHalf:
    """The upper half of a register becomes `constant`."""

    destination: int
    constant: int


@dataclass(frozen=True, slots=True)
class Product:
    """A register becomes ``first * second + addend``; the addend can be :data:`NOTHING`."""

    destination: int
    first: int
    second: int
    addend: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Registers are written with something else."""

    registers: tuple[int, ...]


Effect = Access | Sum | UpperHalf | Product | Unknown


def effects(code: bytes, address: int) -> Iterator[tuple[Effect, bool]]:
    """Yield what the instructions of a block do to memory and to registers, and whether in an IT block."""
    position = 0
    in_it_block = 0
    while position + 2 <= len(code):
        first = int.from_bytes(code[position : position + 2], "little")
        pc = (address + position + 4) & ~3
        if first >> 11 in (0b11101, 0b11110, 0b11111):
            second = int.from_bytes(code[position + 2 : position + 4], "little")
            position += 4
            effect = _wide(first, second, pc)
        else:
            position += 2
            if first & 0xFF00 == 0xBF00 and first & 0xF:
                in_it_block = 4 - ((first & -first).bit_length() - 1)
                continue
            effect = _narrow(first, pc)
        if effect is not None:
            yield effect, in_it_block > 0
        in_it_block = max(0, in_it_block - 1)


def _listed(mask: int) -> tuple[int, ...]:
    return tuple(number for number in range(16) if mask >> number & 1)


def _multiple(is_write: bool, base: int, registers: tuple[int, ...], *, before: bool, moves: bool) -> Access:
    size_bytes = 4 * len(registers)
    step = -size_bytes if before else size_bytes
    return Access(
        is_write,
        base,
        -size_bytes if before else 0,
        4,
        len(registers),
        registers,
        moves_base_bytes=step if moves else 0,
    )


# -- 16 bits -----------------------------------------------------------------------------------------------

_REGISTER_OFFSET = (  # is_write, size, is_signed
    (True, 4, False),
    (True, 2, False),
    (True, 1, False),
    (False, 1, True),
    (False, 4, False),
    (False, 2, False),
    (False, 1, False),
    (False, 2, True),
)


def _narrow(code: int, pc: int) -> Effect | None:
    top = code >> 12
    low, middle, number8 = code & 7, code >> 3 & 7, code >> 8 & 7
    if top in (0b0000, 0b0001):
        return _narrow_shift_or_sum(code)
    if top in (0b0010, 0b0011):
        operation = code >> 11 & 3
        constant = code & 0xFF
        if operation == 0b01:
            return None  # cmp
        if operation == 0b00:
            return Sum(number8, constant=constant)
        return Sum(number8, number8, constant=constant if operation == 0b10 else -constant)
    if top == 0b0100:
        return _narrow_register(code, pc)
    if top == 0b0101:
        is_write, size, is_signed = _REGISTER_OFFSET[code >> 9 & 7]
        return Access(is_write, middle, 0, size, registers=(low,), index=code >> 6 & 7, is_signed=is_signed)
    if top in (0b0110, 0b0111, 0b1000):
        size = {0b0110: 4, 0b0111: 1, 0b1000: 2}[top]
        return Access(not code >> 11 & 1, middle, (code >> 6 & 31) * size, size, registers=(low,))
    if top == 0b1001:
        return Access(not code >> 11 & 1, SP, (code & 0xFF) * 4, 4, registers=(number8,))
    if top == 0b1010:
        offset = (code & 0xFF) * 4
        return Sum(number8, SP, constant=offset) if code >> 11 & 1 else Sum(number8, constant=pc + offset)
    if top == 0b1011:
        return _narrow_miscellaneous(code)
    if top == 0b1100:
        registers = _listed(code & 0xFF)
        is_write = not code >> 11 & 1
        moves = is_write or number8 not in registers
        return _multiple(is_write, number8, registers, before=False, moves=moves)
    return None


def _narrow_shift_or_sum(code: int) -> Effect:
    low, middle = code & 7, code >> 3 & 7
    operation = code >> 11 & 3
    if operation == 0b00:
        return Sum(low, second=middle, shift=code >> 6 & 31)  # also movs
    if operation != 0b11:
        return Unknown((low,))
    third = code >> 6 & 7
    if code >> 10 & 1:
        return Sum(low, middle, constant=-third if code >> 9 & 1 else third)
    return Unknown((low,)) if code >> 9 & 1 else Sum(low, middle, third)


def _narrow_register(code: int, pc: int) -> Effect | None:
    if code >> 11 & 1:
        return Access(False, NOTHING, pc + (code & 0xFF) * 4, 4, registers=(code >> 8 & 7,))
    if not code >> 10 & 1:
        operation = code >> 6 & 15
        if operation in (0b1000, 0b1010, 0b1011):
            return None  # tst, cmp, cmn
        if operation == 0b1101:
            return Product(code & 7, code >> 3 & 7, code & 7, NOTHING)
        return Unknown((code & 7,))
    destination, source = (code >> 4 & 8) | (code & 7), code >> 3 & 15
    operation = code >> 8 & 3
    if operation == 0b01:
        return None  # cmp
    if operation == 0b11 or PC in (destination, source):
        return Unknown((LR,) if operation == 0b11 else (destination,))
    return Sum(destination, source) if operation == 0b10 else Sum(destination, destination, source)


def _narrow_miscellaneous(code: int) -> Effect | None:
    if code & 0xFF00 == 0xB000:
        offset = (code & 0x7F) * 4
        return Sum(SP, SP, constant=-offset if code >> 7 & 1 else offset)
    if code & 0xFE00 == 0xB400:
        return _multiple(True, SP, _listed(code & 0xFF | (code & 0x100) << 6), before=True, moves=True)
    if code & 0xFE00 == 0xBC00:
        return _multiple(False, SP, _listed(code & 0xFF | (code & 0x100) << 7), before=False, moves=True)
    if code & 0xFF00 in (0xB200, 0xBA00):
        return Unknown((code & 7,))  # extensions, reversals
    return None


# -- 32 bits -----------------------------------------------------------------------------------------------


def _wide(first: int, second: int, pc: int) -> Effect | None:
    if first & 0xFE40 == 0xE800:
        return _wide_multiple(first, second)
    if first & 0xFE40 == 0xE840:
        return _wide_dual(first, second, pc)
    if first & 0xFE00 == 0xEA00:
        return _wide_shifted(first, second)
    if first & 0xEC00 == 0xEC00 and second >> 9 & 7 == 0b101:
        return _floating_point(first, second, pc)
    if first & 0xFFE0 == 0xF3E0 and second & 0xD000 == 0x8000:
        return Unknown((second >> 8 & 15,))  # mrs
    if first & 0xF800 == 0xF000:
        return None if second >> 15 else _wide_constant(first, second, pc)
    if first & 0xFE00 == 0xF800:
        return _wide_single(first, second, pc)
    if first & 0xFF80 == 0xFB00:
        return _wide_product(first, second)
    if first & 0xFF80 == 0xFB80:
        return Unknown((second >> 12, second >> 8 & 15))
    return Unknown((second >> 8 & 15,))


def _wide_multiple(first: int, second: int) -> Effect:
    return _multiple(
        not first >> 4 & 1,
        first & 15,
        _listed(second),
        before=first >> 7 & 3 == 0b10,
        moves=bool(first >> 5 & 1),
    )


def _wide_dual(first: int, second: int, pc: int) -> Effect | None:
    base, is_write = first & 15, not first >> 4 & 1
    offset = (second & 0xFF) * 4
    if first >> 8 & 1 or first >> 5 & 1:  # ldrd, strd
        offset = offset if first >> 7 & 1 else -offset
        registers = (second >> 12, second >> 8 & 15)
        if base == PC:
            return Access(is_write, NOTHING, pc + offset, 4, 2, registers)
        pre_indexed = bool(first >> 8 & 1)
        moves = offset if first >> 5 & 1 else 0
        return Access(is_write, base, offset if pre_indexed else 0, 4, 2, registers, moves_base_bytes=moves)
    if not first >> 7 & 1:  # ldrex, strex
        if is_write and second >> 12 == 15:
            return Unknown((second >> 8 & 15,))  # tt
        if is_write:
            return Access(True, base, offset, 4, registers=(second >> 12,), status=second >> 8 & 15)
        return Access(False, base, offset, 4, registers=(second >> 12,))
    operation = second >> 4 & 15
    if operation in (0, 1):  # tbb, tbh
        index = second & 15
        if base == PC:
            return Access(False, NOTHING, pc, 1 << operation, index=index, shift=operation)
        return Access(False, base, 0, 1 << operation, index=index, shift=operation)
    status = second & 15 if is_write and operation & 4 else NOTHING  # not of stl
    return Access(is_write, base, 0, 1 << (operation & 3), registers=(second >> 12,), status=status)


def _wide_shifted(first: int, second: int) -> Effect | None:
    operation, source, destination = first >> 5 & 15, first & 15, second >> 8 & 15
    shift = (second >> 10 & 0x1C) | (second >> 6 & 3)
    if destination == PC:
        return None  # comparisons
    if not second >> 4 & 3:  # shifted to the left
        if operation == 0b0010 and source == PC:
            return Sum(destination, second=second & 15, shift=shift)
        if operation == 0b1000:
            return Sum(destination, source, second & 15, shift)
    return Unknown((destination,))


def _wide_constant(first: int, second: int, pc: int) -> Effect | None:
    source, destination = first & 15, second >> 8 & 15
    imm12 = (first & 0x400) << 1 | (second & 0x7000) >> 4 | second & 0xFF
    if first >> 9 & 1:
        operation = first >> 4 & 31
        if operation == 0b00100:
            return Sum(destination, constant=source << 12 | imm12)  # movw
        if operation == 0b01100:
            return UpperHalf(destination, source << 12 | imm12)  # movt
        if operation in (0b00000, 0b01010):
            constant = imm12 if operation == 0 else -imm12
            return (
                Sum(destination, constant=pc + constant)
                if source == PC
                else Sum(destination, source, constant=constant)
            )
        return Unknown((destination,))
    if destination == PC:
        return None  # comparisons
    operation = first >> 5 & 15
    constant = _expand(imm12)
    if operation == 0b0010 and source == PC:
        return Sum(destination, constant=constant)
    if operation in (0b1000, 0b1101):
        return Sum(destination, source, constant=constant if operation == 0b1000 else -constant)
    return Unknown((destination,))


def _expand(imm12: int) -> int:
    """ThumbExpandImm (Armv7-M ARM, A5.3.2)."""
    low = imm12 & 0xFF
    if imm12 >> 10:
        rotation, value = imm12 >> 7, 0x80 | imm12 & 0x7F
        return (value >> rotation | value << (32 - rotation)) & 0xFFFFFFFF
    return (low, low * 0x00010001, low * 0x01000100, low * 0x01010101)[imm12 >> 8 & 3]


def _wide_single(first: int, second: int, pc: int) -> Effect | None:
    size = 1 << (first >> 5 & 3)
    base, register = first & 15, second >> 12
    is_write = not first >> 4 & 1
    if size == 8 or (is_write and base == PC):
        return Unknown((register,))
    if not is_write and register == PC and size < 4:
        return None  # preloads
    is_signed = bool(first >> 8 & 1)
    if base == PC:
        offset = second & 0xFFF if first >> 7 & 1 else -(second & 0xFFF)
        return Access(False, NOTHING, pc + offset, size, registers=(register,), is_signed=is_signed)
    if first >> 7 & 1:
        return Access(is_write, base, second & 0xFFF, size, registers=(register,), is_signed=is_signed)
    if not second >> 11 & 1:
        return Access(
            is_write,
            base,
            0,
            size,
            registers=(register,),
            index=second & 15,
            shift=second >> 4 & 3,
            is_signed=is_signed,
        )
    offset = second & 0xFF if second >> 9 & 1 else -(second & 0xFF)
    return Access(
        is_write,
        base,
        offset if second >> 10 & 1 else 0,
        size,
        registers=(register,),
        moves_base_bytes=offset if second >> 8 & 1 else 0,
        is_signed=is_signed,
    )


def _wide_product(first: int, second: int) -> Effect:
    destination, addend = second >> 8 & 15, second >> 12
    if first & 0xFFF0 == 0xFB00 and not second >> 4 & 15:
        return Product(destination, first & 15, second & 15, NOTHING if addend == PC else addend)
    return Unknown((destination,))


def _floating_point(first: int, second: int, pc: int) -> Effect | None:
    base = first & 15
    reads = bool(first >> 4 & 1)
    if first & 0xFE00 != 0xEC00:  # arithmetic, and moves between the register banks
        moves_to_core = first & 0xFF00 == 0xEE00 and reads and second >> 4 & 1
        return Unknown((second >> 12,)) if moves_to_core and second >> 12 != PC else None
    if first & 0xFFE0 == 0xEC40:
        return Unknown((second >> 12, base)) if reads else None
    if not first & 0x0180:
        return None  # not allocated
    is_double = bool(second >> 8 & 1)
    offset = (second & 0xFF) * 4
    if first >> 8 & 1 and not first >> 5 & 1:  # vldr, vstr
        offset = offset if first >> 7 & 1 else -offset
        count = 2 if is_double else 1
        if base == PC:
            return Access(not reads, NOTHING, pc + offset, 4, count)
        return Access(not reads, base, offset, 4, count)
    before = bool(first >> 8 & 1)
    step = -offset if before else offset
    moves = step if first >> 5 & 1 else 0
    count = second & 0xFE if is_double else second & 0xFF
    return Access(not reads, base, -offset if before else 0, 4, count, moves_base_bytes=moves)
