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
_RETURN_KINDS = (0x1, 0x9, 0xD)  # to a handler, to a thread on the main stack, on the process stack


def frame_range(uc: unicorn.Uc) -> range:
    """Return the addresses that stacking would write now."""
    stack = uc.reg_read(arm_const.UC_ARM_REG_SP)
    has_float = uc.reg_read(arm_const.UC_ARM_REG_CONTROL) & _CONTROL_FPCA
    frame = stack - _BASIC.size - (_FLOATING.size if has_float else 0)
    return range(frame & ~4, stack)


def push_context(uc: unicorn.Uc, return_address: int, *, store: bool = True) -> int:
    """Stack the context.

    Parameters
    ----------
    return_address
        Where execution goes on afterwards.
    store
        Write the frame; otherwise only the stack pointer moves, as where the bus refuses the writes.

    Returns
    -------
    int
        EXC_RETURN, which tells :func:`pop_context` what was stacked, and where.
    """
    read, write = uc.reg_read, uc.reg_write
    xpsr = read(arm_const.UC_ARM_REG_XPSR)
    control = read(arm_const.UC_ARM_REG_CONTROL)
    has_float = bool(control & _CONTROL_FPCA)
    frame = frame_range(uc).start
    if store:
        padded = (read(arm_const.UC_ARM_REG_SP) - frame) & 4
        registers = [read(register) for register in _STACKED]
        saved = _BASIC.pack(*registers, return_address, xpsr | _THUMB | (_ALIGNED if padded else 0))
        if has_float:
            floats = [read(register) for register in _S_REGISTERS]
            saved += _FLOATING.pack(*floats, read(arm_const.UC_ARM_REG_FPSCR), 0)
        uc.mem_write(frame, saved)
    write(arm_const.UC_ARM_REG_SP, frame & 0xFFFFFFFF)
    link = _RETURN_PATTERN | (0 if has_float else _RETURN_NO_FLOAT)
    if not xpsr & _EXCEPTION_MASK:
        link |= _RETURN_THREAD | (_RETURN_SPSEL if control & _CONTROL_SPSEL else 0)
    return link


def enter_handler(uc: unicorn.Uc, number: int, link: int) -> None:
    """Switch to handler mode for an exception, with EXC_RETURN in the link register."""
    read, write = uc.reg_read, uc.reg_write
    xpsr = read(arm_const.UC_ARM_REG_XPSR)
    control = read(arm_const.UC_ARM_REG_CONTROL)
    write(arm_const.UC_ARM_REG_LR, link)
    write(arm_const.UC_ARM_REG_XPSR, xpsr & _FLAGS_MASK | _THUMB | number)
    write(arm_const.UC_ARM_REG_CONTROL, control & ~(_CONTROL_FPCA | _CONTROL_SPSEL))


def unstacked_range(uc: unicorn.Uc, link: int) -> range:
    """Return the addresses that a return from an exception would read."""
    frame = uc.reg_read(_pointer(link))
    return range(frame, frame + _BASIC.size + (0 if link & _RETURN_NO_FLOAT else _FLOATING.size))


def returns_to_thread(link: int) -> bool | None:
    """Whether EXC_RETURN names thread mode; None for a value that names nothing."""
    return bool(link & _RETURN_THREAD) if link & 0xF in _RETURN_KINDS else None


def pop_context(uc: unicorn.Uc, link: int) -> tuple[int, bool]:
    """Return from an exception: unstack the context that `link` (EXC_RETURN) describes.

    Returns
    -------
    int
        Address where execution goes on.
    bool
        Whether the stacked state is Thumb, the only one that a Cortex-M can execute.
    """
    read, write = uc.reg_read, uc.reg_write
    pointer = _pointer(link)
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
    control |= _CONTROL_FPCA if has_float else 0
    control |= _CONTROL_SPSEL if pointer == arm_const.UC_ARM_REG_PSP else 0
    write(arm_const.UC_ARM_REG_XPSR, xpsr & (_FLAGS_MASK | _IT_MASK | _EXCEPTION_MASK) | _THUMB)
    write(arm_const.UC_ARM_REG_CONTROL, control)
    for register, value in zip(_STACKED, registers, strict=True):
        write(register, value)
    return int(return_address) & ~1, bool(xpsr & _THUMB)


def _pointer(link: int) -> int:
    uses_process_stack = bool(link & _RETURN_SPSEL) and bool(link & _RETURN_THREAD)
    register = arm_const.UC_ARM_REG_PSP if uses_process_stack else arm_const.UC_ARM_REG_MSP
    return int(register)
