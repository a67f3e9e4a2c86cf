"""A stopped machine for tests of the debugger's side: registers in a dictionary, memory in a bytearray."""

from __future__ import annotations

from collections.abc import Sequence

from sim.debug.registers import registers
from sim.debug.target import MemoryArea, Watchpoint
from sim.errors import ImageError

RAM_BASE = 0x2000_0000
RAM_BYTES = 0x1000


class FakeTarget:
    """Implements :class:`sim.debug.target.DebugTarget`."""

    version = "fake 1"
    cycles = 1234

    def __init__(self, *, has_float: bool = True) -> None:
        self.has_float = has_float
        self.values = {register.name: number for number, register in enumerate(registers(has_float))}
        self.memory = bytearray(range(256)) * (RAM_BYTES // 256)
        self.breakpoints: list[int] = []
        self.watchpoints: list[Watchpoint] = []

    def read_register(self, name: str) -> int:
        return self.values[name]

    def write_register(self, name: str, value: int) -> None:
        self.values[name] = value

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        start = self._offset(address, size_bytes)
        return bytes(self.memory[start : start + size_bytes])

    def write_memory(self, address: int, data: bytes) -> None:
        start = self._offset(address, len(data))
        self.memory[start : start + len(data)] = data

    def memory_areas(self) -> Sequence[MemoryArea]:
        return [MemoryArea(RAM_BASE, RAM_BYTES, is_writable=True), MemoryArea(0, 0x10000, is_writable=False)]

    def set_breakpoints(self, addresses: Sequence[int]) -> None:
        self.breakpoints = list(addresses)

    def set_watchpoints(self, watchpoints: Sequence[Watchpoint]) -> None:
        self.watchpoints = list(watchpoints)

    def _offset(self, address: int, size_bytes: int) -> int:
        if not RAM_BASE <= address <= RAM_BASE + RAM_BYTES - size_bytes:
            raise ImageError(f"there is no memory at {address:#x}")
        return address - RAM_BASE
