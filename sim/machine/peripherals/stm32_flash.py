"""Flash interface of STM32.

Source: chapters "Embedded flash memory" of ST PM0075, RM0385, RM0432, RM0444, RM0455 and RM0456. Programming
and erasing take no time and never fail; option bytes do not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.machine.peripherals.flash_array import FlashArray
from sim.machine.peripherals.registers import RegisterBank

_ACR = 0x00
_SECOND_KEY = 0xCDEF_89AB
_ADDRESS_REGISTER = 0x14  # AR of STM32F1


@dataclass(frozen=True, slots=True)
class FlashLayout:
    """Where the controller's registers and fields are, and how its memory is divided.

    Attributes
    ----------
    latency_bits
        Width of the field LATENCY, the lowest of ACR.
    key_register, lock_register, lock_bit
        Where the second key is written that clears the bit LOCK, and where that is: in the control register.
    status_register
        Offset of SR, which is ready and without errors.
    program_bit, erase_bit, start_bit
        PG, PER or SER, and STRT of the control register.
    page_shift, page_bits
        The field with the number of the page to erase; without bits, a register has its address.
    page_bytes
        Size of a page. Where pages grow, four have it, the next one four times and the others eight times it.
    growing_pages
        Whether pages grow.
    bank_bit
        The bit that selects the second half of the pages; 0 where there is none.
    bank_stride
        Distance of the second bank's own registers; 0 where there are none.
    """

    reset_acr: int
    latency_bits: int
    key_register: int
    lock_register: int
    lock_bit: int
    status_register: int
    program_bit: int
    erase_bit: int
    start_bit: int
    page_shift: int
    page_bits: int
    page_bytes: int
    growing_pages: int
    bank_bit: int
    bank_stride: int


class Stm32Flash(RegisterBank):
    """A flash interface, with the memory that firmware programs through it."""

    def __init__(self, name: str, base: int, array: FlashArray, layout: FlashLayout) -> None:
        super().__init__(name, base, 0x400, {_ACR: layout.reset_acr})
        self._array = array
        self._layout = layout
        self._banks = (0, layout.bank_stride) if layout.bank_stride else (0,)
        for bank in self._banks:
            self.values[bank + layout.lock_register] = 1 << layout.lock_bit

    @property
    def wait_states(self) -> int:
        """Wait states that firmware has set."""
        return self.values[_ACR] & (1 << self._layout.latency_bits) - 1

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset in (bank + self._layout.status_register for bank in self._banks):
            return 0
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; the second key unlocks programming, and STRT erases."""
        layout = self._layout
        for bank in self._banks:
            control = bank + layout.lock_register
            if offset == bank + layout.key_register:
                if value == _SECOND_KEY:
                    self.values[control] &= ~(1 << layout.lock_bit)
                return
            if offset == control and not self._is_locked(bank):
                super().write(offset, value, mask, now_cycles)
                if self.values[control] >> layout.start_bit & 1:
                    self.values[control] &= ~(1 << layout.start_bit)
                    self._erase(bank)
                return
            if offset == control:
                return
        super().write(offset, value, mask, now_cycles)

    def store(self, address: int, size_bytes: int, value: int) -> bool:
        """Program flash; return whether that is enabled where the address is."""
        if not self._array.base <= address < self._array.base + self._array.size_bytes:
            return False
        is_second = address - self._array.base >= self._array.size_bytes // 2
        bank = self._banks[-1] if is_second else 0
        control = self.values[bank + self._layout.lock_register]
        if self._is_locked(bank) or not control >> self._layout.program_bit & 1:
            return False
        self._array.program(address, size_bytes, value)
        return True

    def _is_locked(self, bank: int) -> bool:
        return bool(self.values[bank + self._layout.lock_register] >> self._layout.lock_bit & 1)

    def _erase(self, bank: int) -> None:
        """Erase a page; erasing a whole bank, in which the firmware is, is ignored."""
        layout = self._layout
        control = self.values[bank + layout.lock_register]
        if not control >> layout.erase_bit & 1:
            return
        if not layout.page_bits:
            self._array.erase(self.values.get(_ADDRESS_REGISTER, 0) & -layout.page_bytes, layout.page_bytes)
            return
        number = control >> layout.page_shift & (1 << layout.page_bits) - 1
        if bank or (layout.bank_bit and control >> layout.bank_bit & 1):
            number += self._array.size_bytes // 2 // layout.page_bytes
        for index, (offset, size) in enumerate(self._pages()):
            if index == number:
                self._array.erase(self._array.base + offset, size)
                return

    def _pages(self) -> Iterator[tuple[int, int]]:
        offset = index = 0
        while offset < self._array.size_bytes:
            growth = 1 if index < 4 else 4 if index == 4 else 8
            size = self._layout.page_bytes * (growth if self._layout.growing_pages else 1)
            yield offset, size
            offset, index = offset + size, index + 1
