"""Memory protection unit: its registers, and what they allow.

Sources: Armv7-M Architecture Reference Manual, B3.5 (the same in Armv6-M); Armv8-M Architecture Reference
Manual, B11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TYPE, CTRL, RNR, RBAR, RASR = 0xE000ED90, 0xE000ED94, 0xE000ED98, 0xE000ED9C, 0xE000EDA0
RLAR = RASR  # Armv8-M has the limit where Armv7-M has attributes and size
_LAST_ALIAS = 0xE000EDB8
MAIR0, MAIR1 = 0xE000EDC0, 0xE000EDC4

REGION_COUNT = 8
"""Regions of all modelled parts; STM32H7 has 16."""

_CTRL_ENABLE, _CTRL_HFNMIENA, _CTRL_PRIVDEFENA = 1 << 0, 1 << 1, 1 << 2
_RBAR_VALID = 1 << 4
_ADDRESS_MASK = 0xFFFFFFE0
_SMALLEST_SIZE_FIELD = 4  # 32 bytes
_SUBREGION_SIZE_FIELD = 7  # 256 bytes, from which on a region has eight subregions
_WITHOUT_MPU = ("cortex-m0",)
_MAINLINE_V8 = ("cortex-m33f", "cortex-m55")


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done at an address."""

    read: bool
    write: bool
    execute: bool


ALL = Rights(True, True, True)
NONE = Rights(False, False, False)
_PMSAV7 = {
    # AP: (privileged, unprivileged)
    0b000: ("", ""),
    0b001: ("rw", ""),
    0b010: ("rw", "r"),
    0b011: ("rw", "rw"),
    0b101: ("r", ""),
    0b110: ("r", "r"),
    0b111: ("r", "r"),
}
_PMSAV8 = {0b00: ("rw", ""), 0b01: ("rw", "rw"), 0b10: ("r", ""), 0b11: ("r", "r")}


@dataclass(frozen=True, slots=True)
class Region:
    """An enabled region, or the subregions of one that are enabled."""

    stretches: tuple[range, ...]
    privileged: Rights
    unprivileged: Rights

    def covers(self, address: int) -> bool:
        """Whether the region decides about an address."""
        return any(address in stretch for stretch in self.stretches)


class Mpu:
    """The unit of one core.

    Attributes
    ----------
    changes
        How often a register was written.
    """

    def __init__(self, core: str) -> None:
        self.changes = 0
        self._region_count = 0 if core in _WITHOUT_MPU else REGION_COUNT
        self._is_v8 = core in _MAINLINE_V8
        self._control = 0
        self._number = 0
        self._bases = [0] * REGION_COUNT
        self._attributes = [0] * REGION_COUNT
        self._memory_attributes = {MAIR0: 0, MAIR1: 0}
        self._regions: tuple[Region, ...] = ()

    def covers(self, address: int) -> bool:
        """Whether a register is one of this unit."""
        return TYPE <= address <= _LAST_ALIAS or (self._is_v8 and address in (MAIR0, MAIR1))

    @property
    def is_enabled(self) -> bool:
        """Whether accesses are checked at all."""
        return bool(self._control & _CTRL_ENABLE)

    def read(self, address: int) -> int:
        """Return a register."""
        if address == TYPE:
            return self._region_count << 8
        if address == CTRL:
            return self._control
        if address == RNR:
            return self._number
        if address in self._memory_attributes:
            return self._memory_attributes[address]
        number, is_base = self._selected(address)
        if not is_base:
            return self._attributes[number]
        return self._bases[number] | (0 if self._is_v8 else number)

    def write(self, address: int, value: int) -> None:
        """Store into a register."""
        if self._region_count == 0:
            return
        self.changes += 1
        if address == CTRL:
            self._control = value & 7
        elif address == RNR:
            self._number = value % REGION_COUNT
        elif address in self._memory_attributes:
            self._memory_attributes[address] = value
        elif address != TYPE:
            self._write_region(address, value)
        self._regions = tuple(self._enabled_regions())

    def boundaries(self) -> set[int]:
        """Return the addresses at which rights can change."""
        stretches = [stretch for region in self._regions for stretch in region.stretches]
        return {edge for stretch in stretches for edge in (stretch.start, stretch.stop)}

    def rights(self, address: int, *, is_privileged: bool, is_urgent: bool) -> Rights:
        """Return what code may do at an address of memory.

        Parameters
        ----------
        is_urgent
            Whether it runs at a negative priority: in HardFault, NMI, or with FAULTMASK set.
        """
        if not self.is_enabled or (is_urgent and not self._control & _CTRL_HFNMIENA):
            return ALL
        matching = [region for region in self._regions if region.covers(address)]
        if not matching:
            return ALL if is_privileged and self._control & _CTRL_PRIVDEFENA else NONE
        if self._is_v8 and len(matching) > 1:
            return NONE
        region = matching[-1]  # the highest number decides
        return region.privileged if is_privileged else region.unprivileged

    def _selected(self, address: int) -> tuple[int, bool]:
        """Return the region behind a register or one of its aliases, and whether it is the base register."""
        alias, offset = divmod(address - RBAR, 8)
        # Armv8-M: alias n is the region whose number ends in n. Armv7-M: all show the one in RNR.
        number = (self._number & ~3) + alias if self._is_v8 and alias else self._number
        return number, offset == 0

    def _write_region(self, address: int, value: int) -> None:
        number, is_base = self._selected(address)
        if not is_base:
            self._attributes[number] = value
        elif self._is_v8:
            self._bases[number] = value
        else:
            if value & _RBAR_VALID:
                self._number = number = (value & 0xF) % REGION_COUNT
            self._bases[number] = value & _ADDRESS_MASK

    def _enabled_regions(self) -> Iterator[Region]:
        for base, attributes in zip(self._bases, self._attributes, strict=True):
            if attributes & 1:
                yield _region_v8(base, attributes) if self._is_v8 else _region_v7(base, attributes)


def _region_v7(base: int, attributes: int) -> Region:
    size_field = max(attributes >> 1 & 0x1F, _SMALLEST_SIZE_FIELD)
    size = 2 << size_field
    start = base & ~(size - 1)
    if size_field < _SUBREGION_SIZE_FIELD:
        stretches: tuple[range, ...] = (range(start, start + size),)
    else:
        part = size // 8
        stretches = tuple(
            range(start + index * part, start + (index + 1) * part)
            for index in range(8)
            if not attributes >> 8 + index & 1
        )
    privileged, unprivileged = _PMSAV7.get(attributes >> 24 & 7, ("", ""))
    can_execute = not attributes >> 28 & 1
    return Region(stretches, _rights(privileged, can_execute), _rights(unprivileged, can_execute))


def _region_v8(base: int, limit: int) -> Region:
    privileged, unprivileged = _PMSAV8[base >> 1 & 3]
    can_execute = not base & 1
    stretch = range(base & _ADDRESS_MASK, (limit | 0x1F) + 1)
    return Region((stretch,), _rights(privileged, can_execute), _rights(unprivileged, can_execute))


def _rights(letters: str, can_execute: bool) -> Rights:
    can_read = "r" in letters
    return Rights(can_read, "w" in letters, can_read and can_execute)
