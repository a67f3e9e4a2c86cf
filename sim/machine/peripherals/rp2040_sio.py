"""Single-cycle IO of RP2040: pins, divider, spinlocks. Source: RP2040 datasheet, section 2.3.1.

Only the first core exists, and no interpolator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_CPUID, _GPIO_IN, _GPIO_OUT, _GPIO_OE, _FIFO_ST = 0x00, 0x04, 0x10, 0x20, 0x50
_FIFO_WRITE, _FIFO_READ = 0x54, 0x58
_UDIVIDEND, _UDIVISOR, _SDIVIDEND, _SDIVISOR, _QUOTIENT, _REMAINDER, _CSR = range(0x60, 0x7C, 4)
_INTERPOLATORS = range(0x80, 0x100)
_SPINLOCK_ST, _SPINLOCK0, _SPINLOCKS_END = 0x5C, 0x100, 0x180
_CSR_READY = 1 << 0
_FIFO_VALID, _FIFO_READY = 1 << 0, 1 << 1
_WORD_MASK = 0xFFFF_FFFF


class Rp2040Sio:
    """The block of the first core; divisions are over at once.

    Parameters
    ----------
    report
        Called with what the firmware needs and does not get.
    """

    size_bytes = 0x1000

    def __init__(self, name: str, base: int, report: Callable[[str], None]) -> None:
        self.name = name
        self.base = base
        self._registers: dict[int, int] = {}
        self._locked = 0
        self._report = report
        self._mailbox: deque[int] = deque()

    def restart_second_core(self) -> None:
        """Do what the other core does when its reset is over: announce itself."""
        self._mailbox.append(0)

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; reading a spinlock takes it."""
        del now_cycles
        if offset == _GPIO_IN:
            return self._registers.get(_GPIO_OUT, 0) & self._registers.get(_GPIO_OE, 0)
        if offset == _FIFO_ST:
            return _FIFO_READY | (_FIFO_VALID if self._mailbox else 0)
        if offset == _FIFO_READ:
            return self._mailbox.popleft() if self._mailbox else 0
        if offset == _CSR:
            return _CSR_READY
        if offset == _SPINLOCK_ST:
            return self._locked
        if _SPINLOCK0 <= offset < _SPINLOCKS_END:
            bit = 1 << (offset - _SPINLOCK0) // 4
            was_free = not self._locked & bit
            self._locked |= bit
            return bit if was_free else 0
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; writing a spinlock gives it back."""
        del now_cycles
        if _SPINLOCK0 <= offset < _SPINLOCKS_END:
            self._locked &= ~(1 << (offset - _SPINLOCK0) // 4)
            return
        for port in (_GPIO_OUT, _GPIO_OE):
            if port < offset <= port + 12:
                self._change_port(port, offset - port, value)
                return
        if offset == _CPUID:
            return
        if offset == _FIFO_WRITE:
            self._report("the second core: nothing that the firmware starts there runs, or answers")
            return
        if offset in _INTERPOLATORS:
            self._report("the interpolators: they give back what is written to them")
        self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
        if _UDIVIDEND <= offset <= _SDIVISOR:
            self._divide(is_signed=offset >= _SDIVIDEND)

    def next_event_cycles(self) -> int | None:
        """Return None: nothing changes by itself."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: nothing changes by itself."""

    def _change_port(self, port: int, kind: int, value: int) -> None:
        """Set, clear or flip pins."""
        pins = self._registers.get(port, 0)
        changed = {4: pins | value, 8: pins & ~value, 12: pins ^ value}
        self._registers[port] = changed.get(kind, pins)

    def _divide(self, *, is_signed: bool) -> None:
        """Divide; the signed and unsigned registers are two views of the same operands."""
        source = (_SDIVIDEND, _SDIVISOR) if is_signed else (_UDIVIDEND, _UDIVISOR)
        dividend, divisor = (self._registers.get(offset, 0) for offset in source)
        for offset, operand in zip((_UDIVIDEND, _UDIVISOR), (dividend, divisor), strict=True):
            self._registers[offset] = self._registers[offset + 8] = operand
        if is_signed:
            dividend, divisor = _signed(dividend), _signed(divisor)
        if divisor:
            quotient = abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
            remainder = dividend - quotient * divisor
        else:
            quotient, remainder = (1 if dividend < 0 else -1), dividend
        self._registers[_QUOTIENT] = quotient & _WORD_MASK
        self._registers[_REMAINDER] = remainder & _WORD_MASK


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word
