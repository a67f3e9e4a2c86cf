"""The Thumb mnemonics of ARMv6-M, ARMv7-M, ARMv7E-M and ARMv8-M: their class and what their operands mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from sim.timing.instruction import InstructionClass as Kind

CONDITIONS = frozenset(
    ("eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al")
)


class Form(Enum):
    """What the operands of a mnemonic are."""

    BINARY = auto()
    """Destination, then sources; with two operands only, the destination is also a source."""
    UNARY = auto()
    """Destination, then sources, also with two operands."""
    COMPARE = auto()
    """Sources only; writes the flags."""
    UPDATE = auto()
    """Destination that keeps a part of its old value, then sources."""
    ACCUMULATE = auto()
    """Destination, factors, addend."""
    ACCUMULATE_IN_PLACE = auto()
    """Destination that is also the addend, then factors."""
    LONG_MULTIPLY = auto()
    """Two destinations, then factors."""
    LONG_ACCUMULATE = auto()
    """Two destinations that are also the addend, then factors."""
    MEMORY = auto()
    """Registers transferred, then a memory operand."""
    EXCLUSIVE_STORE = auto()
    """Status destination, registers stored, then a memory operand."""
    MULTIPLE = auto()
    """Base register with optional write-back, then a list."""
    STACK = auto()
    """A list; the base is the stack pointer with write-back."""
    BRANCH = auto()
    COMPARE_BRANCH = auto()
    TABLE_BRANCH = auto()
    FP_MOVE = auto()
    SYSTEM = auto()
    """No operand that matters to the timing, except a destination of ``mrs`` and a source of ``msr``."""


@dataclass(frozen=True, slots=True)
class Mnemonic:
    """A mnemonic without suffixes."""

    name: str
    kind: Kind
    form: Form
    access_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Spelling:
    """A mnemonic as the disassembler spells it, taken apart."""

    mnemonic: Mnemonic
    condition: str
    sets_flags: bool
    data_types: tuple[str, ...]


_PARALLEL = tuple(
    prefix + operation
    for prefix in ("s", "u", "q", "uq", "sh", "uh")
    for operation in ("add8", "add16", "sub8", "sub16", "asx", "sax")
)
GE_WRITERS = frozenset(name for name in _PARALLEL if name[0] in "su" and name[1] not in "hq")

_GROUPS: tuple[tuple[Kind, Form, str], ...] = (
    (Kind.ALU, Form.BINARY, "adc add addw and bic eor orn orr rsb sbc sub subw ubfx sbfx"),
    (Kind.ALU, Form.UNARY, "mov movw mvn adr clz rev rev16 revsh rbit sxtb sxth uxtb uxth"),
    (Kind.ALU, Form.COMPARE, "cmp cmn tst teq"),
    (Kind.ALU, Form.UPDATE, "movt bfi bfc"),
    (Kind.SHIFT, Form.BINARY, "lsl lsr asr ror"),
    (Kind.SHIFT, Form.UNARY, "rrx"),
    (Kind.MUL, Form.BINARY, "mul smulbb smulbt smultb smultt smulwb smulwt smmul smmulr"),
    (Kind.MUL, Form.BINARY, "smuad smuadx smusd smusdx"),
    (Kind.MUL, Form.LONG_MULTIPLY, "smull umull"),
    (Kind.MAC, Form.ACCUMULATE, "mla mls smlabb smlabt smlatb smlatt smlawb smlawt"),
    (Kind.MAC, Form.ACCUMULATE, "smlad smladx smlsd smlsdx smmla smmlar smmls smmlsr"),
    (Kind.MAC, Form.LONG_ACCUMULATE, "smlal umlal umaal smlalbb smlalbt smlaltb smlaltt"),
    (Kind.MAC, Form.LONG_ACCUMULATE, "smlald smlaldx smlsld smlsldx"),
    (Kind.DIV, Form.BINARY, "sdiv udiv"),
    (Kind.DSP, Form.BINARY, " ".join(_PARALLEL)),
    (Kind.DSP, Form.BINARY, "qadd qsub qdadd qdsub pkhbt pkhtb sel usad8"),
    (Kind.DSP, Form.BINARY, "sxtab sxtah sxtab16 uxtab uxtah uxtab16"),
    (Kind.DSP, Form.UNARY, "ssat usat ssat16 usat16 sxtb16 uxtb16"),
    (Kind.DSP, Form.ACCUMULATE, "usada8"),
    (Kind.LOAD_MULTIPLE, Form.MULTIPLE, "ldm ldmdb vldm vldmdb fldmiax fldmdbx"),
    (Kind.STORE_MULTIPLE, Form.MULTIPLE, "stm stmdb vstm vstmdb fstmiax fstmdbx"),
    (Kind.LOAD_MULTIPLE, Form.STACK, "pop vpop"),
    (Kind.STORE_MULTIPLE, Form.STACK, "push vpush"),
    (Kind.BRANCH, Form.BRANCH, "b bl bx blx bxns blxns"),
    (Kind.BRANCH, Form.COMPARE_BRANCH, "cbz cbnz"),
    (Kind.FP_ALU, Form.BINARY, "vadd vsub vmaxnm vminnm vsel"),
    (Kind.FP_ALU, Form.UNARY, "vabs vneg vcvt vcvtr vcvtb vcvtt vcvta vcvtn vcvtp vcvtm"),
    (Kind.FP_ALU, Form.UNARY, "vrinta vrintn vrintp vrintm vrintr vrintz vrintx"),
    (Kind.FP_ALU, Form.COMPARE, "vcmp vcmpe"),
    (Kind.FP_MUL, Form.BINARY, "vmul vnmul"),
    (Kind.FP_MAC, Form.ACCUMULATE_IN_PLACE, "vmla vmls vnmla vnmls vfma vfms vfnma vfnms"),
    (Kind.FP_DIV, Form.BINARY, "vdiv"),
    (Kind.FP_DIV, Form.UNARY, "vsqrt"),
    (Kind.FP_MOVE, Form.FP_MOVE, "vmov vmrs vmsr"),
    (Kind.SYSTEM, Form.SYSTEM, "nop it svc bkpt udf mrs msr cpsid cpsie dmb dsb isb ssbb pssbb csdb"),
    (Kind.SYSTEM, Form.SYSTEM, "wfi wfe sev yield hint dbg clrex pld pldw pli sg tt ttt tta ttat"),
    (Kind.SYSTEM, Form.SYSTEM, "vlldm vlstm cdp cdp2 mcr mcr2 mrc mrc2 mcrr mcrr2 mrrc mrrc2"),
)

_MEMORY_GROUPS: tuple[tuple[Kind, Form, int, str], ...] = (
    (Kind.LOAD, Form.MEMORY, 4, "ldr ldrt ldrex lda ldaex vldr"),
    (Kind.LOAD, Form.MEMORY, 2, "ldrh ldrsh ldrht ldrsht ldrexh ldah ldaexh"),
    (Kind.LOAD, Form.MEMORY, 1, "ldrb ldrsb ldrbt ldrsbt ldrexb ldab ldaexb"),
    (Kind.STORE, Form.MEMORY, 4, "str strt stl vstr"),
    (Kind.STORE, Form.MEMORY, 2, "strh strht stlh"),
    (Kind.STORE, Form.MEMORY, 1, "strb strbt stlb"),
    (Kind.STORE, Form.EXCLUSIVE_STORE, 4, "strex stlex"),
    (Kind.STORE, Form.EXCLUSIVE_STORE, 2, "strexh stlexh"),
    (Kind.STORE, Form.EXCLUSIVE_STORE, 1, "strexb stlexb"),
    (Kind.LOAD_MULTIPLE, Form.MEMORY, 4, "ldrd"),
    (Kind.STORE_MULTIPLE, Form.MEMORY, 4, "strd"),
    (Kind.BRANCH, Form.TABLE_BRANCH, 1, "tbb"),
    (Kind.BRANCH, Form.TABLE_BRANCH, 2, "tbh"),
)

_ALIASES = {"ldmia": "ldm", "stmia": "stm", "vldmia": "vldm", "vstmia": "vstm"}
_MULTIPLE_FORMS = (Form.MULTIPLE, Form.STACK)


def _build() -> dict[str, Mnemonic]:
    table = {
        name: Mnemonic(name, kind, form, 4 if form in _MULTIPLE_FORMS else 0)
        for kind, form, names in _GROUPS
        for name in names.split()
    }
    table |= {
        name: Mnemonic(name, kind, form, access_bytes)
        for kind, form, access_bytes, names in _MEMORY_GROUPS
        for name in names.split()
    }
    return table | {alias: table[name] for alias, name in _ALIASES.items()}


MNEMONICS = _build()


def _split_stem(stem: str) -> tuple[Mnemonic, str, bool] | None:
    """Take condition and flag suffix off; whole names win (``mls`` is no ``ml`` with a condition ``s``)."""
    if stem in MNEMONICS:
        return MNEMONICS[stem], "", False
    candidates = [(stem, "")]
    if stem[-2:] in CONDITIONS:
        candidates.insert(0, (stem[:-2], stem[-2:]))
    for name, condition in candidates:
        if name in MNEMONICS:
            return MNEMONICS[name], condition, False
        if name.endswith("s") and name[:-1] in MNEMONICS:
            return MNEMONICS[name[:-1]], condition, True
    if stem.startswith("it") and set(stem[2:]) <= {"t", "e"}:
        return MNEMONICS["it"], "", False
    return None


@cache
def spell(text: str) -> Spelling:
    """Take a disassembled mnemonic such as ``addseq.w`` or ``vcvt.s32.f32`` apart.

    A mnemonic that is not in the table becomes a :attr:`Form.SYSTEM` one of that name.
    """
    stem, *suffixes = text.split(".")
    data_types = tuple(suffix for suffix in suffixes if suffix not in ("w", "n"))
    split = _split_stem(stem)
    if split is None:
        return Spelling(Mnemonic(stem, Kind.SYSTEM, Form.SYSTEM), "", False, data_types)
    mnemonic, condition, sets_flags = split
    return Spelling(mnemonic, "" if condition == "al" else condition, sets_flags, data_types)
