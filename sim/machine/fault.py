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
    SUPERVISOR_CALL = ("HardFault", 0, "SVC", "supervisor call with no handler")
    BREAKPOINT = ("HardFault", 0, "BKPT", "breakpoint instruction with no debugger attached")
    BAD_VECTOR_TABLE = (
        "HardFault",
        0,
        "VECTTBL",
        "vector table without a usable stack pointer or entry point",
    )

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
    """

    kind: FaultKind
    pc: int
    lr: int
    sp: int
    address: int | None = None
    access_bytes: int | None = None

    @property
    def cfsr(self) -> int:
        """Configurable Fault Status Register; the BFARVALID bit only where an address is known."""
        return self.kind.cfsr

    @property
    def hfsr(self) -> int:
        """HardFault Status Register: FORCED, because no configurable fault handler is enabled."""
        return 1 << 30 if self.kind.cfsr else 1 << 31
