"""Floating-point data processing and moves (Armv7-M ARM, A6)."""

from __future__ import annotations

from tests.differential.encoding import Feature, Fields, Form

SINGLE, V5, DOUBLE = Feature.SINGLE, Feature.V5, Feature.DOUBLE


def _arithmetic(size: int, needs: Feature, more: Feature) -> list[Form]:
    """Return what exists in both precisions; D, N and M are zero for d0 to d15."""
    d, n, m = ("x", "y", "z") if not size else ("0", "0", "0")
    three = f"11101110 {{}} nnnn dddd 101{size} {n}{{}}{m}0 mmmm"
    two = f"11101110 1{d}11 {{}} dddd 101{size} {{}}{m}0 mmmm"
    new = f"11111110 {{}} nnnn dddd 101{size} {n}{{}}{m}0 mmmm"
    round_ = f"11111110 1{d}11 {{}} dddd 101{size} {{}}{m}0 mmmm"
    suffix = ".f64" if size else ".f32"
    operations = [
        *(("vmla", 0, "00", 0), ("vmls", 0, "00", 1), ("vnmls", 0, "01", 0), ("vnmla", 0, "01", 1)),
        *(("vmul", 0, "10", 0), ("vnmul", 0, "10", 1), ("vadd", 0, "11", 0), ("vsub", 0, "11", 1)),
        *(("vdiv", 1, "00", 0), ("vfnms", 1, "01", 0), ("vfnma", 1, "01", 1)),
        *(("vfma", 1, "10", 0), ("vfms", 1, "10", 1)),
    ]
    free = _FREE
    forms = [
        Form(name + suffix, three.format(f"{high}{d}{low}", operation), needs, free)
        for name, high, low, operation in operations
    ]
    forms += [
        Form(name + suffix, two.format(kind, bits), needs, free)
        for name, kind, bits in (
            ("vmov", "0000", "01"),
            ("vabs", "0000", "11"),
            ("vneg", "0001", "01"),
            ("vsqrt", "0001", "11"),
            ("vcmp", "0100", "01"),
            ("vcmpe", "0100", "11"),
        )
    ]
    forms += [
        Form("vmov" + suffix, f"11101110 1{d}11 iiii dddd 101{size} 0000 iiii", needs, free),
        Form("vcmp" + suffix, f"11101110 1{d}11 0101 dddd 101{size} 0100 0000", needs, free),
        Form("vcmpe" + suffix, f"11101110 1{d}11 0101 dddd 101{size} 1100 0000", needs, free),
    ]
    forms += [
        Form(name + suffix, two.format(kind, bits), more, free)
        for name, kind, bits in (("vrintr", "0110", "01"), ("vrintz", "0110", "11"), ("vrintx", "0111", "01"))
    ]
    forms += [
        Form(f"vsel{condition}{suffix}", new.format(f"0{d}{code:02b}", 0), more, free, in_it=False)
        for code, condition in enumerate(("eq", "vs", "ge", "gt"))
    ]
    forms += [
        Form("vmaxnm" + suffix, new.format(f"1{d}00", 0), more, free, in_it=False),
        Form("vminnm" + suffix, new.format(f"1{d}00", 1), more, free, in_it=False),
    ]
    forms += [
        Form(f"vrint{mode}{suffix}", round_.format(f"10{code:02b}", "01"), more, free, in_it=False)
        for code, mode in enumerate("anpm")
    ]
    return forms


_FREE = {letter: tuple(range(16)) for letter in "dnm"}
"""All floating-point registers may be changed."""


def _conversions() -> list[Form]:
    """Between integers and floating point; the integer is always in a single-precision register."""
    forms = []
    for size, needs, more in ((0, SINGLE, V5), (1, DOUBLE, DOUBLE)):
        suffix = ".f64" if size else ".f32"
        d, m = ("x", "z") if not size else ("0", "0")
        for code, kind in ((0, ".u32"), (1, ".s32")):
            forms += [
                Form(
                    f"vcvt{suffix}{kind}", f"11101110 1{d}11 1000 dddd 101{size} {code}1z0 mmmm", needs, _FREE
                ),
                Form(
                    f"vcvtr{kind}{suffix}",
                    f"11101110 1x11 110{code} dddd 101{size} 01{m}0 mmmm",
                    needs,
                    _FREE,
                ),
                Form(
                    f"vcvt{kind}{suffix}", f"11101110 1x11 110{code} dddd 101{size} 11{m}0 mmmm", needs, _FREE
                ),
            ]
            forms += [
                Form(
                    f"vcvt{mode}{kind}{suffix}",
                    f"11111110 1x11 11{rounding:02b} dddd 101{size} {code}1{m}0 mmmm",
                    more,
                    _FREE,
                    in_it=False,
                )
                for rounding, mode in enumerate("anpm")
            ]
        for unsigned in (0, 1):
            for long in (0, 1):
                kind = f".{'su'[unsigned]}{(16, 32)[long]}"
                pattern = f"11101110 1{d}11 1{{}}1{unsigned} dddd 101{size} {long}1i0 jjjj"
                valid = None if long else _at_most_16_fraction_bits
                forms.append(Form(f"vcvt{suffix}{kind} (fixed)", pattern.format(0), needs, _FREE, valid))
                forms.append(Form(f"vcvt{kind}{suffix} (fixed)", pattern.format(1), needs, _FREE, valid))
    for code, half in enumerate("bt"):
        forms += [
            Form(f"vcvt{half}.f32.f16", f"11101110 1x11 0010 dddd 1010 {code}1z0 mmmm", SINGLE, _FREE),
            Form(f"vcvt{half}.f16.f32", f"11101110 1x11 0011 dddd 1010 {code}1z0 mmmm", SINGLE, _FREE),
            Form(f"vcvt{half}.f64.f16", f"11101110 1011 0010 dddd 1011 {code}1z0 mmmm", DOUBLE, _FREE),
            Form(f"vcvt{half}.f16.f64", f"11101110 1x11 0011 dddd 1011 {code}100 mmmm", DOUBLE, _FREE),
        ]
    return [
        *forms,
        Form("vcvt.f64.f32", "11101110 1011 0111 dddd 1010 11z0 mmmm", DOUBLE, _FREE),
        Form("vcvt.f32.f64", "11101110 1x11 0111 dddd 1011 1100 mmmm", DOUBLE, _FREE),
    ]


def _at_most_16_fraction_bits(values: Fields) -> bool:
    return (values["j"] << 1 | values["i"]) <= 16


def _moves() -> list[Form]:
    vector = {"v": tuple(range(16))}
    return [
        Form("vmov", "11101110000 0 vvvv nnnn 1010 v001 0000", SINGLE),
        Form("vmov", "11101110000 1 vvvv tttt 1010 v001 0000", SINGLE),
        Form("vmov", "11101100010 0 aaaa nnnn 1010 00z1 vvvv", SINGLE, valid=_has_next),
        Form("vmov", "11101100010 1 hhhh llll 1010 00z1 vvvv", SINGLE, valid=_has_next_and_is_distinct),
        Form("vmov", "11101100010 0 aaaa nnnn 1011 0001 vvvv", SINGLE, vector),
        Form(
            "vmov", "11101100010 1 hhhh llll 1011 0001 vvvv", SINGLE, vector, valid=lambda v: v["h"] != v["l"]
        ),
        Form("vmov.32", "11101110 00x0 vvvv nnnn 1011 0001 0000", SINGLE),
        Form("vmov.32", "11101110 00x1 vvvv tttt 1011 0001 0000", SINGLE),
        Form("vmrs", "1110111011110001 tttt 1010 0001 0000", SINGLE, {"t": (0, 1, 2, 3, 12, 14, 15)}),
    ]


def _has_next(values: Fields) -> bool:
    return (values["v"] << 1 | values["z"]) < 31


def _has_next_and_is_distinct(values: Fields) -> bool:
    return _has_next(values) and values["h"] != values["l"]


FLOAT_FORMS: tuple[Form, ...] = (
    *_arithmetic(0, SINGLE, V5),
    *_arithmetic(1, DOUBLE, DOUBLE),
    *_conversions(),
    *_moves(),
)
