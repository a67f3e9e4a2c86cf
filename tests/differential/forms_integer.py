"""Integer data processing that neither branches nor touches memory."""

from __future__ import annotations

from tests.differential.encoding import READABLE, Feature, Fields, Form

V6M, V7M, DSP = Feature.V6M, Feature.V7M, Feature.DSP
_BOTH = (0, 1)


def _modified_immediate(values: Fields) -> bool:
    """ThumbExpandImm: a zero byte may not be replicated (Armv7-M ARM, A5.3.2)."""
    code = values["i"]
    return bool(code >> 10 or not code >> 8 & 3 or code & 0xFF)


def _narrow() -> list[Form]:
    names = ["and", "eor", "lsl", "lsr", "asr", "adc", "sbc", "ror"]
    names += ["tst", "rsb", "cmp", "cmn", "orr", "mul", "bic", "mvn"]
    forms = [
        Form(name, f"010000 {code:04b} mmm ddd", V6M)
        for code, name in enumerate(names)
        if name not in ("tst", "cmp", "cmn")
    ]
    forms += [
        Form(name, f"010000 {code:04b} mmm nnn", V6M) for code, name in ((8, "tst"), (10, "cmp"), (11, "cmn"))
    ]
    return [
        *forms,
        Form("lsl", "00000 iiiii mmm ddd", V6M, {"i": range(1, 32)}),
        Form("mov", "00000 00000 mmm ddd", V6M, in_it=False),
        Form("lsr", "00001 iiiii mmm ddd", V6M),
        Form("asr", "00010 iiiii mmm ddd", V6M),
        Form("add", "0001100 mmm nnn ddd", V6M),
        Form("sub", "0001101 mmm nnn ddd", V6M),
        Form("add", "0001110 iii nnn ddd", V6M),
        Form("sub", "0001111 iii nnn ddd", V6M),
        Form("mov", "00100 ddd iiiiiiii", V6M),
        Form("cmp", "00101 nnn iiiiiiii", V6M),
        Form("add", "00110 ddd iiiiiiii", V6M),
        Form("sub", "00111 ddd iiiiiiii", V6M),
        Form("add", "01000100 d mmmm ddd", V6M),
        Form("cmp", "01000101 n mmmm nnn", V6M, valid=lambda v: v["n"] >= 8 or v["m"] >= 8),
        Form("mov", "01000110 d mmmm ddd", V6M),
        Form("adr", "10100 ddd iiiiiiii", V6M),
        Form("add", "10101 ddd iiiiiiii", V6M),
        Form("sxth", "1011001000 mmm ddd", V6M),
        Form("sxtb", "1011001001 mmm ddd", V6M),
        Form("uxth", "1011001010 mmm ddd", V6M),
        Form("uxtb", "1011001011 mmm ddd", V6M),
        Form("rev", "1011101000 mmm ddd", V6M),
        Form("rev16", "1011101001 mmm ddd", V6M),
        Form("revsh", "1011101011 mmm ddd", V6M),
        Form("nop", "1011111100000000", V6M),
        Form("yield", "1011111100010000", V6M),
        Form("sev", "1011111101000000", V6M),
    ]


def _data_processing() -> list[Form]:
    """Modified immediates and shifted registers (A5.3.1, A5.3.11)."""
    codes = {
        "and": 0,
        "bic": 1,
        "orr": 2,
        "orn": 3,
        "eor": 4,
        "add": 8,
        "adc": 10,
        "sbc": 11,
        "sub": 13,
        "rsb": 14,
    }
    tests = {"tst": 0, "teq": 4, "cmn": 8, "cmp": 13}
    moves = {"mov": 2, "mvn": 3}
    forms = []
    for name, code in codes.items():
        forms.append(
            Form(
                name, f"11110i0 {code:04b} s nnnn 0iii dddd iiiiiiii", V7M, {"s": _BOTH}, _modified_immediate
            )
        )
        forms.append(Form(name, f"1110101 {code:04b} s nnnn 0iii dddd iitt mmmm", V7M, {"t": range(4)}))
    for name, code in tests.items():
        forms.append(
            Form(name, f"11110i0 {code:04b} 1 nnnn 0iii 1111 iiiiiiii", V7M, valid=_modified_immediate)
        )
        forms.append(Form(name, f"1110101 {code:04b} 1 nnnn 0iii 1111 iitt mmmm", V7M, {"t": range(4)}))
    for name, code in moves.items():
        forms.append(
            Form(name, f"11110i0 {code:04b} s 1111 0iii dddd iiiiiiii", V7M, valid=_modified_immediate)
        )
        shifts = {"s": _BOTH, "t": range(4)}
        forms.append(Form(name, f"1110101 {code:04b} s 1111 0iii dddd iitt mmmm", V7M, shifts))
    return [
        *forms,
        Form("pkhbt", "1110101 0110 0 nnnn 0iii dddd ii00 mmmm", DSP),
        Form("pkhtb", "1110101 0110 0 nnnn 0iii dddd ii10 mmmm", DSP),
    ]


def _plain_immediates() -> list[Form]:
    return [
        Form("addw", "11110i100000 nnnn 0iii dddd iiiiiiii", V7M),
        Form("subw", "11110i101010 nnnn 0iii dddd iiiiiiii", V7M),
        Form("adr", "11110i100000 1111 0iii dddd iiiiiiii", V7M),
        Form("movw", "11110i100100 iiii 0iii dddd iiiiiiii", V7M),
        Form("movt", "11110i101100 iiii 0iii dddd iiiiiiii", V7M),
        Form(
            "ssat", "1111001100 s 0 nnnn 0iii dddd ii 0 wwwww", V7M, valid=lambda v: not v["s"] or v["i"] > 0
        ),
        Form(
            "usat", "1111001110 s 0 nnnn 0iii dddd ii 0 wwwww", V7M, valid=lambda v: not v["s"] or v["i"] > 0
        ),
        Form("ssat16", "111100110010 nnnn 0000 dddd 0000 wwww", DSP),
        Form("usat16", "111100111010 nnnn 0000 dddd 0000 wwww", DSP),
        Form("sbfx", "111100110100 nnnn 0iii dddd ii 0 wwwww", V7M, valid=lambda v: v["i"] + v["w"] < 32),
        Form("ubfx", "111100111100 nnnn 0iii dddd ii 0 wwwww", V7M, valid=lambda v: v["i"] + v["w"] < 32),
        Form("bfi", "111100110110 nnnn 0iii dddd ii 0 wwwww", V7M, valid=lambda v: v["w"] >= v["i"]),
        Form("bfc", "111100110110 1111 0iii dddd ii 0 wwwww", V7M, valid=lambda v: v["w"] >= v["i"]),
    ]


def _registers() -> list[Form]:
    forms = [
        Form(name, f"111110100 {code:02b} s nnnn 1111 dddd 0000 mmmm", V7M, {"s": _BOTH})
        for code, name in enumerate(("lsl", "lsr", "asr", "ror"))
    ]
    for code, name in enumerate(("sxth", "uxth", "sxtb16", "uxtb16", "sxtb", "uxtb")):
        needs = DSP if name.endswith("16") else V7M
        forms.append(Form(name, f"111110100 {code:03b} 1111 1111 dddd 10rr mmmm", needs))
        accumulating = name.replace("xt", "xta")
        forms.append(Form(accumulating, f"111110100 {code:03b} nnnn 1111 dddd 10rr mmmm", DSP))
    operations = {"add8": 0, "add16": 1, "asx": 2, "sub8": 4, "sub16": 5, "sax": 6}
    for prefix_code, prefix in ((0, "s"), (1, "q"), (2, "sh"), (4, "u"), (5, "uq"), (6, "uh")):
        forms += [
            Form(prefix + name, f"111110101 {code:03b} nnnn 1111 dddd 0{prefix_code:03b} mmmm", DSP)
            for name, code in operations.items()
        ]
    forms += [
        Form(name, f"111110101000 nnnn 1111 dddd 10{code:02b} mmmm", DSP)
        for code, name in enumerate(("qadd", "qdadd", "qsub", "qdsub"))
    ]
    same = _same_register
    return [
        *forms,
        *(
            Form(name, f"111110101001 nnnn 1111 dddd 10{code:02b} mmmm", V7M, valid=same)
            for code, name in enumerate(("rev", "rev16", "rbit", "revsh"))
        ),
        Form("clz", "111110101011 nnnn 1111 dddd 1000 mmmm", V7M, valid=same),
        Form("sel", "111110101010 nnnn 1111 dddd 1000 mmmm", DSP),
    ]


def _same_register(values: Fields) -> bool:
    return values["n"] == values["m"]


def _multiplies() -> list[Form]:
    accumulator = {"a": READABLE}
    forms = [
        Form("mul", "111110110000 nnnn 1111 dddd 0000 mmmm", V7M),
        Form("mla", "111110110000 nnnn aaaa dddd 0000 mmmm", V7M, accumulator),
        Form("mls", "111110110000 nnnn aaaa dddd 0001 mmmm", V7M, accumulator),
        Form("usad8", "111110110111 nnnn 1111 dddd 0000 mmmm", DSP),
        Form("usada8", "111110110111 nnnn aaaa dddd 0000 mmmm", DSP, accumulator),
    ]
    halves = ("bb", "bt", "tb", "tt")
    for code, suffix in enumerate(halves):
        forms.append(
            Form(f"smla{suffix}", f"111110110001 nnnn aaaa dddd 00{code:02b} mmmm", DSP, accumulator)
        )
        forms.append(Form(f"smul{suffix}", f"111110110001 nnnn 1111 dddd 00{code:02b} mmmm", DSP))
    for first, name, plain, suffixes in (
        ("0010", "smlad", "smuad", ("", "x")),
        ("0011", "smlaw", "smulw", ("b", "t")),
        ("0100", "smlsd", "smusd", ("", "x")),
        ("0101", "smmla", "smmul", ("", "r")),
        ("0110", "smmls", None, ("", "r")),
    ):
        for code, suffix in enumerate(suffixes):
            pattern = f"11111011{first} nnnn aaaa dddd 000{code} mmmm"
            forms.append(Form(name + suffix, pattern, DSP, accumulator))
            if plain is not None:
                forms.append(Form(plain + suffix, pattern.replace("aaaa", "1111"), DSP))
    return forms


def _long_multiplies() -> list[Form]:
    def distinct(values: Fields) -> bool:
        return values["l"] != values["h"]

    named: list[tuple[str, str, Feature]] = [
        ("smull", "1000 nnnn llll hhhh 0000", V7M),
        ("umull", "1010 nnnn llll hhhh 0000", V7M),
        ("smlal", "1100 nnnn llll hhhh 0000", V7M),
        ("umlal", "1110 nnnn llll hhhh 0000", V7M),
        ("umaal", "1110 nnnn llll hhhh 0110", DSP),
        ("smlald", "1100 nnnn llll hhhh 1100", DSP),
        ("smlaldx", "1100 nnnn llll hhhh 1101", DSP),
        ("smlsld", "1101 nnnn llll hhhh 1100", DSP),
        ("smlsldx", "1101 nnnn llll hhhh 1101", DSP),
    ]
    named += [
        (f"smlal{half}", f"1100 nnnn llll hhhh 10{code:02b}", DSP)
        for code, half in enumerate(("bb", "bt", "tb", "tt"))
    ]
    return [
        *(Form(name, f"11111011{bits} mmmm", needs, valid=distinct) for name, bits, needs in named),
        Form("sdiv", "111110111001 nnnn 1111 dddd 1111 mmmm", V7M),
        Form("udiv", "111110111011 nnnn 1111 dddd 1111 mmmm", V7M),
    ]


def _special() -> list[Form]:
    """Return barriers and accesses to special registers (B5.2), but for those in ``known.py``."""
    apsr_and_stacks = {"s": (0, 1, 2, 3, 5, 6, 7, 8, 9, 16)}
    masks = {"s": (17, 18, 19)}
    return [
        Form("cpsie", "1011011001100010", V6M, in_it=False),
        Form("cpsid", "1011011001110010", V6M, in_it=False),
        Form("mrs", "1111001111101111 1000 dddd ssssssss", V6M, apsr_and_stacks),
        Form("mrs", "1111001111101111 1000 dddd ssssssss", V7M, masks),
        Form("msr", "111100111000 nnnn 1000 1000 ssssssss", V6M, {"s": (16,)}),
        Form("msr", "111100111000 nnnn 1000 1000 ssssssss", V7M, {"s": (17, 18)}),
        Form("mrs", "1111001111101111 1000 dddd 00000000", V6M),
        Form("msr", "111100111000 nnnn 1000 1000 00000000", V6M),
        Form("msr", "111100111000 nnnn 1000 mm00 00000000", DSP, {"m": (1, 2, 3)}),
        Form("dmb", "1111001110111111 1000 1111 0101 1111", V6M),
        Form("dsb", "1111001110111111 1000 1111 0100 1111", V6M),
        Form("isb", "1111001110111111 1000 1111 0110 1111", V6M),
        Form("clrex", "1111001110111111 1000 1111 0010 1111", V7M),
    ]


INTEGER_FORMS: tuple[Form, ...] = (
    *_narrow(),
    *_data_processing(),
    *_plain_immediates(),
    *_registers(),
    *_multiplies(),
    *_long_multiplies(),
    *_special(),
)
