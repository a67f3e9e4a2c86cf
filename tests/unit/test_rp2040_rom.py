"""The boot ROM of RP2040: tables where the datasheet has them, arithmetic against the host's."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from tests.support.rp2040_rom import FLOAT_TABLE, BootRom

FLOATS, DOUBLES = "SF", "SD"
SPECIAL = {
    FLOATS: (
        0,
        0x80000000,
        0x3F800000,
        0x7F800000,
        0xFF800000,
        0x7F7FFFFF,
        0x00800000,
        1,
        0x807FFFFF,
        0x7FC00000,
    ),
    DOUBLES: tuple(
        high << 32 | low
        for high in (
            0,
            0x80000000,
            0x3FF00000,
            0x7FF00000,
            0xFFF00000,
            0x7FEFFFFF,
            0x00100000,
            0x800FFFFF,
            0x7FF80000,
        )
        for low in (0, 0xFFFFFFFF)
    ),
}
WIDTH_BITS = {FLOATS: 32, DOUBLES: 64}
MANTISSA_BITS = {FLOATS: 23, DOUBLES: 52}
BIAS = {FLOATS: 127, DOUBLES: 1023}


@pytest.fixture(scope="module")
def rom() -> BootRom:
    return BootRom()


def value(table: str, bits: int) -> np.floating:
    """Return a number as the ROM sees it: without subnormal ones, infinite for what is none."""
    mantissa = (1 << MANTISSA_BITS[table]) - 1
    exponent = bits >> MANTISSA_BITS[table] & 2 * BIAS[table] + 1
    if exponent in (0, 2 * BIAS[table] + 1):
        bits &= ~mantissa
    return np.uint32(bits).view(np.float32) if table == FLOATS else np.uint64(bits).view(np.float64)


def bits_of(table: str, number: np.floating) -> int:
    return int(np.float32(number).view(np.uint32) if table == FLOATS else np.float64(number).view(np.uint64))


def words(table: str, bits: int) -> tuple[int, ...]:
    return (bits,) if table == FLOATS else (bits & 0xFFFFFFFF, bits >> 32)


def joined(table: str, registers: tuple[int, ...]) -> int:
    return registers[0] if table == FLOATS else registers[1] << 32 | registers[0]


def some_bits(table: str, random_: random.Random) -> int:
    """Return a number of any kind; half of them have magnitudes that meet in sums."""
    width, mantissa, bias = WIDTH_BITS[table], MANTISSA_BITS[table], BIAS[table]
    kind = random_.random()
    if kind < 0.15:
        return random_.choice(SPECIAL[table])
    if kind < 0.5:
        return random_.getrandbits(width)
    exponent = random_.randrange(bias - 20, bias + 20)
    return random_.getrandbits(1) << width - 1 | exponent << mantissa | random_.getrandbits(mantissa)


def nearby(table: str, bits: int, random_: random.Random) -> int:
    """Return a number whose difference to another one loses most digits."""
    return bits ^ random_.getrandbits(3) ^ random_.getrandbits(1) << WIDTH_BITS[table] - 1


# -- layout --------------------------------------------------------------------------------------------------


def test_the_rom_starts_with_vectors_a_magic_number_and_its_version(rom: BootRom) -> None:
    assert rom.word(0) == 0x2004_1F00
    assert rom.word(4) & 1
    assert rom.half(0x18) & 1
    assert bytes(rom.image[0x10:0x14]) == b"Mu\x01\x03"


@pytest.mark.parametrize(
    "code",
    [
        "P3",
        "R3",
        "L3",
        "T3",
        "MS",
        "S4",
        "MC",
        "C4",
        "IF",
        "EX",
        "RE",
        "RP",
        "FC",
        "CX",
        "UB",
        "DT",
        "DE",
        "WV",
    ],
)
def test_every_function_of_the_datasheet_is_found_as_thumb_code(rom: BootRom, code: str) -> None:
    assert rom.function(code) & 1


@pytest.mark.parametrize("code", ["CR", "GR", "FS", "FE", "SF", "SD"])
def test_all_data_of_the_datasheet_is_found(rom: BootRom, code: str) -> None:
    assert rom.data(code)


def test_what_no_rom_has_is_not_found(rom: BootRom) -> None:
    assert rom.function("XX") == 0
    assert rom.data("P3") == 0


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
def test_tables_of_arithmetic_lie_where_a_copy_of_it_would_be_made_from(rom: BootRom, table: str) -> None:
    start, end = rom.data("FS"), rom.data("FE")
    own_code = [
        name for name in FLOAT_TABLE if name != "fcmp_flags" and (table, name) != (DOUBLES, "fsincos")
    ]
    assert all(rom.arithmetic(table, name) & 1 for name in FLOAT_TABLE)
    assert all(start <= rom.arithmetic(table, name) < end for name in own_code if name != "fsin")
    assert rom.image[rom.data(table) - 2] == len(FLOAT_TABLE)


# -- bits and memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [0, 1, 2, 3, 0x80000000, 0xFFFFFFFF, 0x00010000, 0x0000FFFF, 0x12345678])
def test_bits_are_counted_and_reversed(rom: BootRom, word: int) -> None:
    text = f"{word:032b}"
    assert rom.call(rom.function("P3"), word)[0] == text.count("1")
    assert rom.call(rom.function("L3"), word)[0] == len(text) - len(text.lstrip("0"))
    assert rom.call(rom.function("T3"), word)[0] == len(text) - len(text.rstrip("0"))
    assert rom.call(rom.function("R3"), word)[0] == int(text[::-1], 2)


def test_memory_is_copied_and_filled_at_every_alignment(rom: BootRom) -> None:
    random_ = random.Random(1)
    source, target = 0x2000_1000, 0x2000_2000
    for _ in range(300):
        length, shift, skew = random_.randrange(70), random_.randrange(4), random_.randrange(4)
        content, before = random_.randbytes(length), random_.randbytes(100)
        rom.write(source + skew, content)
        rom.write(target, before)
        assert rom.call(rom.function("MC"), target + shift, source + skew, length)[0] == target + shift
        assert rom.read(target, 100) == before[:shift] + content + before[shift + length :]
        rom.write(target, before)
        assert rom.call(rom.function("MS"), target + shift, 0x3C5, length)[0] == target + shift
        assert rom.read(target, 100) == before[:shift] + b"\xc5" * length + before[shift + length :]


def test_words_are_copied_and_filled(rom: BootRom) -> None:
    rom.write(0x2000_1000, bytes(range(80)))
    rom.write(0x2000_2000, bytes(80))
    rom.call(rom.function("C4"), 0x2000_2000, 0x2000_1000, 76)
    assert rom.read(0x2000_2000, 80) == bytes(range(76)) + bytes(4)
    rom.call(rom.function("S4"), 0x2000_2000, 0xAB, 36)
    assert rom.read(0x2000_2000, 40) == b"\xab" * 36 + bytes(range(36, 40))


# -- arithmetic ----------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[np.floating, np.floating], np.floating]] = {
    "fadd": lambda a, b: a + b,
    "fsub": lambda a, b: a - b,
    "fmul": lambda a, b: a * b,
    "fdiv": lambda a, b: a / b,
    "fsqrt": lambda a, _: np.sqrt(a),
}


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
@pytest.mark.parametrize("name", OPERATIONS)
def test_results_are_the_hosts_to_the_bit_but_for_subnormal_numbers(
    rom: BootRom, table: str, name: str
) -> None:
    random_ = random.Random(name)
    function = rom.arithmetic(table, name)
    for _ in range(1500):
        a = some_bits(table, random_)
        b = nearby(table, a, random_) if random_.random() < 0.2 else some_bits(table, random_)
        with np.errstate(all="ignore"):
            expected = OPERATIONS[name](value(table, a), value(table, b))
        got = joined(table, rom.call(function, *words(table, a), *words(table, b)))
        if np.isnan(expected):
            assert np.isinf(value(table, got)), (hex(a), hex(b))
        else:
            flushed = bits_of(table, value(table, bits_of(table, expected)))
            assert hex(got) == hex(flushed), (hex(a), hex(b))


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
def test_numbers_are_ordered(rom: BootRom, table: str) -> None:
    random_ = random.Random(2)
    for _ in range(500):
        a = some_bits(table, random_)
        b = random_.choice([a, nearby(table, a, random_), some_bits(table, random_)])
        left, right = value(table, a), value(table, b)
        got = rom.call(rom.arithmetic(table, "fcmp"), *words(table, a), *words(table, b))[0]
        assert np.int32(np.uint32(got)) == int(left > right) - int(left < right), (hex(a), hex(b))


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
@pytest.mark.parametrize(
    ("kind", "width", "is_signed"), [("int", 32, 1), ("uint", 32, 0), ("int64", 64, 1), ("uint64", 64, 0)]
)
def test_integers_are_rounded_down_and_limited(
    rom: BootRom, table: str, kind: str, width: int, is_signed: int
) -> None:
    random_ = random.Random(kind)
    fixed = kind.replace("int", "fix")
    lowest, highest = -(1 << width - 1) * is_signed, (1 << width - is_signed) - 1
    for _ in range(400):
        a = some_bits(table, random_)
        places = random_.choice([0, 0, 1, 16, 31, -3])
        number = float(value(table, a))
        if math.isinf(number):
            expected = highest if number > 0 else lowest
        else:
            numerator, denominator = number.as_integer_ratio()
            numerator <<= 8  # so that negative places stay whole
            expected = numerator * 2 ** (places + 8) // (denominator << 16)
        expected = max(lowest, min(highest, expected))
        arguments = (*words(table, a), places & 0xFFFFFFFF)
        result = rom.call(rom.arithmetic(table, f"float2{fixed}"), *arguments)
        got = result[0] if width == 32 else result[1] << 32 | result[0]
        assert got == expected % (1 << width), (number, places)
        if not places:
            assert (
                rom.call(rom.arithmetic(table, f"float2{kind}"), *words(table, a))[: width // 32]
                == result[: width // 32]
            )


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
@pytest.mark.parametrize(
    ("kind", "width", "is_signed"), [("int", 32, 1), ("uint", 32, 0), ("int64", 64, 1), ("uint64", 64, 0)]
)
def test_numbers_come_from_integers_to_the_nearest(
    rom: BootRom, table: str, kind: str, width: int, is_signed: int
) -> None:
    random_ = random.Random(kind)
    fixed = kind.replace("int", "fix")
    for _ in range(400):
        raw = random_.choice(
            [
                random_.getrandbits(width),
                random_.getrandbits(width) >> random_.randrange(width),
                (1 << width) - 1,
            ]
        )
        integer = raw - (1 << width) if is_signed and raw >> width - 1 else raw
        type_ = np.float32 if table == FLOATS else np.float64
        # A whole number goes to the host's type in one rounding only when numpy is given it as an integer.
        exact = type_(np.int64(integer) if is_signed else np.uint64(integer))
        parts = [raw & 0xFFFFFFFF] if width == 32 else [raw & 0xFFFFFFFF, raw >> 32]
        got = joined(table, rom.call(rom.arithmetic(table, f"{kind}2float"), *parts))
        assert hex(got) == hex(bits_of(table, exact)), integer
        places = random_.choice([1, 16, 31])
        got = joined(table, rom.call(rom.arithmetic(table, f"{fixed}2float"), *parts, places))
        assert hex(got) == hex(bits_of(table, np.ldexp(exact, -places))), (integer, places)


def test_a_float_becomes_a_double_and_comes_back(rom: BootRom) -> None:
    random_ = random.Random(3)
    widen, narrow = rom.arithmetic(FLOATS, "float2double"), rom.arithmetic(DOUBLES, "float2double")
    for _ in range(600):
        single = some_bits(FLOATS, random_)
        with np.errstate(all="ignore"):
            wide = joined(DOUBLES, rom.call(widen, single))
            assert wide == bits_of(DOUBLES, np.float64(value(FLOATS, single)))
            double = some_bits(DOUBLES, random_)
            narrowed = bits_of(FLOATS, np.float32(value(DOUBLES, double)))
            assert rom.call(narrow, *words(DOUBLES, double))[0] == bits_of(FLOATS, value(FLOATS, narrowed))


# -- scientific functions ------------------------------------------------------------------------------------

FUNCTIONS: dict[str, tuple[Callable[[float], float], float, float]] = {
    "fcos": (math.cos, -100.0, 100.0),
    "fsin": (math.sin, -100.0, 100.0),
    "ftan": (math.tan, -1.5, 1.5),
    "fexp": (math.exp, -80.0, 80.0),
    "fln": (math.log, 1e-6, 1e6),
}


@pytest.mark.parametrize(("table", "places_lost"), [(FLOATS, 1), (DOUBLES, 4)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_scientific_functions_are_right_to_the_last_places(
    rom: BootRom, table: str, places_lost: int, name: str
) -> None:
    function, low, high = FUNCTIONS[name]
    random_ = random.Random(name)
    type_ = np.float32 if table == FLOATS else np.float64
    for _ in range(200):
        argument = type_(random_.uniform(low, high))
        expected = type_(function(float(argument)))
        got = value(
            table,
            joined(table, rom.call(rom.arithmetic(table, name), *words(table, bits_of(table, argument)))),
        )
        is_fixed = table == FLOATS and name in ("fsin", "fcos")  # exact to a bit, not to a last place
        tolerance = places_lost * np.spacing(abs(expected)) + (2.0**-28 if is_fixed else 0)
        assert abs(got - expected) <= tolerance, argument


@pytest.mark.parametrize(("table", "places_lost"), [(FLOATS, 1), (DOUBLES, 4)])
def test_the_arc_tangent_knows_all_quadrants(rom: BootRom, table: str, places_lost: int) -> None:
    random_ = random.Random(4)
    type_ = np.float32 if table == FLOATS else np.float64
    axes = [
        (0.0, 1.0),
        (-0.0, 1.0),
        (0.0, -1.0),
        (-0.0, -1.0),
        (1.0, 0.0),
        (-1.0, 0.0),
        (1.0, 1.0),
        (-2.0, -2.0),
    ]
    for y, x in axes + [(random_.uniform(-9, 9), random_.uniform(-9, 9)) for _ in range(200)]:
        y_bits, x_bits = bits_of(table, type_(y)), bits_of(table, type_(x))
        expected = type_(math.atan2(float(type_(y)), float(type_(x))))
        got = value(
            table,
            joined(
                table, rom.call(rom.arithmetic(table, "fatan2"), *words(table, y_bits), *words(table, x_bits))
            ),
        )
        assert abs(got - expected) <= places_lost * np.spacing(abs(expected)), (y, x)
        assert np.signbit(got) == np.signbit(expected), (y, x)


def test_sine_and_cosine_come_together(rom: BootRom) -> None:
    registers = rom.call(rom.arithmetic(FLOATS, "fsincos"), bits_of(FLOATS, np.float32(0.5)))
    assert [float(value(FLOATS, bits)) for bits in registers[:2]] == [
        np.float32(math.sin(0.5)),
        np.float32(math.cos(0.5)),
    ]
    registers = rom.call(
        rom.arithmetic(DOUBLES, "fsincos"), *words(DOUBLES, bits_of(DOUBLES, np.float64(0.5)))
    )
    sine, cosine = joined(DOUBLES, registers), joined(DOUBLES, registers[2:])
    assert float(value(DOUBLES, sine)) == pytest.approx(math.sin(0.5), rel=1e-15)
    assert float(value(DOUBLES, cosine)) == pytest.approx(math.cos(0.5), rel=1e-15)


@pytest.mark.parametrize("table", [FLOATS, DOUBLES])
def test_scientific_functions_have_limits(rom: BootRom, table: str) -> None:
    def result(name: str, argument: float) -> float:
        bits = bits_of(table, np.float64(argument) if table == DOUBLES else np.float32(argument))
        return float(value(table, joined(table, rom.call(rom.arithmetic(table, name), *words(table, bits)))))

    assert result("fexp", 0.0) == 1.0
    assert result("fexp", 1e6) == math.inf
    assert result("fexp", -1e6) == 0.0
    assert result("fln", 1.0) == 0.0
    assert result("fln", 0.0) == -math.inf
    assert result("fln", -1.0) == -math.inf
    assert result("fln", math.inf) == math.inf
    assert result("fsqrt", -1.0) == -math.inf
    assert result("fsin", 0.0) == 0.0
    assert result("fcos", 0.0) == 1.0
