"""UART and UARTE of nRF52, which share their place.

Sources: nrf52840.svd of Nordic's MDK (registers, reset values), nRF52840 Product Specification v1.11,
chapters "UART" and "UARTE".
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral
from sim.machine.peripherals.serial_line import SerialLine
from sim.machine.peripherals.wiring import Wiring

_STARTRX, _STOPRX, _STARTTX, _STOPTX, _FLUSHRX = 0x00, 0x04, 0x08, 0x0C, 0x2C
_RXDRDY, _ENDRX, _TXDRDY, _ENDTX, _RXTO = 0x108, 0x110, 0x11C, 0x120, 0x144
_RXSTARTED, _TXSTARTED, _TXSTOPPED = 0x14C, 0x150, 0x158
_ENABLE, _RXD, _TXD, _BAUDRATE = 0x500, 0x518, 0x51C, 0x524
_RX_POINTER, _RX_COUNT, _RX_AMOUNT = 0x534, 0x538, 0x53C
_TX_POINTER, _TX_COUNT, _TX_AMOUNT = 0x544, 0x548, 0x54C
_SHORT_ENDRX_STARTRX, _SHORT_ENDRX_STOPRX = 5, 6
_PIN_SELECTS, _DISCONNECTED = (0x508, 0x50C, 0x510, 0x514), 0xFFFF_FFFF
_WITH_DMA = 8
_RESET_BAUDRATE = 0x0400_0000
_BAUDRATE_HZ = 16e6 / 2**32  # of one step
_BITS_PER_CHARACTER = 10


class NrfUarte(NrfPeripheral, SerialLine):
    """One serial port.

    Parameters
    ----------
    core_hz
        Core clock in Hz.
    """

    def __init__(
        self, name: str, base: int, interrupt: Callable[[bool], None], wiring: Wiring, core_hz: float
    ) -> None:
        NrfPeripheral.__init__(self, name, base, interrupt)
        SerialLine.__init__(self)
        self._wiring = wiring
        self._core_hz = core_hz
        self.registers |= dict.fromkeys(_PIN_SELECTS, _DISCONNECTED) | {_BAUDRATE: _RESET_BAUDRATE}
        self._is_receiving = False
        self._stored = 0  # bytes in the buffer of UARTE
        self._is_sending = False

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task == _STARTRX:
            self._is_receiving = True
            self._stored = 0
            self.set_event(_RXSTARTED, now_cycles)
        elif task == _STOPRX:
            if self._is_receiving and self._has_dma:
                self._end_reception(now_cycles)
            self._is_receiving = False
            self.set_event(_RXTO, now_cycles)
        elif task == _FLUSHRX:
            self.registers[_RX_AMOUNT] = 0
            self.set_event(_ENDRX, now_cycles)
        elif task == _STARTTX and self._has_dma:
            self._send_buffer(now_cycles)
        elif task == _STOPTX:
            self.set_event(_TXSTOPPED, now_cycles)

    def read_register(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _RXD:
            return self.take(now_cycles)
        return super().read_register(offset, now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register; TXD sends."""
        if offset == _TXD:
            self._send(bytes([value & 0xFF]), now_cycles)
        else:
            super().write_register(offset, value, now_cycles)

    def next_event_cycles(self) -> int | None:
        """Return when the next character arrives, or when the last one has left."""
        events = []
        arrival = self.next_arrival_cycles()
        if arrival is not None and self._is_receiving:
            events.append(arrival)
        if self._is_sending:
            events.append(self.sending_until_cycles)
        return min(events, default=None)

    def run_events(self, now_cycles: int) -> None:
        """Receive a character, finish sending."""
        if self._is_receiving and self.accept(now_cycles):
            self._receive(now_cycles)
        if self._is_sending and now_cycles >= self.sending_until_cycles:
            self._is_sending = False
            self.set_event(_TXDRDY, now_cycles)
            if self._has_dma:
                self.set_event(_ENDTX, now_cycles)

    @property
    def _has_dma(self) -> bool:
        return self.registers.get(_ENABLE, 0) == _WITH_DMA

    def _receive(self, now_cycles: int) -> None:
        if self._has_dma:
            data = bytes([self.take(now_cycles)])
            self._wiring.write_memory(self.registers.get(_RX_POINTER, 0) + self._stored, data)
            self._stored += 1
            if self._stored >= self.registers.get(_RX_COUNT, 0):
                self._is_receiving = False
                self._end_reception(now_cycles)
                if self.has_shortcut(_SHORT_ENDRX_STARTRX):
                    self.trigger(_STARTRX, now_cycles)
                elif self.has_shortcut(_SHORT_ENDRX_STOPRX):
                    self.set_event(_RXTO, now_cycles)
        self.set_event(_RXDRDY, now_cycles)

    def _end_reception(self, now_cycles: int) -> None:
        self.registers[_RX_AMOUNT] = self._stored
        self.set_event(_ENDRX, now_cycles)

    def _send_buffer(self, now_cycles: int) -> None:
        count = self.registers.get(_TX_COUNT, 0)
        self.set_event(_TXSTARTED, now_cycles)
        self.registers[_TX_AMOUNT] = count
        if count:
            self._send(self._wiring.read_memory(self.registers.get(_TX_POINTER, 0), count), now_cycles)
        else:
            self.set_event(_ENDTX, now_cycles)

    def _send(self, data: bytes, now_cycles: int) -> None:
        self._is_sending = True
        for byte in data:
            self.transmit(byte, now_cycles)

    def character_cycles(self) -> int:
        """Return core cycles that a character takes."""
        baud = self.registers[_BAUDRATE] * _BAUDRATE_HZ
        return max(1, round(_BITS_PER_CHARACTER * self._core_hz / baud)) if baud else 1
