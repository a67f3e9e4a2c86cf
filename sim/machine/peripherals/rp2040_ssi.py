"""SSI of RP2040 and the pins of its flash. Source: RP2040 datasheet, sections 4.10 and 2.19.

The window at 0x10000000 shows the flash whatever is set here: only what firmware sends by itself is modelled.
"""

from __future__ import annotations

from collections import deque

from sim.machine.peripherals.registers import RegisterBank
from sim.machine.peripherals.spi_flash import SpiFlash

_CTRLR0, _CTRLR1, _ENABLE, _BAUD, _TX_LEVEL, _RX_LEVEL, _STATUS, _ID, _VERSION = (
    *(0x00, 0x04, 0x08, 0x14, 0x20, 0x24),
    *(0x28, 0x58, 0x5C),
)
_DATA = range(0x60, 0xF0, 4)
_BUSY, _TX_NOT_FULL, _TX_EMPTY, _RX_NOT_EMPTY, _RX_FULL = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4
_FIFO_FRAMES = 16
_BITS_PER_BYTE = 8
_SELECT_CONTROL = 0x0C
_OVERRIDE_LOW, _OVERRIDE_HIGH = 2, 3


class Rp2040FlashPins(RegisterBank):
    """IO_QSPI: firmware can drive the select line of the flash itself."""

    def __init__(self, name: str, base: int, flash: SpiFlash) -> None:
        super().__init__(name, base, 0x1000)
        self._flash = flash

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        was_held = self.holds_select
        super().write(offset, value, mask, now_cycles)
        if was_held and not self.holds_select:
            self._flash.deselect()

    @property
    def holds_select(self) -> bool:
        """Whether firmware keeps the flash selected."""
        return self._select_override == _OVERRIDE_LOW

    @property
    def blocks_select(self) -> bool:
        """Whether firmware keeps the flash from being selected."""
        return self._select_override == _OVERRIDE_HIGH

    @property
    def _select_override(self) -> int:
        return self.values.get(_SELECT_CONTROL, 0) >> 8 & 3


class Rp2040Ssi(RegisterBank):
    """SSI, which selects the flash from the first frame in its FIFO to the last one."""

    def __init__(self, name: str, base: int, flash: SpiFlash, pins: Rp2040FlashPins) -> None:
        super().__init__(name, base, 0x1000, {_ID: 0x51535049, _VERSION: 0x3430312A})
        self._flash = flash
        self._pins = pins
        self._received: deque[int] = deque()
        self._sending_until = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset in _DATA:
            return self._received.popleft() if self._received else 0
        if offset == _STATUS:
            return self._status(now_cycles)
        if offset == _RX_LEVEL:
            return len(self._received)
        return 0 if offset == _TX_LEVEL else super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register, or send a frame."""
        if offset in _DATA:
            if self.values.get(_ENABLE, 0) & 1:
                self._send(value, now_cycles)
            return
        super().write(offset, value, mask, now_cycles)
        if offset == _ENABLE and not value & 1:
            self._received.clear()
            self._end_transfer()

    def _send(self, frame: int, now_cycles: int) -> None:
        if now_cycles > self._sending_until:
            self._end_transfer()
        control = self.values.get(_CTRLR0, 0)
        frame_bits, transfer, lines = (control >> 16 & 0x1F) + 1, control >> 8 & 3, control >> 21 & 3
        cycles = frame_bits * max(2, self.values.get(_BAUD, 0))
        self._sending_until = max(now_cycles, self._sending_until) + cycles
        if frame_bits != _BITS_PER_BYTE or transfer or lines:
            answer = 0  # a read with several lines, or of words: its command matters to the flash alone
        elif self._pins.blocks_select:
            answer = 0xFF
        else:
            answer = self._flash.exchange(frame & 0xFF)
        if len(self._received) < _FIFO_FRAMES:
            self._received.append(answer)

    def _end_transfer(self) -> None:
        if not self._pins.holds_select:
            self._flash.deselect()

    def _status(self, now_cycles: int) -> int:
        is_busy = now_cycles < self._sending_until
        if not is_busy:
            self._end_transfer()
        status = _TX_NOT_FULL | (_BUSY if is_busy else _TX_EMPTY)
        if self._received and not is_busy:
            status |= _RX_NOT_EMPTY
        return status | (_RX_FULL if len(self._received) == _FIFO_FRAMES else 0)
