"""Decoding of what Armv8.1-M adds for core registers: low-overhead loops, conditional selects, long shifts.

Source of the encodings: Arm DDI 0553, Armv8-M Architecture Reference Manual, chapter C2.
"""

from __future__ import annotations

from typing import Any, Final

from sim.timing.instruction import FLAGS, LR, PC, VECTOR_PREDICATE, BranchKind, InstructionClass

_SELECTS: Final = {0x8: "csel", 0x9: "csinc", 0xA: "csinv", 0xB: "csneg"}
# By bits 5 and 4 of the word: the shift of a pair of registers, and that of a single one.
_BY_IMMEDIATE: Final = (("lsll", "uqshl"), ("lsrl", "urshr"), ("asrl", "srshr"), ("sqshll", "sqshl"))
_BY_REGISTER: Final = {0: ("lsll", "uqrshl"), 2: ("asrl", "sqrshr")}
_SATURATING_PAIRS: Final = {"lsll": "uqshll", "lsrl": "urshrl", "asrl": "srshrl", "sqshll": "sqshll"}
_SATURATING_REGISTER_PAIRS: Final = {"lsll": "uqrshll", "asrl": "sqrshrl"}
_NO_SECOND_REGISTER: Final = 0xF


def read_loop(word: int, address: int) -> dict[str, Any] | None:
    """Return the facts about an instruction that starts, closes or leaves a low-overhead loop, or None."""
    if word >> 23 != 0xF000_0000 >> 23 or word & 0xF001 not in (0xC001, 0xE001):
        return None
    distance = (word >> 1 & 0x3FF) << 2 | (word >> 11 & 1) << 1
    register = word >> 16 & 0xF
    is_vector = word >> 22 & 1 == 0  # WLSTP and DLSTP count elements
    suffix = "tp" if is_vector else ""
    nothing: frozenset[int] = frozenset()
    if word >> 16 in (0xF00F, 0xF01F, 0xF02F) and word & 0xF000 == 0xC000:
        counts = word >> 16 != 0xF02F
        return {
            "mnemonic": "letp" if word >> 16 == 0xF01F else "le",
            "kind": InstructionClass.BRANCH,
            "reads": frozenset({LR}) if counts else nothing,
            "writes": frozenset({LR}) if counts else nothing,
            "branch": BranchKind.CONDITIONAL if counts else BranchKind.UNCONDITIONAL,
            "condition": "ne" if counts else "",
            "target": address + 4 - distance,
        }
    if word == 0xF00F_E001:
        return {"mnemonic": "lctp", "kind": InstructionClass.SYSTEM, "reads": nothing, "writes": nothing}
    if word & 0xF000 == 0xC000:
        return {
            "mnemonic": "wls" + suffix,
            "kind": InstructionClass.BRANCH,
            "reads": frozenset({register}),
            "writes": frozenset({LR}),
            "branch": BranchKind.CONDITIONAL,
            "condition": "eq",
            "target": address + 4 + distance,
        }
    if distance == 0:
        return {
            "mnemonic": "dls" + suffix,
            "kind": InstructionClass.ALU,
            "reads": frozenset({register}),
            "writes": frozenset({LR}),
        }
    return None


def read_scalar(word: int) -> dict[str, Any] | None:
    """Return the facts about a select, a long or saturating shift, or a move of the predicate, or None."""
    if word >> 20 == 0xEA5:
        return _select(word) or _shift(word)
    if word & 0xFFEE_0FFF in (0xEEEC_0A10, 0xEEEC_0A10 | 1 << 16):
        return _move_predicate(word)
    if word >> 16 == 0xE89F:
        registers = frozenset(number for number in range(PC) if word >> number & 1)
        return {"mnemonic": "clrm", "kind": InstructionClass.ALU, "reads": frozenset(), "writes": registers}
    if word & 0xFFBF_0E00 == 0xEC9F_0A00:
        return {
            "mnemonic": "vscclrm",
            "kind": InstructionClass.SYSTEM,
            "reads": frozenset(),
            "writes": frozenset({VECTOR_PREDICATE}),
            "uses_fpu": True,
        }
    return None


def _select(word: int) -> dict[str, Any] | None:
    name = _SELECTS.get(word >> 12 & 0xF)
    if name is None:
        return None
    sources = {word >> 16 & 0xF, word & 0xF} - {PC}  # PC stands for zero
    return {
        "mnemonic": name,
        "kind": InstructionClass.ALU,
        "reads": frozenset(sources | {FLAGS}),
        "writes": frozenset({word >> 8 & 0xF}),
    }


def _shift(word: int) -> dict[str, Any] | None:
    """Read a shift of a pair of registers, or a saturating or rounding one of a single register."""
    by_register = word & 0xF == 0xD
    if not by_register and word & 0xF != 0xF:
        return None
    names = _BY_REGISTER.get(word >> 4 & 3) if by_register else _BY_IMMEDIATE[word >> 4 & 3]
    if names is None:
        return None
    pair, single = names
    if word >> 8 & 0xF == _NO_SECOND_REGISTER:
        name, registers = single, {word >> 16 & 0xF}
    else:
        registers = {word >> 16 & 0xE, (word >> 8 & 0xE) | 1}
        saturating = _SATURATING_REGISTER_PAIRS if by_register else _SATURATING_PAIRS
        name = saturating[pair] if word >> 16 & 1 else pair
    amount = {word >> 12 & 0xF} if by_register else set()
    return {
        "mnemonic": name,
        "kind": InstructionClass.SHIFT,
        "reads": frozenset(registers | amount),
        "writes": frozenset(registers),
    }


def _move_predicate(word: int) -> dict[str, Any]:
    core, predicate = frozenset({word >> 12 & 0xF}), frozenset({VECTOR_PREDICATE})
    to_core = bool(word >> 20 & 1)
    return {
        "mnemonic": "vmrs" if to_core else "vmsr",
        "kind": InstructionClass.FP_MOVE,
        "reads": predicate if to_core else core,
        "writes": core if to_core else predicate,
        "uses_fpu": True,
    }
