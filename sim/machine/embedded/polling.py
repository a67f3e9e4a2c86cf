"""Which bits of a register a polling loop looks at, from the instructions behind its load."""

from __future__ import annotations

from collections.abc import Callable

import capstone  # type: ignore[import-untyped]
from capstone import arm as arm_ids

_DECODER = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
_DECODER.detail = True
_SIGN_CONDITIONS = (arm_ids.ARM_CC_MI, arm_ids.ARM_CC_PL)
_CARRY_CONDITIONS = (arm_ids.ARM_CC_HS, arm_ids.ARM_CC_LO)
_ZERO_CONDITIONS = (arm_ids.ARM_CC_EQ, arm_ids.ARM_CC_NE)
_WORD_MASK = 0xFFFFFFFF
_LONGEST_BYTES = 32
_COPIES = (arm_ids.ARM_INS_MOV, arm_ids.ARM_INS_MVN, arm_ids.ARM_INS_UXTB, arm_ids.ARM_INS_UXTH)


def awaited_bits(code: bytes, address: int, register: Callable[[int], int]) -> int | None:
    """Return the mask of the bits that decide; None where the code does not tell.

    Parameters
    ----------
    code
        Instructions from the load on; what is behind their first branch does not count.
    register
        Returns the current value of a core register by number, for masks that are held in one.
    """
    instructions = list(_DECODER.disasm(code[:_LONGEST_BYTES], address))
    if not instructions or not instructions[0].operands:
        return None
    loaded = {instructions[0].operands[0].reg}
    for index, instruction in enumerate(instructions[1:], 1):
        operands = instruction.operands
        read = operands[1:] if len(operands) > 2 else operands
        sources = [operand.reg for operand in read if operand.type == capstone.CS_OP_REG]
        if instruction.id in (arm_ids.ARM_INS_CBZ, arm_ids.ARM_INS_CBNZ):
            return _WORD_MASK if operands[0].reg in loaded else None
        if instruction.id in (arm_ids.ARM_INS_B, arm_ids.ARM_INS_BX):
            return None
        if not loaded.intersection(sources):
            continue
        if instruction.id in _COPIES:
            loaded.add(operands[0].reg)
            continue
        return _mask(instruction, _branch_condition(instructions[index + 1 :]), loaded, register)
    return None


def _mask(
    instruction: capstone.CsInsn, condition: int | None, loaded: set[int], register: Callable[[int], int]
) -> int | None:
    operands = instruction.operands
    last = operands[-1]
    amount = int(last.imm) & _WORD_MASK if last.type == capstone.CS_OP_IMM else None
    if instruction.id in (arm_ids.ARM_INS_TST, arm_ids.ARM_INS_AND):
        if amount is not None:
            return amount
        others = [operand.reg for operand in operands[-2:] if operand.reg not in loaded]
        return register(_number(others[0])) if others else None
    if instruction.id == arm_ids.ARM_INS_UBFX:
        return (1 << int(last.imm)) - 1 << int(operands[-2].imm)
    return None if amount is None else _shifted(instruction.id, amount, condition)


def _shifted(operation: int, amount: int, condition: int | None) -> int | None:
    """Return the bits behind the condition after a shift or comparison by a constant."""
    if operation == arm_ids.ARM_INS_LSL:
        if condition in _SIGN_CONDITIONS:
            return 1 << 31 - amount
        if condition in _CARRY_CONDITIONS:
            return 1 << 32 - amount
        return _WORD_MASK >> amount if condition in _ZERO_CONDITIONS else None
    if operation == arm_ids.ARM_INS_LSR:
        return 1 << amount - 1 if condition in _CARRY_CONDITIONS else _WORD_MASK << amount & _WORD_MASK
    if operation == arm_ids.ARM_INS_CMP:
        return _WORD_MASK if condition in _ZERO_CONDITIONS else 1 << 31 if amount == 0 else None
    return None


def _branch_condition(instructions: list[capstone.CsInsn]) -> int | None:
    for instruction in instructions:
        if instruction.id == arm_ids.ARM_INS_B:
            return int(instruction.cc)
    return None


def _number(register: int) -> int:
    """Return the number of a core register from Capstone's name for it."""
    return int(register - arm_ids.ARM_REG_R0)
