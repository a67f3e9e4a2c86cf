"""Registers of the NVIC and system control block that configure exceptions (Armv7-M ARM, B3.2, B3.4)."""

from __future__ import annotations

from sim.machine.embedded.exceptions import FIRST_INTERRUPT, NMI, PEND_SV, SYS_TICK, ExceptionUnit

ICSR = 0xE000ED04
AIRCR = 0xE000ED0C
SHPR1 = 0xE000ED18
SHPR3 = 0xE000ED20
NVIC_ISER = 0xE000E100
NVIC_ICER = 0xE000E180
NVIC_ISPR = 0xE000E200
NVIC_ICPR = 0xE000E280
NVIC_IABR = 0xE000E300
NVIC_IPR = 0xE000E400
STIR = 0xE000EF00

_BANK_BYTES = 0x80
_PRIORITY_BYTES = 0x200
_AIRCR_KEY = 0x05FA
_AIRCR_READ_KEY = 0xFA05
_AIRCR_SYSRESETREQ = 1 << 2
_ICSR_RETTOBASE = 1 << 11
_ICSR_PENDSTCLR, _ICSR_PENDSTSET = 1 << 25, 1 << 26
_ICSR_PENDSVCLR, _ICSR_PENDSVSET = 1 << 27, 1 << 28
_ICSR_NMIPENDSET = 1 << 31
_FIRST_SYSTEM_PRIORITY = 4  # SHPR1 begins with exception 4


class Nvic:
    """Register view of an :class:`~sim.machine.embedded.exceptions.ExceptionUnit`.

    Parameters
    ----------
    priority_bits
        Implemented bits of a priority, the highest ones of its byte.

    Attributes
    ----------
    is_reset_requested
        Whether firmware has asked for a reset.
    """

    def __init__(self, unit: ExceptionUnit, priority_bits: int) -> None:
        self.unit = unit
        self.is_reset_requested = False
        self._priority_mask = 0xFF << 8 - priority_bits & 0xFF
        self._lines: set[int] = set()  # interrupt lines that are high: they pend again while high

    def covers(self, address: int) -> bool:
        """Whether a register is one of this block."""
        return (
            NVIC_ISER <= address < NVIC_IPR + _PRIORITY_BYTES
            or address in (ICSR, AIRCR, STIR)
            or SHPR1 <= address <= SHPR3
        )

    def set_line(self, interrupt: int, level: bool) -> None:
        """Drive an interrupt line; a high line pends its exception."""
        number = FIRST_INTERRUPT + interrupt
        if level:
            self._lines.add(number)
            if number not in self.unit.active:
                self.unit.pending.add(number)
        else:
            self._lines.discard(number)
            self.unit.pending.discard(number)

    def left(self, number: int) -> None:
        """Pend an exception again whose handler ended while its line is still high."""
        if number in self._lines:
            self.unit.pending.add(number)

    def read(self, address: int) -> int:
        """Return the word at `address`."""
        unit = self.unit
        if address == ICSR:
            return self._icsr()
        if address == AIRCR:
            return _AIRCR_READ_KEY << 16 | unit.group_shift - 1 << 8
        if SHPR1 <= address <= SHPR3:
            return self._priorities(_FIRST_SYSTEM_PRIORITY + address - SHPR1)
        if address >= NVIC_IPR:
            return self._priorities(FIRST_INTERRUPT + address - NVIC_IPR)
        members = unit.enabled if address < NVIC_ISPR else unit.pending
        if address >= NVIC_IABR:
            members = set(unit.active)
        first = FIRST_INTERRUPT + address % _BANK_BYTES * 8
        return sum(1 << bit for bit in range(32) if first + bit in members)

    def write(self, address: int, value: int) -> None:
        """Store a word at `address`."""
        unit = self.unit
        if address == ICSR:
            self._write_icsr(value)
        elif address == AIRCR:
            if value >> 16 == _AIRCR_KEY:
                unit.group_shift = (value >> 8 & 7) + 1
                self.is_reset_requested = bool(value & _AIRCR_SYSRESETREQ)
        elif address == STIR:
            unit.pending.add(FIRST_INTERRUPT + (value & 0x1FF))
        elif SHPR1 <= address <= SHPR3:
            self._set_priorities(_FIRST_SYSTEM_PRIORITY + address - SHPR1, value)
        elif address >= NVIC_IPR:
            self._set_priorities(FIRST_INTERRUPT + address - NVIC_IPR, value)
        elif address < NVIC_IABR:
            self._write_bank(address, value)

    def _write_bank(self, address: int, value: int) -> None:
        unit = self.unit
        first = FIRST_INTERRUPT + address % _BANK_BYTES * 8
        numbers = {first + bit for bit in range(32) if value >> bit & 1}
        if address < NVIC_ICER:
            unit.enabled |= numbers
        elif address < NVIC_ISPR:
            unit.enabled -= numbers
        elif address < NVIC_ICPR:
            unit.pending |= numbers
        else:
            unit.pending -= numbers - self._lines

    def _icsr(self) -> int:
        unit = self.unit
        value = unit.active[-1] if unit.active else 0
        value |= _ICSR_RETTOBASE if len(unit.active) == 1 else 0
        pending = unit.next_exception(1 << 9)
        if pending is not None:
            value |= pending << 12
        if SYS_TICK in unit.pending:
            value |= _ICSR_PENDSTSET
        if PEND_SV in unit.pending:
            value |= _ICSR_PENDSVSET
        if any(number >= FIRST_INTERRUPT for number in unit.pending):
            value |= 1 << 22
        return value

    def _write_icsr(self, value: int) -> None:
        pending = self.unit.pending
        for bit, number in ((_ICSR_PENDSTSET, SYS_TICK), (_ICSR_PENDSVSET, PEND_SV), (_ICSR_NMIPENDSET, NMI)):
            if value & bit:
                pending.add(number)
        for bit, number in ((_ICSR_PENDSTCLR, SYS_TICK), (_ICSR_PENDSVCLR, PEND_SV)):
            if value & bit:
                pending.discard(number)

    def _priorities(self, first: int) -> int:
        return sum(self.unit.priorities.get(first + lane, 0) << 8 * lane for lane in range(4))

    def _set_priorities(self, first: int, value: int) -> None:
        for lane in range(4):
            self.unit.priorities[first + lane] = value >> 8 * lane & self._priority_mask
