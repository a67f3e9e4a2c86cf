"""Stacking and unstacking of exception frames (Armv7-M ARM, B1.5.6 to B1.5.8)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from unicorn import arm_const

if TYPE_CHECKING:
    import unicorn

_BASIC = struct.Struct("<8I")
_FLOATING = struct.Struct("<18I")
_STACKED = (
    arm_const.UC_ARM_REG_R0,
    arm_const.UC_ARM_REG_R1,
    arm_const.UC_ARM_REG_R2,
    arm_const.UC_ARM_REG_R3,
    arm_const.UC_ARM_REG_R12,
    arm_const.UC_ARM_REG_LR,
)
_S_REGISTERS = tuple(getattr(arm_const, f"UC_ARM_REG_S{number}") for number in range(16))
_FLAGS_MASK = 0xF80F0000
_IT_MASK = 0x0600FC00
_THUMB = 1 << 24
_EXCEPTION_MASK = 0x1FF
_ALIGNED = 1 << 9  # of the stacked xPSR: the stack pointer was moved by four bytes
_CONTROL_SPSEL = 1 << 1
_CONTROL_FPCA = 1 << 2
_RETURN_SPSEL = 1 << 2
_RETURN_THREAD = 1 << 3
_RETURN_NO_FLOAT = 1 << 4
_RETURN_PATTERN = 0xFFFFFFE1


def push_context(uc: unicorn.Uc, number: int, return_address: int, handler: int) -> int:
    """Enter an exception: stack the context, switch to handler mode.

    Parameters
    ----------
    number
        Exception number.
    return_address
        Where execution goes on afterwards.
    handler
        Vector of the handler.

    Returns
    -------
    int
        Address of the handler's first instruction.
    """
    read, write = uc.reg_read, uc.reg_write
    xpsr = read(arm_const.UC_ARM_REG_XPSR)
    control = read(arm_const.UC_ARM_REG_CONTROL)
    in_handler = bool(xpsr & _EXCEPTION_MASK)
    has_float = bool(control & _CONTROL_FPCA)
    stack = read(arm_const.UC_ARM_REG_SP)
    frame = stack - _BASIC.size - (_FLOATING.size if has_float else 0)
    padded = frame & 4
    frame -= padded
    registers = [read(register) for register in _STACKED]
    saved = _BASIC.pack(*registers, return_address, xpsr | _THUMB | (_ALIGNED if padded else 0))
    if has_float:
        floats = [read(register) for register in _S_REGISTERS]
        saved += _FLOATING.pack(*floats, read(arm_const.UC_ARM_REG_FPSCR), 0)
    uc.mem_write(frame, saved)
    write(arm_const.UC_ARM_REG_SP, frame)

    link = _RETURN_PATTERN | (0 if has_float else _RETURN_NO_FLOAT)
    if not in_handler:
        link |= _RETURN_THREAD | (_RETURN_SPSEL if control & _CONTROL_SPSEL else 0)
    write(arm_const.UC_ARM_REG_LR, link)
    write(arm_const.UC_ARM_REG_XPSR, xpsr & _FLAGS_MASK | _THUMB | number)
    write(arm_const.UC_ARM_REG_CONTROL, control & ~(_CONTROL_FPCA | _CONTROL_SPSEL))
    return handler & ~1


def pop_context(uc: unicorn.Uc, link: int) -> int:
    """Return from an exception: unstack the context that `link` (EXC_RETURN) describes.

    Returns
    -------
    int
        Address where execution goes on.
    """
    read, write = uc.reg_read, uc.reg_write
    uses_process_stack = bool(link & _RETURN_SPSEL) and bool(link & _RETURN_THREAD)
    pointer = arm_const.UC_ARM_REG_PSP if uses_process_stack else arm_const.UC_ARM_REG_MSP
    frame = read(pointer)
    *registers, return_address, xpsr = _BASIC.unpack(uc.mem_read(frame, _BASIC.size))
    frame += _BASIC.size
    has_float = not link & _RETURN_NO_FLOAT
    if has_float:
        *floats, fpscr, _ = _FLOATING.unpack(uc.mem_read(frame, _FLOATING.size))
        frame += _FLOATING.size
        for register, value in zip(_S_REGISTERS, floats, strict=True):
            write(register, value)
        write(arm_const.UC_ARM_REG_FPSCR, fpscr)
    if xpsr & _ALIGNED:
        frame += 4
    write(pointer, frame)
    control = read(arm_const.UC_ARM_REG_CONTROL) & ~(_CONTROL_FPCA | _CONTROL_SPSEL)
    control |= (_CONTROL_FPCA if has_float else 0) | (_CONTROL_SPSEL if uses_process_stack else 0)
    write(arm_const.UC_ARM_REG_XPSR, xpsr & (_FLAGS_MASK | _IT_MASK | _EXCEPTION_MASK) | _THUMB)
    write(arm_const.UC_ARM_REG_CONTROL, control)
    for register, value in zip(_STACKED, registers, strict=True):
        write(register, value)
    return int(return_address) & ~1


def is_exception_return(address: int) -> bool:
    """Whether a branch target is an EXC_RETURN value (bit 0 does not count)."""
    return address >= 0xFF000000
