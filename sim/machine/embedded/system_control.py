"""Fault registers of the system control block: which faults are taken, and their status.

Source: Armv7-M Architecture Reference Manual, B3.2.
"""

from __future__ import annotations

from sim.machine.embedded.exceptions import (
    BUS_FAULT,
    HARD_FAULT,
    MEM_MANAGE,
    PEND_SV,
    SV_CALL,
    SYS_TICK,
    USAGE_FAULT,
    ExceptionUnit,
)
from sim.machine.fault import Fault, FaultKind
from sim.platform.names import ARMV6M_CORES

CCR = 0xE000ED14
SHCSR = 0xE000ED24
CFSR = 0xE000ED28
HFSR = 0xE000ED2C
MMFAR = 0xE000ED34
BFAR = 0xE000ED38

CCR_UNALIGN_TRP = 1 << 3
CCR_DIV_0_TRP = 1 << 4
_CCR_RESET = 1 << 9  # STKALIGN
_CCR_DIRECT = 0x0007031B  # bits that firmware can change; the caches' among them
_CFSR_MMARVALID = 1 << 7
_CFSR_BFARVALID = 1 << 15
_ACTIVE_BITS = {0: MEM_MANAGE, 1: BUS_FAULT, 3: USAGE_FAULT, 7: SV_CALL, 10: PEND_SV, 11: SYS_TICK}
_PENDING_BITS = {12: USAGE_FAULT, 13: MEM_MANAGE, 14: BUS_FAULT, 15: SV_CALL}
_ENABLE_BITS = {16: MEM_MANAGE, 17: BUS_FAULT, 18: USAGE_FAULT}
_MAINLINE_V8 = ("cortex-m33f", "cortex-m55")
_REGISTERS = (CCR, SHCSR, CFSR, HFSR, MMFAR, BFAR)


class SystemControl:
    """Control and status of faults; Armv6-M has none of it, and reads zeros."""

    def __init__(self, unit: ExceptionUnit, core: str) -> None:
        self._unit = unit
        self._is_baseline = core in ARMV6M_CORES
        self._active_bits = {2: HARD_FAULT, **_ACTIVE_BITS} if core in _MAINLINE_V8 else _ACTIVE_BITS
        self._ccr = _CCR_RESET | (CCR_UNALIGN_TRP if self._is_baseline else 0)
        self._status = {CFSR: 0, HFSR: 0, MMFAR: 0, BFAR: 0}

    @staticmethod
    def covers(address: int) -> bool:
        """Whether a register is one of this block."""
        return address in _REGISTERS

    @staticmethod
    def clears_by_ones(address: int) -> bool:
        """Whether writing ones clears the bits of a register."""
        return address in (CFSR, HFSR)

    @property
    def traps_division_by_zero(self) -> bool:
        """CCR.DIV_0_TRP."""
        return bool(self._ccr & CCR_DIV_0_TRP)

    @property
    def traps_unaligned(self) -> bool:
        """CCR.UNALIGN_TRP, which Armv6-M cannot clear."""
        return bool(self._ccr & CCR_UNALIGN_TRP)

    def read(self, address: int) -> int:
        """Return a register."""
        if address == CCR:
            return self._ccr
        if self._is_baseline:
            return 0
        return self._shcsr() if address == SHCSR else self._status[address]

    def write(self, address: int, value: int) -> None:
        """Store into a register."""
        if self._is_baseline:
            return
        if address == CCR:
            self._ccr = self._ccr & ~_CCR_DIRECT | value & _CCR_DIRECT
        elif address == SHCSR:
            _assign(self._unit.enabled, _ENABLE_BITS, value)
            _assign(self._unit.pending, _PENDING_BITS, value)
        elif self.clears_by_ones(address):
            self._status[address] &= ~value
        else:
            self._status[address] = value

    def record(self, fault: Fault) -> None:
        """Fill in the status of a fault."""
        self._status[CFSR] |= fault.cfsr
        self._status[HFSR] |= fault.hfsr
        if fault.address is not None and fault.cfsr & _CFSR_BFARVALID:
            self._status[BFAR] = fault.address
        if fault.address is not None and fault.kind is FaultKind.DATA_FORBIDDEN:
            self._status[MMFAR] = fault.address

    def _shcsr(self) -> int:
        unit = self._unit
        members = (
            *((bit, number in unit.active) for bit, number in self._active_bits.items()),
            *((bit, number in unit.pending) for bit, number in _PENDING_BITS.items()),
            *((bit, number in unit.enabled) for bit, number in _ENABLE_BITS.items()),
        )
        return sum(1 << bit for bit, is_member in members if is_member)


def _assign(members: set[int], bits: dict[int, int], value: int) -> None:
    for bit, number in bits.items():
        if value >> bit & 1:
            members.add(number)
        else:
            members.discard(number)
