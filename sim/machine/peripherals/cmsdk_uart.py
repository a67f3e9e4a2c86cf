"""UART of Arm's Cortex-M System Design Kit, as the MPS2 and MPS3 boards have it.

Source of registers and bits: Arm DDI 0479, Cortex-M System Design Kit Technical Reference Manual, "APB UART".
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.serial_line import SerialLine

DATA, STATE, CTRL, INTSTATUS, BAUDDIV = 0x00, 0x04, 0x08, 0x0C, 0x10
_CTRL_TX_ENABLE, _CTRL_RX_ENABLE, _CTRL_TX_INTERRUPT, _CTRL_RX_INTERRUPT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_STATE_TX_FULL, _STATE_RX_FULL = 1 << 0, 1 << 1
_INTERRUPT_TX, _INTERRUPT_RX = 1 << 0, 1 << 1
_IDENTIFICATION = {
    0xFD0: 0x04,
    0xFE0: 0x21,
    0xFE4: 0xB8,
    0xFE8: 0x1B,
    0xFF0: 0x0D,
    0xFF4: 0xF0,
    0xFF8: 0x05,
    0xFFC: 0xB1,
}
_SMALLEST_DIVIDER = 16
_BITS_PER_CHARACTER = 10


class CmsdkUart(SerialLine):
    """One serial port.

    Parameters
    ----------
    receive_interrupt, transmit_interrupt
        Set the levels of the port's two interrupt lines.
    """

    size_bytes = 0x1000

    def __init__(
        self,
        name: str,
        base: int,
        receive_interrupt: Callable[[bool], None],
        transmit_interrupt: Callable[[bool], None],
    ) -> None:
        super().__init__()
        self.name = name
        self.base = base
        self._set_lines = {_INTERRUPT_RX: receive_interrupt, _INTERRUPT_TX: transmit_interrupt}
        self._control = 0
        self._divider = 0
        self._pending = 0
        self._is_full = False

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == DATA:
            return self.take(now_cycles)
        if offset == STATE:
            full = _STATE_TX_FULL if self._is_full else 0
            return full | (_STATE_RX_FULL if self.has_received else 0)
        registers = {CTRL: self._control, INTSTATUS: self._pending, BAUDDIV: self._divider}
        return registers.get(offset, _IDENTIFICATION.get(offset, 0))

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == DATA:
            self._send(value & 0xFF, now_cycles)
        elif offset == CTRL:
            self._control = self._control & ~mask | value
        elif offset == INTSTATUS:
            self._raise(self._pending & ~value)
        elif offset == BAUDDIV:
            self._divider = self._divider & ~mask | value

    def next_event_cycles(self) -> int | None:
        """Return when the next character arrives, or when the transmitter takes the next one."""
        events = []
        arrival = self.next_arrival_cycles()
        if arrival is not None and self._control & _CTRL_RX_ENABLE:
            events.append(arrival)
        if self._is_full:
            events.append(self.sending_until_cycles)
        return min(events, default=None)

    def run_events(self, now_cycles: int) -> None:
        """Receive a character, finish sending one."""
        if self.accept(now_cycles) and self._control & _CTRL_RX_INTERRUPT:
            self._raise(self._pending | _INTERRUPT_RX)
        if self._is_full and now_cycles >= self.sending_until_cycles:
            self._is_full = False
            if self._control & _CTRL_TX_INTERRUPT:
                self._raise(self._pending | _INTERRUPT_TX)

    def _send(self, byte: int, now_cycles: int) -> None:
        if self._control & _CTRL_TX_ENABLE:
            self._is_full = True
            self.transmit(byte, now_cycles)

    def _raise(self, pending: int) -> None:
        self._pending = pending
        for bit, set_line in self._set_lines.items():
            set_line(bool(pending & bit))

    def character_cycles(self) -> int:
        """Return core cycles that a character takes."""
        return max(self._divider, _SMALLEST_DIVIDER) * _BITS_PER_CHARACTER
