"""NVMC of nRF5, through which firmware programs flash and user information registers.

Sources: nrf52840.svd of Nordic's MDK (registers), nRF52840 Product Specification v1.11, chapter "NVMC".
"""

from __future__ import annotations

from sim.machine.peripherals.flash_array import FlashArray
from sim.machine.peripherals.registers import RegisterBank

_READY, _READYNEXT, _CONFIG = 0x400, 0x408, 0x504
_ERASEPAGE, _ERASEALL, _ERASEPAGEPARTIAL = 0x508, 0x50C, 0x518
_WRITE, _ERASE = 1, 2


class NrfNvmc(RegisterBank):
    """A controller that is always ready."""

    def __init__(self, name: str, base: int, array: FlashArray, page_bytes: int) -> None:
        super().__init__(name, base, 0x1000, always_set={_READY: 1, _READYNEXT: 1})
        self._array = array
        self._page_bytes = page_bytes

    def is_writing(self) -> bool:
        """Whether stores go to flash and user registers."""
        return self.values.get(_CONFIG, 0) & 3 == _WRITE

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; erase if that is enabled."""
        super().write(offset, value, mask, now_cycles)
        if self.values.get(_CONFIG, 0) & 3 != _ERASE:
            return
        if offset in (_ERASEPAGE, _ERASEPAGEPARTIAL):
            self._array.erase(value & -self._page_bytes, self._page_bytes)
        elif offset == _ERASEALL and value & 1:
            self._array.erase(self._array.base, self._array.size_bytes)

    def store(self, address: int, size_bytes: int, value: int) -> bool:
        """Program flash; return whether that is enabled."""
        if not self.is_writing():
            return False
        self._array.program(address, size_bytes, value)
        return True
