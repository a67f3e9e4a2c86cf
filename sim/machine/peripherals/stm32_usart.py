"""STM32 USART and LPUART with the ISR/RDR/TDR registers (F0, F3, F7, G0, G4, H7, L4, L4+, U5, WB, ...).

Source of registers and bits: ST RM0432, chapters "USART" and "LPUART"; the same in RM0385, RM0444, RM0455
and RM0456.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.serial_line import SerialLine

CR1, CR2, CR3, BRR, _RQR, ISR, ICR, RDR, TDR = 0x00, 0x04, 0x08, 0x0C, 0x18, 0x1C, 0x20, 0x24, 0x28
_PRESC = 0x2C
_CR1_UE, _CR1_RE, _CR1_TE, _CR1_OVER8 = 1 << 0, 1 << 2, 1 << 3, 1 << 15
_CR1_IDLEIE, _CR1_RXNEIE, _CR1_TCIE, _CR1_TXEIE = 1 << 4, 1 << 5, 1 << 6, 1 << 7
_CR3_DMAR, _CR3_DMAT = 1 << 6, 1 << 7
ISR_IDLE = 1 << 4
_ISR_RXNE, _ISR_TC, _ISR_TXE = 1 << 5, 1 << 6, 1 << 7
_ISR_TEACK, _ISR_REACK = 1 << 21, 1 << 22
_BITS_PER_CHARACTER = 10
_LPUART_FACTOR = 256
_PRESCALERS = (1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256)

DmaRequest = Callable[[int], bool]
"""Asks for a transfer at a cycle count; whether one was made."""


def _refuse(_now_cycles: int) -> bool:
    return False


class Stm32Usart(SerialLine):
    """One serial port.

    Parameters
    ----------
    interrupt
        Sets the level of the port's interrupt line.
    is_low_power
        An LPUART, whose baud rate register counts in 1/256 of a clock.
    clock_ratio
        Returns core cycles per cycle of the port's own clock.
    """

    size_bytes = 0x400
    enable_bit = _CR1_UE
    steady_offsets = frozenset({ISR})

    def __init__(
        self,
        name: str,
        base: int,
        interrupt: Callable[[bool], None],
        *,
        is_low_power: bool = False,
        clock_ratio: Callable[[], float] = lambda: 1.0,
    ) -> None:
        super().__init__()
        self.name = name
        self.base = base
        self._interrupt = interrupt
        self._baud_unit = 1 / _LPUART_FACTOR if is_low_power else 1.0
        self._clock_ratio = clock_ratio
        self._registers: dict[int, int] = {}
        self._complete = True
        self._is_full = False  # the data register holds a byte
        self._is_idle = False
        self._idle_from: int | None = None  # when a character time has passed without another one
        self._dma_receive: DmaRequest = _refuse
        self._dma_transmit: DmaRequest = _refuse

    def connect_dma(self, receive: DmaRequest, transmit: DmaRequest) -> None:
        """Let DMA controllers take received bytes and bring bytes to send."""
        self._dma_receive, self._dma_transmit = receive, transmit

    def poll_dma(self, now_cycles: int) -> None:
        """Ask for transfers, as far as firmware has enabled them."""
        control = self._registers.get(CR3, 0)
        if control & _CR3_DMAR and self.has_received:
            self._dma_receive(now_cycles)
        while control & _CR3_DMAT and not self._is_full and self._dma_transmit(now_cycles):
            pass

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == ISR:
            return self._status(now_cycles)
        if offset == RDR:
            value = self.take(now_cycles)
            self._update_interrupt(now_cycles)
            return value
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == TDR:
            self._send(value & 0xFF, now_cycles)
        elif offset == ICR:
            self._complete = self._complete and not value & _ISR_TC
            self._is_idle = self._is_idle and not value & ISR_IDLE
        elif offset not in (ISR, _RQR, RDR):
            self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
            if offset == CR3:
                self.poll_dma(now_cycles)
        self._update_interrupt(now_cycles)

    def next_event_cycles(self) -> int | None:
        """Return when the next character arrives, the next one can be sent, or the line falls idle."""
        events = []
        arrival = self.next_arrival_cycles()
        if arrival is not None and self._is_on(_CR1_RE):
            events.append(arrival)
        if not self._complete:
            events.append(self.sending_until_cycles)
        if self._is_full:
            events.append(self.sending_until_cycles - self.character_cycles())
        if self._idle_from is not None:
            events.append(self._idle_from)
        return min(events, default=None)

    def run_events(self, now_cycles: int) -> None:
        """Receive a character, finish sending one, note that the line has fallen idle."""
        if self.accept(now_cycles):
            self._idle_from = None if self._waiting else now_cycles + self.character_cycles()
        elif self._idle_from is not None and now_cycles >= self._idle_from:
            self._idle_from = None
            self._is_idle = True
        if now_cycles >= self.sending_until_cycles:
            self._complete = True
        if now_cycles >= self.sending_until_cycles - self.character_cycles():
            self._is_full = False
        self.poll_dma(now_cycles)
        self._update_interrupt(now_cycles)

    def _send(self, byte: int, now_cycles: int) -> None:
        self._is_full = now_cycles < self.sending_until_cycles
        self._complete = False
        self.transmit(byte, now_cycles)

    def _status(self, now_cycles: int) -> int:
        status = 0
        if now_cycles >= self.sending_until_cycles - self.character_cycles():
            status |= _ISR_TXE  # the data register is free while the shift register sends
        if now_cycles >= self.sending_until_cycles:
            status |= _ISR_TC
        if self.has_received:
            status |= _ISR_RXNE
        if self._is_idle:
            status |= ISR_IDLE
        if self._is_on(_CR1_TE):
            status |= _ISR_TEACK
        if self._is_on(_CR1_RE):
            status |= _ISR_REACK
        return status

    def _update_interrupt(self, now_cycles: int) -> None:
        control = self._registers.get(CR1, 0)
        status = self._status(now_cycles)
        wanted = (
            (control & _CR1_IDLEIE and status & ISR_IDLE)
            or (control & _CR1_RXNEIE and status & _ISR_RXNE)
            or (control & _CR1_TXEIE and status & _ISR_TXE)
            or (control & _CR1_TCIE and status & _ISR_TC)
        )
        self._interrupt(bool(wanted))

    def _is_on(self, bit: int) -> bool:
        wanted = self.enable_bit | bit
        return self._registers.get(CR1, 0) & wanted == wanted

    def character_cycles(self) -> int:
        """Return core cycles that a character takes."""
        divider = self._registers.get(BRR, 0) * self._baud_unit
        if self._registers.get(CR1, 0) & _CR1_OVER8:
            divider /= 2  # the field is twice the divider
        divider *= _PRESCALERS[min(self._registers.get(_PRESC, 0), len(_PRESCALERS) - 1)]
        return max(1, round(divider * self._clock_ratio() * _BITS_PER_CHARACTER))
