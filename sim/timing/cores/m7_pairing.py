"""Which two neighbouring instructions Cortex-M7 issues in one cycle ([JNK-M7], [LLVM-M7], [SLOTHY-M7])."""

from __future__ import annotations

from sim.timing.instruction import (
    FP_ARITHMETIC,
    MEMORY,
    MULTIPLIES,
    PC,
    BranchKind,
    Instruction,
    InstructionClass,
)

_SHIFTER_USERS = frozenset(
    {"sbfx", "ubfx", "rbit", "rev", "rev16", "revsh", "bfi", "bfc", "pkhbt", "pkhtb"}
    | {"sxtab", "sxtah", "sxtab16", "uxtab", "uxtah", "uxtab16"}
)
_OLDER_SLOT_ONLY = _SHIFTER_USERS | {"sxtb", "sxth", "uxtb", "uxth", "clz"}
_PAIRING_SYSTEM = frozenset({"nop", "it"})
_MULTIPLES = (InstructionClass.LOAD_MULTIPLE, InstructionClass.STORE_MULTIPLE)


def uses_shifter(instruction: Instruction) -> bool:
    """Whether this bit-field or packing instruction occupies the early ALU's shifter."""
    return instruction.mnemonic in _SHIFTER_USERS


def is_multiple(instruction: Instruction) -> bool:
    """Whether this transfers several words, or is of a kind that can: VLDM of one register is one, too."""
    return instruction.kind in _MULTIPLES or instruction.load_count + instruction.store_count > 1


def issues_alone(instruction: Instruction) -> bool:
    """Whether an instruction never shares its cycle."""
    kind = instruction.kind
    if kind in MEMORY:
        return is_multiple(instruction)  # [JNK-M7], [LLVM-M7]
    if kind is InstructionClass.FP_MOVE:
        return instruction.mnemonic != "vmov" or instruction.moves_core_pair
    if kind is InstructionClass.SYSTEM:
        return instruction.mnemonic not in _PAIRING_SYSTEM  # [LLVM-M7]
    return kind is InstructionClass.DIV or instruction.branch is BranchKind.TABLE  # [LLVM-M7]


def can_pair(older: Instruction, younger: Instruction) -> bool:
    """Whether an instruction that shares its cycle takes this younger one as its partner."""
    return not (
        issues_alone(younger)
        or (older.branch is not BranchKind.NONE and younger.branch is not BranchKind.NONE)
        or younger.kind is InstructionClass.DSP
        or younger.mnemonic in _OLDER_SLOT_ONLY
        or _shifters_collide(older, younger)
        or _multipliers_collide(older, younger)
        or _memories_collide(older, younger)
        or _fpu_collides(older, younger)
    )


def _shifters_collide(older: Instruction, younger: Instruction) -> bool:
    """[JNK-M7], operand2 matrix: a shifted operand pairs only behind an operation without shifter."""
    if not younger.has_inline_shift:
        return False
    return older.has_inline_shift or uses_shifter(older) or older.kind is InstructionClass.SHIFT


def _multipliers_collide(older: Instruction, younger: Instruction) -> bool:
    """[JNK-M7]: one multiplication per cycle, and none next to a store."""
    if older.kind in MULTIPLIES:
        return younger.kind in MULTIPLIES or younger.store_count > 0
    return younger.kind in MULTIPLIES and older.store_count > 0


def _memories_collide(older: Instruction, younger: Instruction) -> bool:
    """[JNK-M7]: one store per cycle, and two loads only from different banks (even and odd words)."""
    if older.kind not in MEMORY or younger.kind not in MEMORY:
        return False
    if older.store_count or younger.store_count:
        return older.store_count > 0 and younger.store_count > 0
    older_bank, younger_bank = _bank(older), _bank(younger)
    return older_bank is None or younger_bank is None or older_bank == younger_bank


def _bank(load: Instruction) -> int | None:
    """Return the word bank as [SLOTHY-M7] does: from the offset alone, as if bases were 8-byte aligned."""
    if load.offset is None:
        return None
    base = (load.address + 4) & ~3 if load.base == PC else 0
    return (base + load.offset) >> 2 & 1


def _fpu_collides(older: Instruction, younger: Instruction) -> bool:
    """[JNK-M7]: one FP operation per cycle, and no FP load, store or move behind a multiply-accumulate."""
    if older.kind in FP_ARITHMETIC and younger.kind in FP_ARITHMETIC:
        return True
    if older.kind is InstructionClass.FP_MAC:
        return moves_fp_data(younger)
    return is_fp_immediate(older) and is_fp_immediate(younger)


def moves_fp_data(instruction: Instruction) -> bool:
    """Whether this is an FP load, store or move."""
    return instruction.kind is InstructionClass.FP_MOVE or instruction.mnemonic in ("vldr", "vstr")


def is_fp_immediate(instruction: Instruction) -> bool:
    """Whether this is ``vmov.f32 sd, #immediate``."""
    return instruction.kind is InstructionClass.FP_MOVE and not instruction.reads
