"""Finds the emulated core's registers in this process, so that reading them needs no call."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import unicorn

_SELF = Path("/proc/self/mem")
_HANDLE_BYTES = 1 << 14
_CORE_BYTES = 1 << 17
_CONFIRMATIONS = 2
_POINTER = struct.Struct("<Q")


def find_register_file(uc: unicorn.Uc, registers: Sequence[int]) -> int:
    """Return the address of the registers, which lie behind each other, or 0 where they cannot be found.

    The emulator's handle points to its core, at a place that no interface tells. So registers are set to
    random values, which are looked for behind all that the handle points to, and again with other values.

    Parameters
    ----------
    registers
        The emulator's numbers of the registers, in order.
    """
    saved = [uc.reg_read(register) for register in registers]
    try:
        pattern = struct.pack(f"<{len(registers)}I", *_write_random(uc, registers))
        places = _places(uc._uch.value, pattern)
        for _ in range(_CONFIRMATIONS):  # what is left are not the registers' values, but the registers
            values = _write_random(uc, registers)
            places = [place for place in places if _words(place, len(values)) == values]
    finally:
        for register, value in zip(registers, saved, strict=True):
            uc.reg_write(register, value)
    return places[0] if len(places) == 1 else 0


def _write_random(uc: unicorn.Uc, registers: Sequence[int]) -> list[int]:
    values = [random.getrandbits(32) & ~3 for _ in registers]
    for register, value in zip(registers, values, strict=True):
        uc.reg_write(register, value)
    return values


def _places(handle: int, pattern: bytes) -> list[int]:
    """Return where a pattern is in the memory behind the pointers of a structure."""
    structure = _read(handle, _HANDLE_BYTES)
    structure = structure[: len(structure) // _POINTER.size * _POINTER.size]
    pointers = {pointer for (pointer,) in _POINTER.iter_unpack(structure) if pointer and not pointer % 16}
    places = set()
    for pointer in pointers:
        memory = _read(pointer, _CORE_BYTES)
        places |= {pointer + match.start() for match in re.finditer(re.escape(pattern), memory)}
    return sorted(places)


def _words(address: int, count: int) -> list[int]:
    memory = _read(address, 4 * count)
    return list(struct.unpack(f"<{count}I", memory)) if len(memory) == 4 * count else []


def _read(address: int, size_bytes: int) -> bytes:
    """Return bytes of this process, fewer where the rest cannot be read."""
    try:
        with _SELF.open("rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(size_bytes)
    except (OSError, OverflowError, ValueError):
        return b""
