"""From Unicorn's reports to the fault that a Cortex-M would take."""

from __future__ import annotations

import unicorn

from sim.machine.fault import FaultKind

_MEMORY_ERRORS = {
    unicorn.UC_MEM_READ_UNMAPPED: FaultKind.READ_UNMAPPED,
    unicorn.UC_MEM_WRITE_UNMAPPED: FaultKind.WRITE_UNMAPPED,
    unicorn.UC_MEM_FETCH_UNMAPPED: FaultKind.FETCH_UNMAPPED,
    unicorn.UC_MEM_READ_PROT: FaultKind.READ_UNMAPPED,
    unicorn.UC_MEM_WRITE_PROT: FaultKind.WRITE_READ_ONLY,
    unicorn.UC_MEM_FETCH_PROT: FaultKind.FETCH_FORBIDDEN,
}

_EXCEPTIONS = {
    1: FaultKind.UNDEFINED,
    2: FaultKind.SUPERVISOR_CALL,
    3: FaultKind.FETCH_UNMAPPED,
    4: FaultKind.READ_UNMAPPED,
    7: FaultKind.BREAKPOINT,
    8: FaultKind.EXCEPTION_RETURN,
    17: FaultKind.NO_COPROCESSOR,
    18: FaultKind.NO_THUMB_BIT,
    22: FaultKind.UNALIGNED,
}
"""QEMU's exception numbers of the Arm target, which UC_HOOK_INTR reports."""

_ERRORS = {
    unicorn.UC_ERR_INSN_INVALID: FaultKind.UNDEFINED,
    unicorn.UC_ERR_READ_UNMAPPED: FaultKind.READ_UNMAPPED,
    unicorn.UC_ERR_WRITE_UNMAPPED: FaultKind.WRITE_UNMAPPED,
    unicorn.UC_ERR_FETCH_UNMAPPED: FaultKind.FETCH_UNMAPPED,
    unicorn.UC_ERR_WRITE_PROT: FaultKind.WRITE_READ_ONLY,
    unicorn.UC_ERR_READ_PROT: FaultKind.READ_UNMAPPED,
    unicorn.UC_ERR_FETCH_PROT: FaultKind.FETCH_FORBIDDEN,
    unicorn.UC_ERR_READ_UNALIGNED: FaultKind.UNALIGNED,
    unicorn.UC_ERR_WRITE_UNALIGNED: FaultKind.UNALIGNED,
    unicorn.UC_ERR_EXCEPTION: FaultKind.UNDEFINED,
}


def classify_memory_error(access: int) -> FaultKind:
    """Return the fault of a memory access that Unicorn refused (``UC_MEM_*``)."""
    return _MEMORY_ERRORS[access]


def classify_exception(number: int) -> FaultKind:
    """Return the fault of an exception that no handler takes (QEMU's number)."""
    return _EXCEPTIONS.get(number, FaultKind.UNDEFINED)


def classify_error(error: int) -> FaultKind:
    """Return the fault behind an error of ``emu_start`` that no hook has explained (``UC_ERR_*``)."""
    return _ERRORS.get(error, FaultKind.UNDEFINED)


def classify_fetch(address: int) -> FaultKind:
    """Return the fault of a jump to nowhere: the devices' parts of the address map are never executed."""
    is_device = 0x40000000 <= address < 0x60000000 or address >= 0xA0000000
    return FaultKind.FETCH_FORBIDDEN if is_device else FaultKind.FETCH_UNMAPPED


def first_float(code: bytes) -> int | None:
    """Return the offset of the first instruction for coprocessors 10 and 11 (Armv7-M ARM, A5.3.18)."""
    offset = 0
    while offset + 4 <= len(code):
        first = int.from_bytes(code[offset : offset + 2], "little")
        is_wide = first >> 11 in (0b11101, 0b11110, 0b11111)
        if is_wide and first & 0xEC00 == 0xEC00 and code[offset + 3] & 0xE == 0xA:
            return offset
        offset += 4 if is_wide else 2
    return None
