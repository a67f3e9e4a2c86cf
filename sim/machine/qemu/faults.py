"""What made the simulated core enter a fault handler that does nothing any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.errors import ImageError
from sim.machine.fault import Fault, FaultKind, FaultOutcome
from sim.machine.protocol import Marker
from sim.platform.names import ARMV6M_CORES
from sim.timing.decode import decode_block
from sim.timing.instruction import Instruction

FAULT_MARKER = "fault"
"""Name of the markers on fault handlers."""

_FAULT_VECTORS = range(3, 7)  # HardFault, MemManage, BusFault, UsageFault
_CFSR, _HFSR, _BFAR = 0xE000ED28, 0xE000ED2C, 0xE000ED38
_PRECISE, _BFAR_VALID, _FORCED = 1 << 9, 1 << 15, 1 << 30
_BRANCH_TO_ITSELF, _WFI, _WFE = 0xE7FE, 0xBF30, 0xBF20
_EXCEPTION_RETURN, _LINK_AT_RESET = 0xFF000000, 0xFFFFFFFF
_STACKED_LR, _STACKED_PC, _FRAME_WORDS = 5, 6, 8
_ACCESSES = (FaultKind.READ_UNMAPPED, FaultKind.WRITE_UNMAPPED, FaultKind.WRITE_READ_ONLY)

ReadMemory = Callable[[int, int], bytes]
ReadWord = Callable[[int], int]


def fault_markers(vectors: Sequence[int], read: ReadMemory) -> list[Marker]:
    """Return markers on the fault handlers of a vector table that only loop or sleep."""
    addresses = dict.fromkeys(vectors[number] & ~1 for number in _FAULT_VECTORS)
    return [Marker(FAULT_MARKER, address, stops=True) for address in addresses if _is_the_end(address, read)]


def is_entered_by_fault(registers: Sequence[int]) -> bool:
    """Whether an exception led to where the core is; other code may end in the same loop."""
    return _EXCEPTION_RETURN <= registers[14] < _LINK_AT_RESET


def describe_fault(core: str, registers: Sequence[int], read: ReadMemory, read_word: ReadWord) -> Fault:
    """Return the fault whose handler is about to run.

    Parameters
    ----------
    registers
        r0 to r15 at the first instruction of the handler; the frame of the faulting code is on its stack.
    read
        Reads memory.
    read_word
        Reads a register of the system control space.
    """
    frame_address = registers[13]
    frame = read(frame_address, _FRAME_WORDS * 4)
    words = [int.from_bytes(frame[start : start + 4], "little") for start in range(0, len(frame), 4)]
    pc = words[_STACKED_PC]
    status = 0 if core in ARMV6M_CORES else read_word(_CFSR)
    instruction = _instruction_at(core, pc, read)
    size = None if instruction is None else instruction.access_bytes
    return Fault(
        kind=_kind(status, instruction),
        pc=pc,
        lr=words[_STACKED_LR],
        sp=frame_address + _FRAME_WORDS * 4,
        address=read_word(_BFAR) if status & _BFAR_VALID else None,
        access_bytes=size if status & _PRECISE else None,
        outcome=FaultOutcome.IN_HANDLER,
        is_escalated=core in ARMV6M_CORES or bool(read_word(_HFSR) & _FORCED),
    )


def _is_the_end(address: int, read: ReadMemory) -> bool:
    try:
        first = int.from_bytes(read(address, 2), "little")
    except ImageError:
        return False
    return first in (_BRANCH_TO_ITSELF, _WFI, _WFE)


def _kind(status: int, instruction: Instruction | None) -> FaultKind:
    if not status & _PRECISE:
        for kind in FaultKind:
            if kind not in _ACCESSES and kind.cfsr & status:
                return kind
    if instruction is None:
        return FaultKind.FETCH_UNMAPPED
    if instruction.load_count or instruction.store_count:
        return FaultKind.WRITE_UNMAPPED if instruction.store_count else FaultKind.READ_UNMAPPED
    if instruction.mnemonic.startswith("bkpt"):
        return FaultKind.BREAKPOINT
    return FaultKind.SUPERVISOR_CALL if instruction.mnemonic.startswith("svc") else FaultKind.UNDEFINED


def _instruction_at(core: str, address: int, read: ReadMemory) -> Instruction | None:
    try:
        code = read(address & ~1, 4)
    except ImageError:
        return None
    instructions = decode_block(code, address & ~1, core)
    return instructions[0] if instructions else None
