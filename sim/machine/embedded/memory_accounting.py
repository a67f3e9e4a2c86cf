"""What one machine accounts for when its core accesses memory: nothing, literals, or every access."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import unicorn

from sim.machine.embedded import _hot
from sim.machine.embedded.access_plan import plan_accesses
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import follow_memory_system, hook_native, map_window, ram_can_wait
from sim.machine.embedded.register_file import find_register_file
from sim.machine.protocol import Level
from sim.platform import Platform
from sim.platform.names import ControlRegister
from sim.timing.memory import MemorySettings, resolve_memory_system


class MemoryAccounting:
    """The memories of a machine as the emulator and the counters see them.

    Parameters
    ----------
    clock_hz
        Core clock in Hz, which decides the flash wait states.
    data_only_flash, plan_accesses, read_settings
        See :class:`~sim.machine.embedded.engine.EmbeddedMachine`.

    Attributes
    ----------
    system
        Wait states and caches right now.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        platform: Platform,
        memory: MemoryMap,
        level: Level,
        clock_hz: int,
        *,
        data_only_flash: range | None,
        plan_data_accesses: bool,
        read_settings: Callable[[], MemorySettings] | None,
    ) -> None:
        self._uc = uc
        self._platform = platform
        self._memory = memory
        self._clock_hz = clock_hz
        self._read_settings = read_settings
        self._settings: MemorySettings | None = None
        self.system = resolve_memory_system(platform, clock_hz)
        is_full = level is Level.FULL
        self._window = data_only_flash if is_full and not ram_can_wait(self.system) else None
        self._accounts_data = is_full and self._window is None
        self._plans_accesses = self._accounts_data and plan_data_accesses
        self._sees_accesses = False

    @property
    def watches_literals_only(self) -> bool:
        """Whether only flash that holds data, and literals, are accounted for: RAM never waits."""
        return self._window is not None

    def map(self, counters: _hot.HotCounters) -> None:
        """Show the memories to the emulator."""
        mappings = []
        for mapped in self._memory.ranges:
            # With both rights, each store looks for translated code: see Protection.allow_code.
            may = unicorn.UC_PROT_WRITE if mapped.memory.kind.writable else unicorn.UC_PROT_EXEC
            size_bytes = mapped.memory.size_bytes
            if self._window is not None and mapped.base <= self._window.start < mapped.end:
                size_bytes = self._window.start - mapped.base
                map_window(self._uc, counters, self._window, mapped.host_address + size_bytes)
            if size_bytes:
                mappings.append((size_bytes, mapped.base, unicorn.UC_PROT_READ | may, mapped.host_address))
        # Unicorn 2.1 gives memories of ascending sizes the same place in its table of translated code:
        # writes to the one discard the code of the other.
        for size_bytes, base, permissions, host_address in sorted(mappings, reverse=True):
            self._uc.mem_map_ptr(base, size_bytes, permissions, host_address)

    def account(self, counters: _hot.HotCounters, core_registers: tuple[int, ...]) -> None:
        """Begin to account for data accesses.

        Parameters
        ----------
        core_registers
            The emulator's names of R0 to R14.
        """
        if self._plans_accesses:
            counters.plan_accesses(find_register_file(self._uc, core_registers))
            for mapped in self._memory.ranges:
                counters.open_memory(mapped.base, mapped.host_address)
        elif self._accounts_data:
            self.watch(counters)

    def watch(self, counters: _hot.HotCounters) -> None:
        """Let the counters see every data access when it happens, from now on."""
        if not self._accounts_data or self._sees_accesses:
            return
        self._sees_accesses = True
        _, on_read, on_write = counters.callbacks
        hook_native(self._uc, counters, unicorn.UC_HOOK_MEM_READ, on_read)
        hook_native(self._uc, counters, unicorn.UC_HOOK_MEM_WRITE, on_write)
        self._uc.ctl_flush_tb()

    def plan(self, address: int, size_bytes: int) -> tuple[int, bytes]:
        """Return where the accesses of a block go, as the counters take it; nothing without plans."""
        if not self._plans_accesses:
            return 0, b""
        return plan_accesses(self._memory.read(address, size_bytes), address)

    def follow_settings(self, counters: _hot.HotCounters, core_control: Callable[[], int]) -> None:
        """Model the memory system as firmware has set it up; every write to a peripheral leads here.

        Parameters
        ----------
        core_control
            Returns the core's register CCR.
        """
        if self._read_settings is None:
            return
        settings = self._read_settings()
        control = {**settings.registers, ControlRegister.CORE: core_control()}
        settings = dataclasses.replace(settings, registers=control)
        if settings == self._settings:
            return
        self._settings = settings
        system = resolve_memory_system(self._platform, self._clock_hz, settings)
        follow_memory_system(counters, self.system, system)
        self.system = system
