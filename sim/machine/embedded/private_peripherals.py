"""The private peripheral bus of a Cortex-M: system control, SysTick and the cycle counter.

Counters derive from the machine's virtual time, which is the modelled cycle count, so what firmware
measures about itself agrees with the result. Register addresses and reset values: Armv7-M Architecture
Reference Manual, B3 and C1.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable

from sim.machine.embedded.exceptions import SYS_TICK, ExceptionUnit
from sim.machine.embedded.itm import BASE as ITM_BASE
from sim.machine.embedded.itm import END as ITM_END
from sim.machine.embedded.itm import Itm
from sim.machine.embedded.mpu import Mpu
from sim.machine.embedded.nvic import NVIC_IPR, NVIC_ISER, Nvic
from sim.machine.embedded.system_control import SystemControl

BASE = 0xE0000000
SIZE_BYTES = 0x100000

DWT_CTRL = 0xE0001000
DWT_CYCCNT = 0xE0001004
DWT_FOLDCNT = 0xE0001018  # the last of the counters of stalls and overheads, which stand still
SYST_CSR = 0xE000E010
SYST_RVR = 0xE000E014
SYST_CVR = 0xE000E018
SYST_CALIB = 0xE000E01C
SCB_CPUID = 0xE000ED00
SCB_VTOR = 0xE000ED08
CCSIDR = 0xE000ED80
SCB_CPACR = 0xE000ED88
DEMCR = 0xE000EDFC

_CPACR_FLOAT = 0xF << 20
_DEMCR_TRCENA = 1 << 24
_SYST_ENABLE = 1 << 0
_SYST_INTERRUPTS = 3  # ENABLE and TICKINT
_SYST_CLKSOURCE = 1 << 2
_SYST_COUNTFLAG = 1 << 16
_SYST_MASK = (1 << 24) - 1
_WORD_MASK = (1 << 32) - 1

CPUID = {
    "cortex-m0": 0x410CC200,
    "cortex-m0plus": 0x410CC601,
    "cortex-m3": 0x412FC231,
    "cortex-m4f": 0x410FC241,
    "cortex-m7f": 0x411FC270,
    "cortex-m33f": 0x410FD213,
}
"""CPUID values from the Technical Reference Manuals of the cores."""
_WITHOUT_VTOR = ("cortex-m0",)


class PrivatePeripherals:
    """Registers at 0xE0000000, for word accesses; registers without a function here keep what was written.

    Parameters
    ----------
    core
        Core name, for CPUID.
    priority_bits
        Implemented bits of a priority.
    access_cycle
        Returns the core cycle at which the access to a register is executed, from its address and whether
        it writes.
    has_cycle_counter
        Whether DWT has CYCCNT, and there is an ITM (Armv6-M has neither).

    Attributes
    ----------
    on_trace
        Called with what comes out of the ITM, if set.
    read_count
        How often the core has read one of these registers.
    """

    def __init__(
        self,
        core: str,
        priority_bits: int,
        access_cycle: Callable[[int, bool], int],
        has_cycle_counter: bool,
    ) -> None:
        self._access_cycle = access_cycle
        self._has_cycle_counter = has_cycle_counter
        self._stored: dict[int, int] = {SCB_CPUID: CPUID[core]}
        self._read_only = (SCB_CPUID, SCB_VTOR) if core in _WITHOUT_VTOR else (SCB_CPUID,)
        self.exceptions = ExceptionUnit()
        self.nvic = Nvic(self.exceptions, priority_bits)
        self.control = SystemControl(self.exceptions, core)
        self.mpu = Mpu(core)
        self.itm = Itm()
        self.on_trace: Callable[[bytes], None] | None = None
        self.read_count = 0
        self._cycle_counter = _CycleCounter()
        self._systick = _SysTick()
        # One 4 KiB way pair of 32-byte lines: enough for firmware that walks sets and ways.
        self._stored[CCSIDR] = 0xF003E019

    def read(self, address: int) -> int:
        """Return the word at ``address``."""
        if ITM_BASE <= address < ITM_END:
            return self.itm.read(address) if self._has_cycle_counter else 0
        if address == DWT_CYCCNT:
            return self._cycle_counter.value(self._access_cycle(address, False))
        if address == DWT_CTRL:
            if not self._has_cycle_counter:
                return 1 << 25  # NOCYCCNT
            return 4 << 28 | int(self._cycle_counter.enabled)
        if SYST_CSR <= address <= SYST_CALIB:
            return self._systick.read(address, self._access_cycle(address, False))
        if DWT_CYCCNT < address <= DWT_FOLDCNT:
            return 0
        if self.nvic.covers(address):
            return self.nvic.read(address)
        if self.control.covers(address):
            return self.control.read(address)
        if self.mpu.covers(address):
            return self.mpu.read(address)
        return self._stored.get(address, 0)

    def write(self, address: int, value: int) -> None:
        """Store a word at ``address``."""
        if address == DWT_CYCCNT:
            self._cycle_counter.set_value(value, self._access_cycle(address, True))
        elif address == DWT_CTRL:
            self._cycle_counter.set_enabled(
                self._has_cycle_counter and bool(value & 1), self._access_cycle(address, True)
            )
        elif SYST_CSR <= address <= SYST_CALIB:
            self._systick.write(address, value, self._access_cycle(address, True))
        elif self.nvic.covers(address):
            self.nvic.write(address, value)
        elif self.control.covers(address):
            self.control.write(address, value)
        elif self.mpu.covers(address):
            self.mpu.write(address, value)
        elif address not in self._read_only:
            self._stored[address] = value

    @property
    def has_float(self) -> bool:
        """Whether firmware has switched the FPU on: full access to CP10 and CP11."""
        return self._stored.get(SCB_CPACR, 0) & _CPACR_FLOAT == _CPACR_FLOAT

    @property
    def vector_table(self) -> int:
        """Address of the vector table (VTOR)."""
        return self._stored.get(SCB_VTOR, 0)

    @vector_table.setter
    def vector_table(self, address: int) -> None:
        self._stored[SCB_VTOR] = address

    def next_event_cycles(self) -> int | None:
        """Return when SysTick raises its exception next."""
        return self._systick.next_event_cycles()

    def run_events(self, now_cycles: int) -> None:
        """Pend SysTick when it has reached zero."""
        if self._systick.take_event(now_cycles):
            self.exceptions.pending.add(SYS_TICK)

    def save(self) -> PeripheralState:
        """Return a copy of all registers, in a form that is fast to go back to."""
        units = (self.nvic, self.control, self.mpu, self.itm)
        return pickle.dumps((self._stored, self._cycle_counter, self._systick, units))

    def restore(self, state: PeripheralState) -> None:
        """Go back to what :meth:`save` returned."""
        self._stored, self._cycle_counter, self._systick, units = pickle.loads(state)
        self.nvic, self.control, self.mpu, self.itm = units
        self.exceptions = self.nvic.unit

    def read_bytes(self, address: int, size: int) -> int:
        """Return 1, 2 or 4 bytes of the word that holds ``address``."""
        self.read_count += 1
        return self.read(address & ~3) >> (address & 3) * 8 & (1 << size * 8) - 1

    def write_bytes(self, address: int, size: int, value: int) -> None:
        """Store 1, 2 or 4 bytes into the word that holds ``address``."""
        if ITM_BASE <= address < ITM_END:
            self._write_trace(address, size, value)
            return
        if size == 4:
            self.write(address, value & _WORD_MASK)
            return
        shift = (address & 3) * 8
        mask = (1 << size * 8) - 1 << shift
        word = address & ~3
        takes_ones = NVIC_ISER <= word < NVIC_IPR or self.control.clears_by_ones(word)
        before = 0 if takes_ones else self.read(word)
        self.write(word, before & ~mask | value << shift & mask)

    def _write_trace(self, address: int, size: int, value: int) -> None:
        is_tracing = self._has_cycle_counter and bool(self._stored.get(DEMCR, 0) & _DEMCR_TRCENA)
        text = self.itm.write(address, size, value, is_tracing=is_tracing)
        if text and self.on_trace is not None:
            self.on_trace(text)


class _CycleCounter:
    """DWT CYCCNT: core cycles, while enabled."""

    def __init__(self) -> None:
        self.enabled = False
        self._held = 0
        self._origin = 0

    def value(self, now: int) -> int:
        return (now - self._origin if self.enabled else self._held) & _WORD_MASK

    def set_value(self, value: int, now: int) -> None:
        self._held = value
        self._origin = now - value

    def set_enabled(self, enabled: bool, now: int) -> None:
        value = self.value(now)
        self.enabled = enabled
        self.set_value(value, now)


class _SysTick:
    """SysTick: counts down from RELOAD to 0 and wraps, on the core clock."""

    def __init__(self) -> None:
        self._wraps_raised = 0  # wraps whose exception was raised or was not wanted
        self._control = 0
        self._reload = 0
        self._held = 0
        self._start = 0  # cycle at which the counter last stood at zero, about to reload
        self._flag_seen = 0  # wraps that COUNTFLAG already reported

    def next_event_cycles(self) -> int | None:
        if self._control & _SYST_INTERRUPTS != _SYST_INTERRUPTS or not self._reload:
            return None
        return self._start + (self._wraps_raised + 1) * (self._reload + 1)

    def take_event(self, now: int) -> bool:
        event = self.next_event_cycles()
        if event is None or event > now:
            return False
        self._wraps_raised = self._wraps(now)
        return True

    def read(self, address: int, now: int) -> int:
        if address == SYST_CSR:
            wraps = self._wraps(now)
            flag = _SYST_COUNTFLAG if wraps > self._flag_seen else 0
            self._flag_seen = wraps
            return self._control | flag
        if address == SYST_RVR:
            return self._reload
        if address == SYST_CVR:
            return self._current(now)
        return 0

    def write(self, address: int, value: int, now: int) -> None:
        if address == SYST_CSR:
            self._held = self._current(now)
            self._control = value & 7
            if self._held:
                self._start = now - (self._reload + 1 - self._held)
            else:
                self._start = now
            self._flag_seen = self._wraps_raised = self._wraps(now)
        elif address == SYST_RVR:
            self._reload = value & _SYST_MASK
        elif address == SYST_CVR:
            self._held = 0
            self._start = now
            self._flag_seen = self._wraps_raised = 0

    def _wraps(self, now: int) -> int:
        if not self._control & _SYST_ENABLE or not self._reload:
            return 0
        # The counter takes RELOAD + 1 cycles from zero to zero; COUNTFLAG is set on each arrival at zero.
        return (now - self._start) // (self._reload + 1)

    def _current(self, now: int) -> int:
        if not self._control & _SYST_ENABLE or not self._reload:
            return self._held
        elapsed = (now - self._start) % (self._reload + 1)
        return self._reload + 1 - elapsed if elapsed else 0


PeripheralState = bytes
