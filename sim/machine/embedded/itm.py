"""Instrumentation trace macrocell: text by stimulus port 0, while firmware has switched it on.

Source: Armv7-M Architecture Reference Manual, C1.7.
"""

from __future__ import annotations

BASE, END = 0xE0000000, 0xE0001000

_TER, _TCR = 0xE0000E00, 0xE0000E80
_PORTS_END = 0xE0000080
_TCR_ENABLE = 1 << 0
_FIFO_READY = 1


class Itm:
    """Stimulus ports that are always ready; all but port 0 are taken and dropped."""

    def __init__(self) -> None:
        self._registers: dict[int, int] = {}

    def read(self, address: int) -> int:
        """Return a register."""
        return _FIFO_READY if address < _PORTS_END else self._registers.get(address, 0)

    def write(self, address: int, size: int, value: int, *, is_tracing: bool) -> bytes:
        """Store into a register; return the text that comes out.

        Parameters
        ----------
        is_tracing
            DEMCR.TRCENA.
        """
        if address >= _PORTS_END:
            self._registers[address] = value
            return b""
        is_on = is_tracing and self._registers.get(_TCR, 0) & _TCR_ENABLE and self._registers.get(_TER, 0) & 1
        return value.to_bytes(size, "little") if is_on and address == BASE else b""
