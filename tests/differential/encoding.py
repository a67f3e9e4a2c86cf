"""Instruction forms as bit patterns with named fields, written as the architecture manuals draw them.

In a pattern ``0`` and ``1`` are fixed, a letter is a field (its bits in order, wherever they stand), and
blanks do not count. Sources: Armv6-M ARM A5 and A6.7, Armv7-M ARM A5 to A7.7, Armv8-M ARM C2.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Flag, auto
from functools import cache

BASE = 7
"""Register that points into the scratch memory; sequences never change it."""
LOW = tuple(range(7))
WRITABLE = (*LOW, 8, 9, 10, 11, 12, 14)
READABLE = (*range(13), 14)

Fields = Mapping[str, int]


class Feature(Flag):
    """What a core must have for an instruction."""

    V6M = auto()
    V7M = auto()
    DSP = auto()
    SINGLE = auto()
    V5 = auto()
    """The instructions that FPv5 adds."""
    DOUBLE = auto()
    V8M = auto()


FEATURES = {
    "cortex-m0": Feature.V6M,
    "cortex-m3": Feature.V6M | Feature.V7M,
    "cortex-m4f": Feature.V6M | Feature.V7M | Feature.DSP | Feature.SINGLE,
    "cortex-m7f": Feature.V6M | Feature.V7M | Feature.DSP | Feature.SINGLE | Feature.V5 | Feature.DOUBLE,
    "cortex-m33f": Feature.V6M | Feature.V7M | Feature.DSP | Feature.SINGLE | Feature.V5 | Feature.V8M,
}


@dataclass(frozen=True)
class Form:
    """One encoding of one instruction.

    Attributes
    ----------
    name
        What a disassembler calls it, without condition, flag and width suffixes; more may follow a blank.
    pattern
        16 or 32 bits.
    needs
        Features of the core.
    domains
        Values of fields where the default of :func:`default_domain` does not hold.
    valid
        Which combinations of field values are predictable; None when all are.
    in_it
        Whether it may be conditional.
    """

    name: str
    pattern: str
    needs: Feature
    domains: Mapping[str, Sequence[int]] = field(default_factory=dict)
    valid: Callable[[Fields], bool] | None = None
    in_it: bool = True

    def draw(self, rng: random.Random) -> bytes:
        """Return a random instruction of this form."""
        _, _, letters = _compiled(self.pattern)
        while True:
            values = {
                letter: rng.choice(self.domains.get(letter) or default_domain(letter, len(shifts)))
                for letter, shifts in letters.items()
            }
            if self.valid is None or self.valid(values):
                return encode(self.pattern, **values)


def default_domain(letter: str, width: int) -> Sequence[int]:
    """Return the values that a field may take.

    Registers ``d``, ``t``, ``l``, ``h`` are written, ``n``, ``m``, ``a`` are read; the rest are immediates.
    """
    if letter in "dtlh" and width in (3, 4):
        return LOW if width == 3 else WRITABLE
    if letter in "nma" and width in (3, 4):
        return range(8) if width == 3 else READABLE
    return range(1 << width)


def encode(pattern: str, **values: int) -> bytes:
    """Return the instruction with these field values, as it stands in memory."""
    width, fixed, letters = _compiled(pattern)
    word = fixed
    for letter, shifts in letters.items():
        value = values[letter]
        for position, shift in enumerate(reversed(shifts)):
            word |= (value >> position & 1) << shift
    if width == 16:
        return word.to_bytes(2, "little")
    return (word >> 16).to_bytes(2, "little") + (word & 0xFFFF).to_bytes(2, "little")


@cache
def _compiled(pattern: str) -> tuple[int, int, dict[str, list[int]]]:
    bits = pattern.replace(" ", "")
    assert len(bits) in (16, 32), pattern
    letters: dict[str, list[int]] = {}
    fixed = 0
    for index, bit in enumerate(bits):
        shift = len(bits) - 1 - index
        if bit == "1":
            fixed |= 1 << shift
        elif bit != "0":
            letters.setdefault(bit, []).append(shift)
    return len(bits), fixed, letters
