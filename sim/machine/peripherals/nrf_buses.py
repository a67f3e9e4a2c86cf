"""TWI, TWIM, SPI and SPIM of nRF52, which share their addresses, with nobody connected.

Sources: nrf52840.svd of Nordic's MDK (registers), nRF52840 Product Specification v1.11, chapters of these
names. An address on I2C is not acknowledged; what SPI receives are ones. Transfers are over at once.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral
from sim.machine.peripherals.wiring import Wiring

_ENABLE = 0x500
_SPI, _TWI, _TWIM, _SPIM = 1, 5, 6, 7
_STARTRX, _STARTTX, _START, _STOP, _SUSPEND = 0x00, 0x08, 0x10, 0x14, 0x1C
_STOPPED, _READY, _ENDRX, _END, _ENDTX, _ERROR = 0x104, 0x108, 0x110, 0x118, 0x120, 0x124
_SUSPENDED, _STARTED = 0x148, 0x14C
_ERRORSRC, _ADDRESS_NACK = 0x4C4, 1 << 1
_RXD, _TXD = 0x518, 0x51C
_RX_POINTER, _RX_COUNT, _RX_AMOUNT, _TX_COUNT, _TX_AMOUNT = 0x534, 0x538, 0x53C, 0x548, 0x54C
_HIGH = 0xFF
_MAX_COUNT = 0xFFFF


class NrfSerialBus(NrfPeripheral):
    """A master of one of these kinds, as ENABLE selects it.

    Parameters
    ----------
    wiring
        How it reaches memory.
    """

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None], wiring: Wiring) -> None:
        super().__init__(name, base, interrupt)
        self._wiring = wiring

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        kind = self.registers.get(_ENABLE, 0)
        if task == _STOP:
            self.set_event(_STOPPED, now_cycles)
        elif task == _SUSPEND and kind == _TWIM:
            self.set_event(_SUSPENDED, now_cycles)
        elif task in (_STARTRX, _STARTTX) and kind in (_TWI, _TWIM):
            self.registers[_RX_AMOUNT] = self.registers[_TX_AMOUNT] = 0
            self.registers[_ERRORSRC] = self.registers.get(_ERRORSRC, 0) | _ADDRESS_NACK
            self.set_event(_ERROR, now_cycles)
        elif task == _START and kind == _SPIM:
            self._transfer(now_cycles)

    def read_register(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        return _HIGH if offset == _RXD else super().read_register(offset, now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register; ones clear ERRORSRC, and a byte for SPI makes one come back."""
        if offset == _ERRORSRC:
            value = self.registers.get(_ERRORSRC, 0) & ~value
        super().write_register(offset, value, now_cycles)
        if offset == _TXD and self.registers.get(_ENABLE, 0) == _SPI:
            self.set_event(_READY, now_cycles)

    def _transfer(self, now_cycles: int) -> None:
        count = self.registers.get(_RX_COUNT, 0) & _MAX_COUNT
        if count:
            self._wiring.write_memory(self.registers.get(_RX_POINTER, 0), bytes([_HIGH]) * count)
        self.registers[_RX_AMOUNT] = count
        self.registers[_TX_AMOUNT] = self.registers.get(_TX_COUNT, 0) & _MAX_COUNT
        for event in (_STARTED, _ENDTX, _ENDRX, _END):
            self.set_event(event, now_cycles)
