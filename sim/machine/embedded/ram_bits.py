"""The bit-band alias of RAM as a device of the emulator."""

from __future__ import annotations

import unicorn

from sim.machine.bit_band import ALIAS_BYTES, RAM_ALIAS, bit_of
from sim.machine.embedded.memory_map import MemoryMap


def map_ram_bits(uc: unicorn.Uc, memory: MemoryMap) -> None:
    """Give each bit of RAM a word of its own; bits where there is no RAM read as zero."""

    def read(_uc: unicorn.Uc, offset: int, _size: int, _data: object) -> int:
        address, bit = bit_of(RAM_ALIAS + offset)
        return memory.read(address, 1)[0] >> bit & 1 if memory.contains(address) else 0

    def write(_uc: unicorn.Uc, offset: int, _size: int, value: int, _data: object) -> None:
        address, bit = bit_of(RAM_ALIAS + offset)
        if memory.contains(address):
            byte = memory.read(address, 1)[0] & ~(1 << bit) | (value & 1) << bit
            uc.mem_write(address, bytes([byte]))

    uc.mmio_map(RAM_ALIAS, ALIAS_BYTES, read, None, write, None)
