"""Takes exceptions on the simulated core: events that are due, entry into handlers, returns from them.

Exceptions are taken between basic blocks, never inside one.
"""

from __future__ import annotations

from unicorn import Uc, arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.context import pop_context, push_context
from sim.machine.embedded.exceptions import SV_CALL
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.private_peripherals import PrivatePeripherals
from sim.machine.peripherals.bus import Bus

_ENTRY_CYCLES = {
    "cortex-m0plus": 15,
    "cortex-m3": 12,
    "cortex-m4f": 12,
    "cortex-m7f": 12,
    "cortex-m33f": 12,
}
"""Interrupt latency without wait states: [TRM-M0+] 15, [TRM-M3] [TRM-M4] 12, [EN-M33] 12; M7 estimate."""
_RETURN_CYCLES = 10  # unstacking eight words and refilling the pipeline: estimate


class Interrupts:
    """The exception hardware of one machine.

    Parameters
    ----------
    bus
        The board's peripherals; None for a board without any.
    """

    def __init__(
        self,
        uc: Uc,
        core: str,
        counters: _hot.HotCounters,
        memory: MemoryMap,
        peripherals: PrivatePeripherals,
        bus: Bus | None,
    ) -> None:
        self._uc = uc
        self._entry_cycles = _ENTRY_CYCLES[core]
        self._counters = counters
        self._memory = memory
        self._peripherals = peripherals
        self._bus = bus

    def next_event_cycles(self) -> int | None:
        """Return when something happens by itself next."""
        sources = [self._peripherals.next_event_cycles()]
        if self._bus is not None:
            sources.append(self._bus.next_event_cycles())
        return min((event for event in sources if event is not None), default=None)

    @property
    def has_masked(self) -> bool:
        """Whether an exception is pending that has to wait until it is unmasked."""
        return self._peripherals.exceptions.has_waiting()

    def next_wakeup_cycles(self) -> int | None:
        """Return when a sleeping core wakes up; the present when something is pending already."""
        if self._peripherals.exceptions.has_waiting():
            return self._counters.cycles
        return self.next_event_cycles()

    def service(self, pc: int) -> int:
        """Do what is due and enter the most urgent exception; return where execution goes on."""
        now = self._counters.cycles
        self._peripherals.run_events(now)
        if self._bus is not None:
            self._bus.run_events(now)
        exceptions = self._peripherals.exceptions
        if not exceptions.pending:
            return pc
        number = exceptions.next_exception(self._execution_priority())
        return pc if number is None else self._enter(number, pc)

    def supervisor_call(self, pc: int) -> int | None:
        """Take SVCall; return the handler, or None when there is none that may be entered."""
        exceptions = self._peripherals.exceptions
        if exceptions.priority(SV_CALL) >= self._execution_priority() or not self._has_handler(SV_CALL):
            return None
        return self._enter(SV_CALL, pc)

    def leave(self, link: int) -> int | None:
        """Return from an exception; None when none is active."""
        number = self._peripherals.exceptions.leave()
        if number is None:
            return None
        self._peripherals.nvic.left(number)
        pc = pop_context(self._uc, link)
        self._counters.add_cycles(_RETURN_CYCLES)
        self._counters.redirect()
        return pc

    def _enter(self, number: int, pc: int) -> int:
        self._peripherals.exceptions.enter(number)
        entry = push_context(self._uc, number, pc, self._vector(number))
        self._counters.add_cycles(self._entry_cycles)
        self._counters.redirect()
        return entry

    def _vector(self, number: int) -> int:
        address = self._peripherals.vector_table + 4 * number
        return int.from_bytes(self._memory.read(address, 4), "little")

    def _has_handler(self, number: int) -> bool:
        vector = self._vector(number)
        return bool(vector & 1) and self._memory.contains(vector - 1)

    def _execution_priority(self) -> int:
        read = self._uc.reg_read
        return self._peripherals.exceptions.execution_priority(
            primask=bool(read(arm_const.UC_ARM_REG_PRIMASK)),
            basepri=int(read(arm_const.UC_ARM_REG_BASEPRI)),
            faultmask=bool(read(arm_const.UC_ARM_REG_FAULTMASK)),
        )
