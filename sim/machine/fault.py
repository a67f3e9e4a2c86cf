"""Faults of the Cortex-M core, in registers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    """A fault: its exception, CFSR bits and flag, and what a firmware engineer calls it."""

    READ_UNMAPPED = (
        "BusFault",
        1 << 9 | 1 << 15,
        "PRECISERR",
        "read from an address where the board has nothing",
    )
    WRITE_UNMAPPED = (
        "BusFault",
        1 << 9 | 1 << 15,
        "PRECISERR",
        "write to an address where the board has nothing",
    )
    WRITE_READ_ONLY = ("BusFault", 1 << 9 | 1 << 15, "PRECISERR", "write to flash without programming it")
    FETCH_UNMAPPED = ("BusFault", 1 << 8, "IBUSERR", "jump to an address where the board has no code")
    FETCH_FORBIDDEN = ("MemManage", 1 << 0, "IACCVIOL", "jump into memory that must not be executed")
    UNDEFINED = ("UsageFault", 1 << 16, "UNDEFINSTR", "instruction that this core does not have")
    NO_THUMB_BIT = (
        "UsageFault",
        1 << 17,
        "INVSTATE",
        "jump to an even address (a function pointer lost its bit 0)",
    )
    NO_COPROCESSOR = ("UsageFault", 1 << 19, "NOCP", "floating-point instruction while the FPU is off")
    UNALIGNED = ("UsageFault", 1 << 24, "UNALIGNED", "unaligned access that this instruction does not allow")
    EXCEPTION_RETURN = ("UsageFault", 1 << 18, "INVPC", "return from an exception that was never entered")
    DIVIDE_BY_ZERO = ("UsageFault", 1 << 25, "DIVBYZERO", "integer division by zero")
    NO_HANDLER = ("UsageFault", 1 << 17, "INVSTATE", "exception for which the vector table names no code")
    DATA_FORBIDDEN = ("MemManage", 1 << 1 | 1 << 7, "DACCVIOL", "access that the MPU forbids")
    STACKING = ("BusFault", 1 << 12, "STKERR", "exception while the stack pointer is outside writable RAM")
    STACKING_FORBIDDEN = (
        "MemManage",
        1 << 4,
        "MSTKERR",
        "exception while the stack pointer is where the MPU forbids writing",
    )
    UNSTACKING = (
        "BusFault",
        1 << 11,
        "UNSTKERR",
        "return from an exception while the stack pointer is outside RAM",
    )
    SUPERVISOR_CALL = (
        "HardFault",
        0,
        "SVC",
        "supervisor call that cannot be taken: no handler, or called at its own priority or above",
    )
    BREAKPOINT = ("HardFault", 0, "BKPT", "breakpoint instruction with no debugger attached")

    @property
    def exception(self) -> str:
        """Name of the exception that the core takes."""
        return self.value[0]

    @property
    def cfsr(self) -> int:
        """Bits that the fault sets in the Configurable Fault Status Register."""
        return self.value[1]

    @property
    def flag(self) -> str:
        """Name of the status bit."""
        return self.value[2]

    @property
    def reason(self) -> str:
        """The cause, in the words of a firmware engineer."""
        return self.value[3]


class FaultOutcome(Enum):
    """What became of a fault."""

    NO_HANDLER = "no_handler"
    """The vector table names no code for it."""
    IN_HANDLER = "in_handler"
    """Its handler was entered, and has not returned."""
    LOCK_UP = "lock_up"
    """It happened where no fault can be taken: the core stands still until it is reset."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, with the state of the core when it was taken.

    Attributes
    ----------
    pc, lr, sp
        Registers at the faulting instruction.
    address
        Address of the access that failed; None where the fault has none.
    access_bytes
        Size of that access.
    outcome
        What became of it.
    is_escalated
        Whether it was taken as a HardFault, because its own exception is disabled or not urgent enough.
    cause
        The fault that was being handled when it happened, if any.
    has_status
        Whether the core has registers that say which fault it was: all of Armv6-M are HardFaults.
    """

    kind: FaultKind
    pc: int
    lr: int
    sp: int
    address: int | None = None
    access_bytes: int | None = None
    outcome: FaultOutcome = FaultOutcome.NO_HANDLER
    is_escalated: bool = True
    cause: Fault | None = None
    has_status: bool = True

    @property
    def cfsr(self) -> int:
        """Bits in the Configurable Fault Status Register."""
        return self.kind.cfsr

    @property
    def hfsr(self) -> int:
        """Bits in the HardFault Status Register: FORCED where the fault was escalated, else DEBUGEVT."""
        if self.kind is FaultKind.BREAKPOINT:
            return 1 << 31
        return 1 << 30 if self.is_escalated else 0


@dataclass(frozen=True, slots=True)
class StackOverflow:
    """A stack that has grown below its limit.

    Attributes
    ----------
    pc
        Instruction that made room on it.
    sp
        Stack pointer at the end of its basic block.
    limit
        Lowest address that the stack may use.
    """

    pc: int
    sp: int
    limit: int
