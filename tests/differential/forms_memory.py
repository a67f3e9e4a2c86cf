"""Loads and stores. Each is emitted as a group that first puts a register where the access has to go.

Accesses stay within :data:`REACH_BYTES` of the base register; see ``generator.py`` for the scratch memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.differential.encoding import BASE, LOW, WRITABLE, Feature, Form, encode

REACH_BYTES = 256
_NEAR_BYTES = 96
_STACK_WORDS_MOVED = 8
_DATA = tuple(register for register in WRITABLE if register != 14)
V6M, V7M, SINGLE, V8M = Feature.V6M, Feature.V7M, Feature.SINGLE, Feature.V8M

Build = Callable[[random.Random], bytes]


@dataclass(frozen=True)
class Group:
    """A few instructions that belong together; never conditional."""

    name: str
    needs: Feature
    build: Build


def direct_forms() -> tuple[Form, ...]:
    """Return loads and stores relative to the unchanged base or stack pointer, which may be conditional."""
    base = {"n": (BASE,)}
    near = {"n": (BASE,), "i": range(31)}
    wide = {"n": (BASE,), "i": range(_NEAR_BYTES)}
    literal = {"i": range(16)}
    return (
        Form("ldr", "01001 ttt iiiiiiii", V6M, literal),
        Form("str", "01100 iiiii nnn ttt", V6M, near),
        Form("ldr", "01101 iiiii nnn ttt", V6M, near),
        Form("strb", "01110 iiiii nnn ttt", V6M, base),
        Form("ldrb", "01111 iiiii nnn ttt", V6M, base),
        Form("strh", "10000 iiiii nnn ttt", V6M, base),
        Form("ldrh", "10001 iiiii nnn ttt", V6M, base),
        Form("str", "10010 ttt iiiiiiii", V6M, {"i": range(16)}),
        Form("ldr", "10011 ttt iiiiiiii", V6M, {"i": range(16)}),
        Form("str", "111110001100 nnnn tttt iiiiiiiiiiii", V7M, wide),
        Form("ldr", "111110001101 nnnn tttt iiiiiiiiiiii", V7M, wide),
        Form("ldrsb", "111110011001 nnnn tttt iiiiiiiiiiii", V7M, wide),
        Form("strh", "111110001010 nnnn tttt iiiiiiiiiiii", V7M, wide),
        Form("ldr", "11111000 u 1011111 tttt iiiiiiiiiiii", V7M, {"i": range(32)}),
        Form("ldrh", "11111000 u 0111111 tttt iiiiiiiiiiii", V7M, {"i": range(32)}),
        Form("ldrsb", "11111001 u 0011111 tttt iiiiiiiiiiii", V7M, {"i": range(32)}),
        Form("pld", "111110001001 nnnn 1111 iiiiiiiiiiii", V7M, wide),
        Form("ldrd", "11101001 u 1011111 tttt llll iiiiiiii", V7M, literal, lambda v: v["t"] != v["l"]),
        Form("vstr", "11101101 1x00 nnnn vvvv 1010 iiiiiiii", SINGLE, {"n": (BASE,), "i": range(24)}),
        Form("vldr", "11101101 1x01 nnnn vvvv 1010 iiiiiiii", SINGLE, {"n": (BASE,), "i": range(24)}),
        Form("vldr", "11101101 1x01 1111 vvvv 1010 iiiiiiii", SINGLE, literal),
    )


def memory_groups() -> tuple[Group, ...]:
    """Return loads and stores of every addressing mode."""
    return (*_narrow(), *_single(), *_dual(), *_multiple(), *_exclusive(), *_float())


def _point(rng: random.Random, register: int, offset: int, align: int) -> bytes:
    """Point a register so that an access at `offset` from it goes to a random place near the base."""
    place = rng.randrange(-_NEAR_BYTES, _NEAR_BYTES) // align * align
    distance = place - offset
    pattern = (
        "11110i100000 nnnn 0iii dddd iiiiiiii" if distance >= 0 else "11110i101010 nnnn 0iii dddd iiiiiiii"
    )
    return encode(pattern, i=abs(distance), n=BASE, d=register)


def _other(rng: random.Random, *taken: int, among: Sequence[int] = _DATA) -> int:
    return rng.choice([register for register in among if register not in taken])


# -- Armv6-M -------------------------------------------------------------------------------------------------


def _narrow() -> Iterator[Group]:
    for code, (name, size) in enumerate(
        (
            ("str", 4),
            ("strh", 2),
            ("strb", 1),
            ("ldrsb", 1),
            ("ldr", 4),
            ("ldrh", 2),
            ("ldrb", 1),
            ("ldrsh", 2),
        )
    ):
        yield Group(f"{name} (register)", V6M, _narrow_register(f"0101 {code:03b} mmm nnn ttt", size))
    yield Group("stm", V6M, _narrow_multiple("11000 nnn rrrrrrrr"))
    yield Group("ldm", V6M, _narrow_multiple("11001 nnn rrrrrrrr"))
    yield Group(
        "push", V6M, lambda rng: encode("1011010 m rrrrrrrr", m=rng.getrandbits(1), r=rng.randrange(1, 256))
    )
    yield Group("pop", V6M, lambda rng: encode("1011110 0 rrrrrrrr", r=rng.randrange(1, 128)))
    yield Group("add sp", V6M, lambda rng: encode("101100000 iiiiiii", i=rng.randrange(_STACK_WORDS_MOVED)))
    yield Group("sub sp", V6M, lambda rng: encode("101100001 iiiiiii", i=rng.randrange(_STACK_WORDS_MOVED)))


def _narrow_register(pattern: str, size: int) -> Build:
    def build(rng: random.Random) -> bytes:
        index = rng.choice(LOW)
        offset = rng.randrange(128) // size * size
        return encode("00100 ddd iiiiiiii", d=index, i=offset) + encode(
            pattern, m=index, n=BASE, t=rng.choice(LOW)
        )

    return build


def _narrow_multiple(pattern: str) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(LOW)
        registers = rng.randrange(1, 128)
        if "11000" in pattern and registers >> base & 1:
            registers &= ~((1 << base) - 1) | 1 << base  # a stored base must be the lowest register
        return encode("01000110 d mmmm ddd", d=base, m=BASE) + encode(pattern, n=base, r=registers)

    return build


# -- Armv7-M -------------------------------------------------------------------------------------------------

_SIZES = (
    (("strb", "000 0", 1), ("strh", "001 0", 2), ("str", "010 0", 4)),
    (
        *(("ldrb", "000 1", 1), ("ldrh", "001 1", 2), ("ldr", "010 1", 4)),
        *(("ldrsb", "100 1", 1), ("ldrsh", "101 1", 2)),
    ),
)


def _single() -> Iterator[Group]:
    for name, bits, _ in (*_SIZES[0], *_SIZES[1]):
        sign, size, load = bits[0], bits[1:3], bits[-1]
        head = f"1111100{sign}"
        yield Group(f"{name} (imm12)", V7M, _offset(f"{head}1{size}{load} nnnn tttt iiiiiiiiiiii", 4096, 1))
        tail = f"{head}0{size}{load} nnnn tttt"
        yield Group(f"{name} (negative)", V7M, _offset(f"{tail} 1100 iiiiiiii", 256, -1))
        yield Group(f"{name} (unprivileged)", V7M, _offset(f"{tail} 1110 iiiiiiii", 256, 1))
        yield Group(f"{name} (pre-indexed)", V7M, _indexed(f"{tail} 11u1 iiiiiiii", is_pre=True))
        yield Group(f"{name} (post-indexed)", V7M, _indexed(f"{tail} 10u1 iiiiiiii", is_pre=False))
        yield Group(f"{name} (shifted register)", V7M, _register(f"{tail} 000000ss mmmm"))


def _offset(pattern: str, limit: int, sign: int) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        offset = rng.randrange(limit)
        if sign > 0 and offset > 4095 - _NEAR_BYTES:
            offset = 4095 - _NEAR_BYTES
        access = encode(pattern, n=base, t=rng.choice(WRITABLE), i=offset)
        return _point(rng, base, sign * offset, 1) + access

    return build


def _indexed(pattern: str, *, is_pre: bool) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        offset, up = rng.randrange(256), rng.getrandbits(1)
        before = (offset if up else -offset) if is_pre else 0
        access = encode(pattern, n=base, t=_other(rng, base, among=WRITABLE), i=offset, u=up)
        return _point(rng, base, before, 1) + access

    return build


def _register(pattern: str) -> Build:
    def build(rng: random.Random) -> bytes:
        base, shift, index = rng.choice(_DATA), rng.randrange(4), rng.randrange(16)
        register = _other(rng, base)
        access = encode(pattern, n=base, m=register, s=shift, t=rng.choice(WRITABLE))
        return _point(rng, base, index << shift, 1) + _load_small(register, index) + access

    return build


def _load_small(register: int, value: int) -> bytes:
    return encode("11110i100100 iiii 0iii dddd iiiiiiii", d=register, i=value)


def _dual() -> Iterator[Group]:
    for name, load in (("strd", 0), ("ldrd", 1)):
        for pre, write in ((1, 0), (1, 1), (0, 1)):
            yield Group(f"{name} P={pre} W={write}", V7M, _dual_access(load, pre, write))


def _dual_access(load: int, pre: int, write: int) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        up, offset = rng.getrandbits(1), rng.randrange(256)
        first = _other(rng, base, among=WRITABLE) if write else rng.choice(WRITABLE)
        second = _other(rng, first, *((base,) if write else ()), among=WRITABLE)
        before = 4 * offset * (1 if up else -1) * pre
        access = encode(
            f"1110100 {pre} u 1 {write} {load} nnnn tttt llll iiiiiiii",
            n=base,
            t=first,
            l=second,
            i=offset,
            u=up,
        )
        return _point(rng, base, before, 4) + access

    return build


def _multiple() -> Iterator[Group]:
    for name, load in (("stm", 0), ("ldm", 1)):
        for mode, bits in (("ia", "01"), ("db", "10")):
            for write in (0, 1):
                yield Group(f"{name}{mode} W={write}", V7M, _multiple_access(bits, write, load))
    yield Group(
        "push.w", V7M, lambda rng: encode("1110100100101101 0 m 0 rrrrrrrrrrrrr", **_list(rng, 0x1FFF))
    )
    yield Group(
        "pop.w", V7M, lambda rng: encode("1110100010111101 0 m 0 rrrrrrrrrrrrr", **_list(rng, 0x1F7F))
    )


def _list(rng: random.Random, allowed: int) -> dict[str, int]:
    registers = 0
    while registers.bit_count() < 2:
        registers = rng.getrandbits(13) & allowed
    return {"m": rng.getrandbits(1), "r": registers}


def _multiple_access(bits: str, write: int, load: int) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        registers = _list(rng, (0x1F7F if load else 0x1FFF) & ~((1 << base) if write else 0))
        access = encode(f"1110100 {bits} 0 {write} {load} nnnn 0 m 0 rrrrrrrrrrrrr", n=base, **registers)
        return _point(rng, base, 0, 4) + access

    return build


def _exclusive() -> Iterator[Group]:
    for name, load, store in (
        ("b", "111010001101 nnnn tttt 1111 0100 1111", "111010001100 nnnn tttt 1111 0100 dddd"),
        ("h", "111010001101 nnnn tttt 1111 0101 1111", "111010001100 nnnn tttt 1111 0101 dddd"),
        ("", "111010000101 nnnn tttt 1111 0000 0000", "111010000100 nnnn tttt dddd 0000 0000"),
    ):
        yield Group(f"ldrex{name} and strex{name}", V7M, _load_and_store_exclusive(load, store))
    for code, suffix in ((8, "b"), (9, "h"), (10, "")):
        for name, load in (("lda", 1), ("stl", 0)):
            pattern = f"11101000110{load} nnnn tttt 1111 {code:04b} 1111"
            yield Group(name + suffix, V8M, _ordered(pattern))


def _load_and_store_exclusive(load: str, store: str) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        loaded = _other(rng, base, among=WRITABLE)
        stored = _other(rng, base, among=WRITABLE)
        status = _other(rng, base, stored, among=WRITABLE)
        code = _point(rng, base, 0, 4)
        if rng.random() < 0.8:
            code += encode(load, n=base, t=loaded)
        return code + encode(store, n=base, t=stored, d=status)

    return build


def _ordered(pattern: str) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        return _point(rng, base, 0, 4) + encode(pattern, n=base, t=_other(rng, base, among=WRITABLE))

    return build


# -- floating point ------------------------------------------------------------------------------------------


def _float() -> Iterator[Group]:
    for name, load in (("vstr", 0), ("vldr", 1)):
        for double in (0, 1):
            yield Group(f"{name}.{32 << double}", SINGLE, _float_access(load, double))
    for name, load in (("vstm", 0), ("vldm", 1)):
        for mode, write in (("01", 0), ("01", 1), ("10", 1)):
            for double in (0, 1):
                yield Group(
                    f"{name} PU={mode} W={write} .{32 << double}",
                    SINGLE,
                    _float_block(load, mode, write, double),
                )
    yield Group("vpush", SINGLE, lambda rng: _float_list(rng, "11101101 0x10 1101", rng.getrandbits(1), 8))
    yield Group("vpop", SINGLE, lambda rng: _float_list(rng, "11101100 1x11 1101", rng.getrandbits(1), 8))


def _float_access(load: int, double: int) -> Build:
    def build(rng: random.Random) -> bytes:
        base, up, offset = rng.choice(_DATA), rng.getrandbits(1), rng.randrange(256)
        access = encode(
            f"11101101 ux0{load} nnnn vvvv 101{double} iiiiiiii",
            n=base,
            u=up,
            i=offset,
            v=rng.randrange(16),
            x=0 if double else rng.getrandbits(1),
        )
        return _point(rng, base, 4 * offset * (1 if up else -1), 4) + access

    return build


def _float_block(load: int, mode: str, write: int, double: int) -> Build:
    def build(rng: random.Random) -> bytes:
        base = rng.choice(_DATA)
        head = f"1110110 {mode[0]} {mode[1]} x {write} {load} {base:04b}"
        return _point(rng, base, 0, 4) + _float_list(rng, head, double, 16)

    return build


def _float_list(rng: random.Random, head: str, double: int, limit: int) -> bytes:
    first = rng.randrange(16 if double else 32)
    count = rng.randrange(1, min(limit >> double, (16 if double else 32) - first) + 1)
    number, low = (first, 0) if double else (first >> 1, first & 1)
    return encode(f"{head} vvvv 101{double} iiiiiiii", x=low, v=number, i=count << double)
