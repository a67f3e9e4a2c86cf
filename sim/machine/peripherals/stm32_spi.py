"""SPI of STM32 with nobody connected: what comes in is as many ones as go out.

Sources: ST RM0008, RM0385, RM0432, RM0444 (registers CR1, CR2, SR, DR), RM0455 and RM0456 (CR1 with TSIZE and
the FIFOs), chapter "Serial peripheral interface". Transfers are over at once. No interrupts, no DMA requests.
"""

from __future__ import annotations

from sim.machine.peripherals.registers import RegisterBank

_SIZE_BYTES = 0x400
_ONES = 0xFFFF_FFFF
_SR, _DR, _CRCPR = 0x08, 0x0C, 0x10
_RXNE, _TXE, _FIFO_LEVEL = 1 << 0, 1 << 1, 1 << 9
_CR1_FIFO, _SR_FIFO, _TXDR, _RXDR = 0x00, 0x14, 0x20, 0x30
_ENABLE, _START = 1 << 0, 1 << 9
_RXP, _TXP, _DXP, _EOT, _TXTF, _TXC = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 12
_FIFO_FRAMES = 4


class Stm32Spi(RegisterBank):
    """The generations with DR: a frame in DR makes another one come back."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, _SIZE_BYTES, {0x04: 0x0700, _CRCPR: 0x7})
        self._received = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _SR:
            return _TXE | (_RXNE | _FIFO_LEVEL if self._received else 0)
        if offset == _DR:
            self._received = max(0, self._received - 1)
            return _ONES
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _DR:
            self._received = min(_FIFO_FRAMES, self._received + 1)
        else:
            super().write(offset, value, mask, now_cycles)


class Stm32FifoSpi(RegisterBank):
    """The generation with TXDR and RXDR: a transfer is over at once, and its data can be taken one by one."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, _SIZE_BYTES, {0x08: 0x0007_0007, 0x40: 0x107})  # CFG1, CRCPOLY
        self._received = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _SR_FIFO:
            received = _RXP | _DXP if self._received else 0
            return _TXP | _TXTF | _EOT | _TXC | received
        if offset == _RXDR:
            self._received = max(0, self._received - 1)
            return _ONES
        if offset == _CR1_FIFO:
            return super().read(offset, now_cycles) & ~_START
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _TXDR:
            self._received += 1
            return
        super().write(offset, value, mask, now_cycles)
        if offset == _CR1_FIFO and not self.values[_CR1_FIFO] & _ENABLE:
            self._received = 0
