"""PrimeCell UART, as RP2040 has it.

Source: Arm DDI 0183, PrimeCell UART (PL011) Technical Reference Manual.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.serial_line import SerialLine

_DR, _FR, _IBRD, _FBRD, _LCR_H, _CR = 0x00, 0x18, 0x24, 0x28, 0x2C, 0x30
_IMSC, _RIS, _MIS, _ICR = 0x38, 0x3C, 0x40, 0x44
_FR_BUSY, _FR_RXFE, _FR_TXFF, _FR_TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 7
_RECEIVED, _SENT, _TIMED_OUT = 1 << 4, 1 << 5, 1 << 6
_CR_ENABLE, _CR_RECEIVE = 1 << 0, 1 << 9
_LCR_FIFO = 1 << 4
_FIFO_CHARACTERS = 32
_CLOCKS_PER_CHARACTER = 16 * 10


class Pl011(SerialLine):
    """One serial port. A received byte is announced at once: the receive timeout is not waited for.

    Parameters
    ----------
    interrupt
        Sets the level of the port's interrupt line.
    clock_ratio
        Returns core cycles per cycle of the port's own clock.
    """

    size_bytes = 0x1000
    steady_offsets = frozenset({_FR})
    cleared_by_ones = frozenset({_ICR})

    def __init__(
        self, name: str, base: int, interrupt: Callable[[bool], None], clock_ratio: Callable[[], float]
    ) -> None:
        super().__init__()
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._clock_ratio = clock_ratio
        self._registers: dict[int, int] = {_CR: 0x300}
        self._seen_cycles = 0  # changes of the flags up to here have been seen
        self._is_sending = False
        self._has_sent = False  # the transmit interrupt, until it is cleared

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _DR:
            value = self.take(now_cycles)
            self._update_interrupt()
            return value
        if offset == _FR:
            return self._flags(now_cycles)
        if offset in (_RIS, _MIS):
            return self._raised() & (self._registers.get(_IMSC, 0) if offset == _MIS else 0x7FF)
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _DR:
            self._send(value & 0xFF, now_cycles)
        elif offset == _ICR:
            self._has_sent = self._has_sent and not value & _SENT
        else:
            self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
        self._update_interrupt()

    def next_event_cycles(self) -> int | None:
        """Return when the next character arrives, and when a flag changes because one has left."""
        events = [change for change in self._flag_changes() if change > self._seen_cycles]
        wanted = _CR_ENABLE | _CR_RECEIVE
        arrival = self.next_arrival_cycles()
        if arrival is not None and self._registers[_CR] & wanted == wanted:
            events.append(arrival)
        return min(events, default=None)

    def run_events(self, now_cycles: int) -> None:
        """Receive a character, finish sending."""
        self.accept(now_cycles)
        self._seen_cycles = now_cycles
        if self._is_sending and now_cycles >= self.sending_until_cycles:
            self._is_sending = False
            self._has_sent = True
        self._update_interrupt()

    def _send(self, byte: int, now_cycles: int) -> None:
        self._is_sending = True
        self._has_sent = False
        self._seen_cycles = now_cycles
        self.transmit(byte, now_cycles)

    def _flags(self, now_cycles: int) -> int:
        has_room, is_empty, is_idle = (now_cycles >= change for change in self._flag_changes())
        flags = (0 if has_room else _FR_TXFF) | (_FR_TXFE if is_empty else 0) | (0 if is_idle else _FR_BUSY)
        return flags | (0 if self.has_received else _FR_RXFE)

    def _flag_changes(self) -> tuple[int, int, int]:
        """Return when there is room for a character, none is left but in the shift register, none at all."""
        end, character = self.sending_until_cycles, self.character_cycles()
        room = _FIFO_CHARACTERS if self._registers.get(_LCR_H, 0) & _LCR_FIFO else 1
        return end - room * character, end - character, end

    def _raised(self) -> int:
        received = _RECEIVED | _TIMED_OUT if self.has_received else 0
        return received | (_SENT if self._has_sent else 0)

    def _update_interrupt(self) -> None:
        self._interrupt(bool(self._raised() & self._registers.get(_IMSC, 0)))

    def character_cycles(self) -> int:
        """Return core cycles that a character takes."""
        divider = self._registers.get(_IBRD, 0) + self._registers.get(_FBRD, 0) / 64
        return max(1, round(divider * _CLOCKS_PER_CHARACTER * self._clock_ratio()))
