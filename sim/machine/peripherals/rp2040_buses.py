"""SPI and I2C of RP2040 with nothing connected to them. Source: RP2040 datasheet, sections 4.3 and 4.4."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.registers import RegisterBank

_SPI_DATA, _SPI_STATUS = 0x08, 0x0C
_SPI_SENT, _SPI_HAS_ROOM, _SPI_RECEIVED, _SPI_FULL = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_SPI_FIFO_FRAMES = 8
_I2C_DATA, _I2C_RAW_STATUS, _I2C_CLEAR_ABORT, _I2C_CLEAR_STOP = 0x10, 0x34, 0x54, 0x60
_I2C_CLEAR_ALL, _I2C_STATUS, _I2C_ABORT_SOURCE = 0x40, 0x70, 0x80
_I2C_EMPTY, _I2C_ABORTED, _I2C_STOPPED = 1 << 4, 1 << 6, 1 << 9
_I2C_READY = 0b110  # room for a byte, none waits
_I2C_NO_ANSWER_TO_ADDRESS = 1 << 0


class Rp2040Spi(RegisterBank):
    """An SPI controller (PrimeCell PL022) that sends at once, and receives zeros."""

    def __init__(self, name: str, base: int, report: Callable[[str], None]) -> None:
        super().__init__(name, base, 0x1000)
        self._report = report
        self._received_frames = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _SPI_DATA:
            self._received_frames = max(0, self._received_frames - 1)
            return 0
        if offset == _SPI_STATUS:
            received = _SPI_RECEIVED if self._received_frames else 0
            full = _SPI_FULL if self._received_frames == _SPI_FIFO_FRAMES else 0
            return _SPI_SENT | _SPI_HAS_ROOM | received | full
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register, or send a frame."""
        if offset == _SPI_DATA:
            self._report("SPI: nothing is connected to it, what is received is 0")
            self._received_frames = min(_SPI_FIFO_FRAMES, self._received_frames + 1)
        else:
            super().write(offset, value, mask, now_cycles)


class Rp2040I2c(RegisterBank):
    """An I2C controller on whose bus nobody answers."""

    def __init__(self, name: str, base: int, report: Callable[[str], None]) -> None:
        super().__init__(name, base, 0x1000, always_set={_I2C_STATUS: _I2C_READY})
        self._report = report
        self._events = 0
        self._abort_source = 0

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; some are read to clear what they name."""
        if offset == _I2C_RAW_STATUS:
            return _I2C_EMPTY | self._events
        if offset == _I2C_ABORT_SOURCE:
            return self._abort_source
        if offset in (_I2C_CLEAR_ABORT, _I2C_CLEAR_ALL):
            self._abort_source = 0
            self._events &= ~_I2C_ABORTED
        if offset in (_I2C_CLEAR_STOP, _I2C_CLEAR_ALL):
            self._events &= ~_I2C_STOPPED
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register, or begin a transfer."""
        if offset == _I2C_DATA:
            self._report("I2C: nothing is connected to it, no address answers")
            self._abort_source = _I2C_NO_ANSWER_TO_ADDRESS
            self._events |= _I2C_ABORTED | _I2C_STOPPED
        else:
            super().write(offset, value, mask, now_cycles)
