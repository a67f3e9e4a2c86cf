"""Random programs that are predictable on every core they are made for, and the state they start from."""

from __future__ import annotations

import random
import struct
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from tests.differential.encoding import FEATURES, LOW, WRITABLE, Feature, Form, encode
from tests.differential.forms_float import FLOAT_FORMS
from tests.differential.forms_integer import INTEGER_FORMS
from tests.differential.forms_memory import Group, direct_forms, memory_groups
from tests.differential.known import NOT_CONDITIONAL

_MAX_PARTS = 10
_REGISTERS = 14
_FLOATS = 32
_FPSCR_MASK = 0xF7C0_009F
_INTEGERS = (0, 1, 2, 3, 31, 32, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF)
_SINGLES = (
    *(0x0000_0000, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_1234),
    *(0x7F80_0001, 0x0000_0001, 0x807F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0x4F00_0000, 0xCF00_0000, 0x4F80_0000),
    *(0x3F00_0000, 0xBF00_0000, 0x3FC0_0000, 0x4020_0000, 0x477F_F000, 0x3380_0000, 0x0000_7C01, 0x7E00_FC00),
)
_DOUBLES = (
    *(
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        2147483647.5,
        -2147483648.5,
        4294967295.5,
        1e300,
        -1e-310,
        65519.9,
    ),
    *(
        float("inf"),
        float("-inf"),
        float("nan"),
        5e-324,
        2.2250738585072014e-308,
        1.401298464324817e-45,
        3.5e38,
    ),
)
_SIGNALLING = 0x7FF0_0000_0000_0001


@dataclass(frozen=True)
class Part:
    """A few instructions with a name; no branch lands inside."""

    name: str
    code: bytes


@dataclass(frozen=True)
class State:
    """Registers before a program: r0 to r12 and lr, and those of the floating-point unit as 32 words."""

    registers: tuple[int, ...]
    apsr: int
    fpscr: int
    floats: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """Instructions and the state they start from."""

    parts: tuple[Part, ...]
    state: State

    @property
    def code(self) -> bytes:
        """The machine code."""
        return b"".join(part.code for part in self.parts)


def random_program(rng: random.Random, core: str, avoid: Collection[str] = ()) -> Program:
    """Return a program of a few parts; instructions named in `avoid` do not occur."""
    features = FEATURES[core]
    parts: list[Part] = []
    for _ in range(
        rng.randint(1, _MAX_PARTS)
    ):  # from the last part to the first, so that branches know sizes
        if parts and rng.random() < 0.15:
            parts.insert(0, _branch(rng, features, parts))
        elif Feature.V7M in features and rng.random() < 0.15:
            parts.insert(0, _conditional(rng, core, frozenset(avoid), parts))
        else:
            parts.insert(0, _straight(rng, core, frozenset(avoid)))
    return Program(tuple(parts), random_state(rng, features))


def random_state(rng: random.Random, features: Feature) -> State:
    """Return a state with many values that are special in some way."""
    flags = rng.getrandbits(5) << 27 if Feature.V7M in features else rng.getrandbits(4) << 28
    if Feature.DSP in features:
        flags |= rng.getrandbits(4) << 16
    return State(
        tuple(_integer(rng) for _ in range(_REGISTERS)),
        flags,
        _fpscr(rng) if rng.random() < 0.7 else 0,
        tuple(word for _ in range(_FLOATS // 2) for word in _pair(rng)),
    )


@cache
def available_forms(core: str, avoid: frozenset[str] = frozenset()) -> tuple[tuple[Form, ...], ...]:
    """Return integer forms, loads and stores, and floating-point forms that a core has."""
    tables = (INTEGER_FORMS, direct_forms(), FLOAT_FORMS)
    return tuple(
        tuple(form for form in table if form.needs in FEATURES[core] and form.name not in avoid)
        for table in tables
    )


@cache
def available_groups(core: str, avoid: frozenset[str] = frozenset()) -> tuple[Group, ...]:
    """Return the loads and stores of all addressing modes that a core has."""
    return tuple(
        group for group in memory_groups() if group.needs in FEATURES[core] and group.name not in avoid
    )


def _form(rng: random.Random, core: str, avoid: frozenset[str]) -> Form:
    integer, memory, floating = available_forms(core, avoid)
    choice = rng.random()
    if floating and choice < 0.4:
        return rng.choice(floating)
    return rng.choice(memory if choice > 0.9 else integer)


def _straight(rng: random.Random, core: str, avoid: frozenset[str]) -> Part:
    if Feature.SINGLE in FEATURES[core] and rng.random() < 0.05:
        return _change_status(rng)
    if rng.random() < 0.25:
        group = rng.choice(available_groups(core, avoid))
        return Part(group.name, group.build(rng))
    form = _form(rng, core, avoid)
    return Part(form.name, form.draw(rng))


def _conditional(rng: random.Random, core: str, avoid: frozenset[str], following: list[Part]) -> Part:
    """Return an IT block, the last instruction of which may be a branch."""
    condition = rng.randrange(14)
    count = rng.randint(1, 4)
    names, code = [], b""
    mask = 0
    for index in range(count):
        is_else = index > 0 and bool(rng.getrandbits(1))
        if index > 0:
            mask = mask << 1 | (condition & 1 ^ is_else)
        if index == count - 1 and following and rng.random() < 0.3:
            names.append("b")
            code += encode("11100 iiiiiiiiiii", i=(_skip(rng, following) - 2) // 2 & 0x7FF)
            continue
        form = _form(rng, core, avoid)
        while not form.in_it or form.name in NOT_CONDITIONAL:
            form = _form(rng, core, avoid)
        names.append(form.name)
        code += form.draw(rng)
    mask = (mask << 1 | 1) << (4 - count)
    return Part(f"it({' '.join(names)})", encode("10111111 cccc mmmm", c=condition, m=mask) + code)


def _skip(rng: random.Random, following: list[Part]) -> int:
    """Return how many bytes a branch skips: some of the parts that follow."""
    count = rng.randint(0, min(3, len(following)))
    return sum(len(part.code) for part in following[:count])


def _change_status(rng: random.Random) -> Part:
    """Change rounding mode, flush-to-zero, NaN handling and flags on the way."""
    register, value = rng.choice([r for r in WRITABLE if r != 14]), _fpscr(rng)
    code = encode("11110i100100 jjjj 0kkk dddd llllllll", d=register, **_halfword(value & 0xFFFF))
    code += encode("11110i101100 jjjj 0kkk dddd llllllll", d=register, **_halfword(value >> 16))
    return Part("vmsr", code + encode("1110111011100001 tttt 1010 0001 0000", t=register))


def _halfword(value: int) -> dict[str, int]:
    return {"j": value >> 12, "i": value >> 11 & 1, "k": value >> 8 & 7, "l": value & 0xFF}


def _fpscr(rng: random.Random) -> int:
    return rng.getrandbits(32) & _FPSCR_MASK


def _branch(rng: random.Random, features: Feature, following: list[Part]) -> Part:
    skip = _skip(rng, following)
    kinds = ["b", "b<c>", "bl", "bx", "mov pc"]
    if Feature.V7M in features:
        kinds += ["cbz", "b.w", "b<c>.w", "blx", "pop pc", "tbb", "tbh"]
    kind = rng.choice(kinds)
    if kind == "cbz" and skip == 0:
        kind = "b"
    near = (skip - 2) // 2  # of a 16-bit branch: relative to its address plus four
    far = skip // 2
    if kind == "b":
        code = encode("11100 iiiiiiiiiii", i=near & 0x7FF)
    elif kind == "b<c>":
        code = encode("1101 cccc iiiiiiii", c=rng.randrange(14), i=near & 0xFF)
    elif kind == "cbz":
        code = encode("1011 o0 i1 iiiii nnn", o=rng.getrandbits(1), i=near, n=rng.randrange(8))
    elif kind == "bl":
        code = encode("11110000000 iiiii 11111 iiiiiiiiiii", i=far)
    elif kind == "b.w":
        code = encode("11110000000 iiiii 10111 iiiiiiiiiii", i=far)
    elif kind == "b<c>.w":
        code = encode("111100 cccc iiiiii 10000 iiiiiiiiiii", c=rng.randrange(14), i=far)
    elif kind in ("tbb", "tbh"):
        code = _table_branch(rng, following, is_wide=kind == "tbh")
    else:
        code = _indirect(rng, kind, skip, is_narrow=Feature.V7M not in features)
    return Part(kind, code)


def _indirect(rng: random.Random, kind: str, skip: int, *, is_narrow: bool) -> bytes:
    register = rng.choice(LOW if is_narrow else [r for r in WRITABLE if r != 14])
    last = {
        "bx": encode("010001110 mmmm 000", m=register),
        "blx": encode("010001111 mmmm 000", m=register),
        "mov pc": encode("01000110 1 mmmm 111", m=register),
        "pop pc": encode("1111100001001101 tttt 110100000100", t=register) + encode("1011110100000000"),
    }[kind]
    address = encode("01000110 d 1111 ddd", d=register)
    advance = 2 if is_narrow else 4
    distance = len(last) + advance - 2 + skip + 1
    pattern = "00110 ddd iiiiiiii" if is_narrow else f"11110i100000 {register:04b} 0iii dddd iiiiiiii"
    return address + encode(pattern, d=register, i=distance) + last


def _table_branch(rng: random.Random, following: list[Part], *, is_wide: bool) -> bytes:
    count = rng.randint(1, 4)
    size = 2 if is_wide else 1
    table_bytes = (count * size + 1) // 2 * 2
    targets = [(table_bytes + _skip(rng, following)) // 2 for _ in range(count)]
    table = struct.pack(f"<{count}{'H' if is_wide else 'B'}", *targets).ljust(table_bytes, b"\0")
    index = rng.choice([r for r in WRITABLE if r != 14])
    load = encode("11110i100100 iiii 0iii dddd iiiiiiii", d=index, i=rng.randrange(count))
    return load + encode("111010001101 1111 11110000000 h mmmm", h=is_wide, m=index) + table


def _integer(rng: random.Random) -> int:
    kind = rng.random()
    if kind < 0.4:
        return rng.getrandbits(32)
    value = rng.choice(_INTEGERS)
    return value if kind < 0.7 else -value & 0xFFFF_FFFF


def _pair(rng: random.Random) -> tuple[int, int]:
    """Return two words that are special as two single-precision numbers or as one of double precision."""
    kind = rng.random()
    if kind < 0.3:
        bits = rng.choice((struct.unpack("<Q", struct.pack("<d", rng.choice(_DOUBLES)))[0], _SIGNALLING))
        if kind < 0.1:
            bits = struct.unpack("<Q", struct.pack("<d", rng.gauss(0, 1) * 2.0 ** rng.randint(-40, 40)))[0]
        return bits & 0xFFFF_FFFF, bits >> 32
    return _single(rng), _single(rng)


def _single(rng: random.Random) -> int:
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(_SINGLES)
    if kind < 0.6:
        return rng.getrandbits(32)
    value = rng.gauss(0, 1) * 2.0 ** rng.randint(-20, 36)
    return int.from_bytes(struct.pack("<f", value), "little")
