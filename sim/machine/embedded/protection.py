"""Makes the emulator refuse what the MPU forbids.

The emulator protects memory in pages. Where the rights change inside one, the page allows what any part of
it allows, and accesses to the rest are watched: such a fault is noted at the instruction that causes it, but
what stands behind it in its basic block is still executed, apart from accesses to peripherals: these are
checked one by one while the MPU is on. It never protects the core's own registers (Armv7-M ARM, B3.5.1).

To the emulator, memory that can be written holds no code before the firmware executes some there or switches
the MPU on: stores to memory that may hold code take longer, as each of them could change it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import unicorn
from unicorn import arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.devices import MappedBus
from sim.machine.embedded.exceptions import FAULTMASK_PRIORITY
from sim.machine.embedded.interrupts import Interrupts
from sim.machine.embedded.memory_map import MappedMemory, MemoryMap
from sim.machine.embedded.mpu import ALL, Mpu, Rights
from sim.machine.embedded.private_peripherals import BASE, SIZE_BYTES

PAGE_BYTES = 1024
_HANDLER_MASK = 0x1FF
_CORE_REGISTERS = range(BASE, BASE + SIZE_BYTES)
_UNPRIVILEGED = 1 << 0
_MSR_CONTROL = re.compile(rb"(?=[\x80-\x8f]\xf3\x14\x88)", re.DOTALL)  # Armv7-M ARM, B5.2.3

OnForbidden = Callable[[int, int, bool], None]


class Protection:
    """Keeps the emulator's page rights in step with the MPU.

    Parameters
    ----------
    mpu
        Returns the unit; a restored snapshot brings its own.
    devices
        The board's peripherals; None for a board without any.
    on_forbidden
        Called with address, size and whether it is a write, for accesses that pages cannot refuse.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        memory: MemoryMap,
        counters: _hot.HotCounters,
        interrupts: Interrupts,
        mpu: Callable[[], Mpu],
        devices: MappedBus | None,
        on_forbidden: OnForbidden,
    ) -> None:
        self._uc = uc
        self._memory = memory
        self._counters = counters
        self._interrupts = interrupts
        self._mpu = mpu
        self._devices = devices
        self._has_refused = False  # since the emulator was called
        self._on_forbidden = on_forbidden
        self._applied: tuple[Mpu, int, bool, bool] | None = None
        self._pages: dict[int, tuple[int, Rights]] = {}  # restricted stretches: size and rights by address
        self._watches: list[int] = []
        self._switches: list[int] = []
        self._watches_privilege = False

    def allow_code(self, address: int) -> bool:
        """Let the firmware execute what it has written, at its first attempt; return whether it may."""
        if self._applied is not None:
            return False
        for mapped in self._memory.ranges:
            if mapped.base <= address < mapped.end and mapped.memory.kind.writable:
                self._set(mapped.base, mapped.memory.size_bytes, ALL)
                return True
        return False

    def update(self) -> None:
        """Apply what has changed; only between two calls of the emulator."""
        mpu = self._mpu()
        self._has_refused = False
        if self._applied is None:
            if not mpu.is_enabled:
                return
            for mapped in self._memory.ranges:
                self.allow_code(mapped.base)
        privileged, urgent = self.is_privileged, self.is_urgent
        state = (mpu, mpu.changes, privileged, urgent)
        if state == self._applied:
            return
        self._applied = state
        self._watch_privilege(mpu.is_enabled)
        if self._devices is not None:
            self._devices.may_access = self._may_access_device if mpu.is_enabled else None
        pages: dict[int, tuple[int, Rights]] = {}
        watched: list[tuple[range, Rights]] = []
        for mapped in self._memory.ranges:
            parts = list(self._parts(mapped, mpu, privileged, urgent))
            for stretch, inside in _by_page(parts):
                union = _union([rights for _, rights in inside])
                if union != ALL:
                    pages[stretch.start] = (len(stretch), union)
                watched += [(part, rights) for part, rights in inside if rights != union]
        self._protect(pages)
        for hook in self._watches:
            self._uc.hook_del(hook)
        self._watches = [hook for part, rights in watched for hook in self._watch(part, rights)]

    @property
    def is_privileged(self) -> bool:
        """Whether the core runs privileged code."""
        if self._uc.reg_read(arm_const.UC_ARM_REG_XPSR) & _HANDLER_MASK:
            return True
        return not self._uc.reg_read(arm_const.UC_ARM_REG_CONTROL) & _UNPRIVILEGED

    @property
    def is_urgent(self) -> bool:
        """Whether the core runs at a negative priority."""
        return self._interrupts.execution_priority() <= FAULTMASK_PRIORITY

    def rights(self, address: int) -> Rights:
        """Return what the code that runs may do at an address."""
        return self._mpu().rights(address, is_privileged=self.is_privileged, is_urgent=self.is_urgent)

    def _parts(
        self, mapped: MappedMemory, mpu: Mpu, privileged: bool, urgent: bool
    ) -> Iterator[tuple[range, Rights]]:
        """Yield the stretches of a memory with equal rights."""
        inside = (edge for edge in mpu.boundaries() if mapped.base < edge < mapped.end)
        edges = sorted({mapped.base, mapped.end, *inside})
        for start, stop in pairwise(edges):
            yield range(start, stop), mpu.rights(start, is_privileged=privileged, is_urgent=urgent)

    def _protect(self, pages: dict[int, tuple[int, Rights]]) -> None:
        for address, (size, rights) in self._pages.items():
            if pages.get(address) != (size, rights):
                self._set(address, size, ALL)
        for address, (size, rights) in pages.items():
            if self._pages.get(address) != (size, rights):
                self._set(address, size, rights)
        self._pages = pages

    def _set(self, address: int, size: int, rights: Rights) -> None:
        is_writable = self._memory.is_writable(range(address, address + 1))
        permissions = unicorn.UC_PROT_READ if rights.read else unicorn.UC_PROT_NONE
        permissions |= unicorn.UC_PROT_WRITE if rights.write and is_writable else 0
        permissions |= unicorn.UC_PROT_EXEC if rights.execute else 0
        self._uc.mem_protect(address, size, permissions)

    def _watch(self, part: range, rights: Rights) -> list[int]:
        kinds = (0 if rights.read else unicorn.UC_HOOK_MEM_READ) | (
            0 if rights.write else unicorn.UC_HOOK_MEM_WRITE
        )
        return [self._uc.hook_add(kinds, self._on_access, None, part.start, part.stop - 1)] if kinds else []

    def _on_access(
        self, _uc: unicorn.Uc, access: int, address: int, size: int, _value: int, _data: object
    ) -> None:
        self._refuse(address, size, access == unicorn.UC_MEM_WRITE)

    def _may_access_device(self, address: int, size: int, is_write: bool) -> bool:
        if self._has_refused:
            return False  # it stands behind a fault
        rights = ALL if address in _CORE_REGISTERS else self.rights(address)
        is_allowed = rights.write if is_write else rights.read
        if not is_allowed:
            self._refuse(address, size, is_write)
        return is_allowed

    def _refuse(self, address: int, size: int, is_write: bool) -> None:
        self._has_refused = True
        self._on_forbidden(address, size, is_write)

    def _watch_privilege(self, is_on: bool) -> None:
        """Return from the emulator behind each write to CONTROL, which may give up privileges."""
        if is_on == self._watches_privilege:
            return
        self._watches_privilege = is_on
        for hook in self._switches:
            self._uc.hook_del(hook)
        self._switches = []
        if is_on:
            for address in self._memory.find(_MSR_CONTROL):
                hook = self._uc.hook_add(unicorn.UC_HOOK_CODE, self._on_switch, None, address, address)
                self._switches.append(hook)
        self._uc.ctl_flush_tb()

    def _on_switch(self, _uc: unicorn.Uc, _address: int, _size: int, _data: object) -> None:
        self._counters.interrupt()


def _by_page(parts: Sequence[tuple[range, Rights]]) -> Iterator[tuple[range, list[tuple[range, Rights]]]]:
    """Yield stretches of whole pages with the parts that lie in each."""
    bounds = {edge for part, _ in parts for edge in (part.start, part.stop)}
    edges = sorted({edge for bound in bounds for edge in (bound & -PAGE_BYTES, -(-bound & -PAGE_BYTES))})
    for start, stop in pairwise(edges):
        inside = [
            (range(max(part.start, start), min(part.stop, stop)), rights)
            for part, rights in parts
            if part.start < stop and part.stop > start
        ]
        if inside:
            yield range(start, stop), inside


def _union(rights: Sequence[Rights]) -> Rights:
    return Rights(any(r.read for r in rights), any(r.write for r in rights), any(r.execute for r in rights))
