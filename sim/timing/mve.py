"""Decoding of what Armv8.1-M adds to Thumb, of which the vector extension (MVE) is the most.

The disassembler library behind :mod:`sim.timing.decode` knows none of it, and takes some for other
instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, Final

from sim.timing.instruction import PC, SP, VECTOR_PREDICATE, Instruction, InstructionClass
from sim.timing.mve_encodings import ENCODINGS
from sim.timing.mve_memory import read_vector_memory, vector_registers
from sim.timing.mve_scalar import read_loop, read_scalar

_WIDE_HIGH_BYTE: Final = 0xE8  # the upper byte of the first halfword of 32-bit instructions starts here

# Where the operand letters of the encodings are: shift, mask, factor, and what is added.
_CORE_FIELDS: Final = {
    "t": (12, 0xF, 1, 0),
    "n": (16, 0xF, 1, 0),
    "m": (0, 0xF, 1, 0),
    "a": (13, 0x7, 2, 0),
    "e": (17, 0x7, 2, 0),
    "b": (20, 0x7, 2, 1),
    "o": (1, 0x7, 2, 1),
}
_VECTOR_SHIFTS: Final = {"D": 13, "N": 17, "M": 1}

_PREDICATE_WRITERS: Final = frozenset({"vcmp", "vpt", "vpst", "vpnot", "vctp"})
_PREDICATE_READERS: Final = frozenset({"vpnot", "vpsel"})

# The class of a mnemonic by its start, the first that fits; all others are DSP.
_CLASSES: Final = (
    (InstructionClass.SYSTEM, ("vpst", "vpnot", "vctp")),
    (InstructionClass.FP_MAC, ("vfm", "vcmla")),
    (InstructionClass.FP_MUL, ("vmul.f", "vcmul")),
    (InstructionClass.FP_ALU, ("vadd.f", "vsub.f", "vabd.f", "vabs.f", "vneg.f", "vcadd.f", "vcvt", "vrint")),
    (InstructionClass.FP_ALU, ("vmaxnm", "vminnm")),
    (InstructionClass.MAC, ("vmla", "vmls", "vrmla", "vrmls", "vqdmla", "vqdmls", "vqrdmla", "vqrdmls")),
    (InstructionClass.MUL, ("vmul", "vrmulh", "vqdmul", "vqrdmul")),
    (InstructionClass.FP_MOVE, ("vmov", "vdup")),
)
_CONVERTING_MOVES: Final = ("vmovn", "vmovl")
_FIRST_MODE_WITHOUT_LOGIC: Final = 12


def decode_v81m(code: bytes, position: int, address: int) -> Instruction | None:
    """Decode one instruction of Armv8.1-M.

    Parameters
    ----------
    code
        Bytes of a block.
    position
        Where in them the instruction starts.
    address
        Its address.

    Returns
    -------
    Instruction or None
        None where there is an instruction of 16 bits, or one that was there before Armv8.1-M.
    """
    if len(code) < position + 4 or code[position + 1] < _WIDE_HIGH_BYTE:
        return None
    word = int.from_bytes(code[position : position + 2], "little") << 16
    word |= int.from_bytes(code[position + 2 : position + 4], "little")
    template = _template(word)
    if template is not None:
        return template(address=address)
    loop = read_loop(word, address)
    return None if loop is None else Instruction(address, 4, **loop)


@lru_cache(maxsize=1 << 12)
def _template(word: int) -> Callable[..., Instruction] | None:
    """Return a constructor that lacks only the address, or None for an instruction of another kind."""
    facts = read_vector_memory(word) or read_scalar(word) or _read_vector(word)
    return None if facts is None else partial(Instruction, size_bytes=4, **facts)


def _read_vector(word: int) -> dict[str, Any] | None:
    found = _find(word)
    if found is None:
        return None
    name, written, read = found
    mnemonic = name.removesuffix(".f")
    writes, reads = _operands(word, written), _operands(word, read)
    if mnemonic in _PREDICATE_WRITERS:
        writes |= {VECTOR_PREDICATE}
    if mnemonic in _PREDICATE_READERS:
        reads |= {VECTOR_PREDICATE}
    kind = _class_of(name)
    accumulates = kind in (InstructionClass.MAC, InstructionClass.FP_MAC)
    return {
        "mnemonic": mnemonic,
        "kind": kind,
        "reads": reads,
        "writes": writes,
        "accumulator": reads & writes if accumulates else frozenset(),
        "uses_fpu": True,
    }


def _find(word: int) -> tuple[str, str, str] | None:
    """Return mnemonic, and the letters of the operands written and read."""
    if word & 0xEFF8_10D0 == 0xEF80_0050:  # a constant, made by bits 11-8 and 5
        mode = word >> 8 & 0xF
        if mode & 1 and mode < _FIRST_MODE_WITHOUT_LOGIC:
            return "vbic" if word >> 5 & 1 else "vorr", "D", "D"
        return "vmov", "D", ""
    return next((row[2:] for row in _table() if word & row[1] == row[0]), None)


@cache
def _table() -> tuple[tuple[int, int, str, str, str], ...]:
    rows = [line.split() for line in ENCODINGS.split("\n") if line]
    table = [(int(bits, 16), int(mask, 16), name, written, read) for bits, mask, name, written, read in rows]
    return tuple(sorted(table, key=lambda row: -row[1].bit_count()))


def _class_of(name: str) -> InstructionClass:
    if name.startswith(_CONVERTING_MOVES):
        return InstructionClass.DSP
    return next((kind for kind, starts in _CLASSES if name.startswith(starts)), InstructionClass.DSP)


def _operands(word: int, letters: str) -> frozenset[int]:
    registers: frozenset[int] = frozenset()
    for letter in letters:
        if letter in _VECTOR_SHIFTS:
            registers |= vector_registers(word >> _VECTOR_SHIFTS[letter])
        elif letter in _CORE_FIELDS:
            shift, mask, factor, offset = _CORE_FIELDS[letter]
            number = (word >> shift & mask) * factor + offset
            registers |= {number} - {SP, PC}  # those numbers stand for zero, or for no operand
    return registers
