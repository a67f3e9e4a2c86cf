"""Takes exceptions on the simulated core: events that are due, entry into handlers, returns from them.

Exceptions are taken between basic blocks, never inside one.
"""

from __future__ import annotations

from collections.abc import Callable

from unicorn import Uc, arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.context import (
    enter_handler,
    frame_range,
    pop_context,
    push_context,
    returns_to_thread,
    unstacked_range,
)
from sim.machine.embedded.exceptions import HARD_FAULT, NMI, SV_CALL
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.private_peripherals import PrivatePeripherals
from sim.machine.fault import FaultKind
from sim.machine.peripherals.bus import Bus

_ENTRY_CYCLES = {
    "cortex-m0": 16,
    "cortex-m0plus": 15,
    "cortex-m3": 12,
    "cortex-m4f": 12,
    "cortex-m7f": 12,
    "cortex-m33f": 12,
}
"""Interrupt latency without wait states: [TRM-M0] [TRM-M0+] [TRM-M3] [TRM-M4] [EN-M33]; M7 estimate."""
_RETURN_CYCLES = 10  # unstacking eight words and refilling the pipeline: estimate


class ExceptionFaultError(Exception):
    """Entering an exception, or returning from one, is itself a fault.

    Attributes
    ----------
    pc
        Where execution would have gone on.
    link
        EXC_RETURN of a context that is on the stack already; None when the fault has to stack it.
    """

    def __init__(self, kind: FaultKind, pc: int, *, address: int | None = None, link: int | None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.pc = pc
        self.address = address
        self.link = link


class Interrupts:
    """The exception hardware of one machine.

    Parameters
    ----------
    bus
        The board's peripherals; None for a board without any.

    Attributes
    ----------
    may_write
        Says whether the MPU lets the code that runs write to an address.
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
        self.may_write: Callable[[int], bool] = lambda _: True

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

    def can_still_interrupt(self) -> bool:
        """Whether anything can happen to a core that does nothing by itself any more."""
        if self._bus is not None and self._bus.next_event_cycles() is not None:
            return True
        if self.execution_priority() <= 0:  # PRIMASK, or a handler that nothing configurable preempts
            return False
        return self._peripherals.next_event_cycles() is not None

    def next_wakeup_cycles(self) -> int | None:
        """Return when a sleeping core wakes up; the present when something is pending already."""
        if self._peripherals.exceptions.has_waiting():
            return self._counters.cycles
        return self.next_event_cycles()

    def service(self, pc: int) -> int:
        """Do what is due and enter the most urgent exception; return where execution goes on.

        Raises
        ------
        ExceptionFaultError
            The exception cannot be entered.
        """
        now = self._counters.cycles
        self._peripherals.run_events(now)
        if self._bus is not None:
            self._bus.run_events(now)
        exceptions = self._peripherals.exceptions
        if not exceptions.pending:
            return pc
        number = exceptions.next_exception(self.execution_priority())
        return pc if number is None else self.enter(number, pc)

    def can_preempt(self, number: int) -> bool:
        """Whether an exception would be taken now."""
        exceptions = self._peripherals.exceptions
        return exceptions.is_enabled(number) and exceptions.preempts(number, self.execution_priority())

    def supervisor_call(self, pc: int) -> int | None:
        """Take SVCall; return the handler, or None when it cannot be taken."""
        return self.enter(SV_CALL, pc) if self.can_preempt(SV_CALL) else None

    def enter(self, number: int, pc: int, link: int | None = None) -> int:
        """Enter an exception; return its handler.

        Parameters
        ----------
        link
            EXC_RETURN of a context that is on the stack already (tail-chaining); stacked here by default.

        Raises
        ------
        ExceptionFaultError
            The context cannot be stacked, or the vector is none.
        """
        exceptions = self._peripherals.exceptions
        if link is None:
            frame = frame_range(self._uc)
            obstacle = self._obstacle(frame)
            link = push_context(self._uc, pc, store=obstacle is None)
            if obstacle is not None:
                exceptions.pending.add(number)
                raise ExceptionFaultError(obstacle, pc, address=frame.start, link=link)
        exceptions.enter(number)
        enter_handler(self._uc, number, link)
        self._counters.add_cycles(self._entry_cycles)
        self._counters.redirect()
        handler = self.handler(number)
        if handler is None:
            raise ExceptionFaultError(FaultKind.NO_HANDLER, self._vector(number) & ~1, link=None)
        return handler

    def leave(self, link: int) -> int:
        """Return from an exception.

        Raises
        ------
        ExceptionFaultError
            `link` is no EXC_RETURN that fits, or the context cannot be unstacked.
        """
        active = self._peripherals.exceptions.active
        if not active:
            raise ExceptionFaultError(FaultKind.EXCEPTION_RETURN, link & ~1, link=None)
        to_thread = returns_to_thread(link)
        fits = to_thread is not None and to_thread == (len(active) == 1)
        self._deactivate()
        if not fits:
            raise ExceptionFaultError(FaultKind.EXCEPTION_RETURN, link & ~1, link=link)
        frame = unstacked_range(self._uc, link)
        if not self._memory.is_readable(frame):
            raise ExceptionFaultError(FaultKind.UNSTACKING, link & ~1, address=frame.start, link=link)
        pc, is_thumb = pop_context(self._uc, link)
        self._counters.add_cycles(_RETURN_CYCLES)
        self._counters.redirect()
        if not is_thumb:
            raise ExceptionFaultError(FaultKind.NO_THUMB_BIT, pc, link=None)
        return pc

    def handler(self, number: int) -> int | None:
        """Return where the handler of an exception begins; None when the vector names no code."""
        vector = self._vector(number)
        return vector - 1 if vector & 1 and self._memory.contains(vector - 1) else None

    def execution_priority(self) -> int:
        """Return the priority that an exception must beat to be taken now."""
        read = self._uc.reg_read
        return self._peripherals.exceptions.execution_priority(
            primask=bool(read(arm_const.UC_ARM_REG_PRIMASK)),
            basepri=int(read(arm_const.UC_ARM_REG_BASEPRI)),
            faultmask=bool(read(arm_const.UC_ARM_REG_FAULTMASK)),
        )

    def _obstacle(self, frame: range) -> FaultKind | None:
        """Return why a context cannot be stacked, if it cannot."""
        if not self._memory.is_writable(frame):
            return FaultKind.STACKING
        is_allowed = self.may_write(frame.start) and self.may_write(frame.stop - 1)
        return None if is_allowed else FaultKind.STACKING_FORBIDDEN

    def _vector(self, number: int) -> int:
        address = self._peripherals.vector_table + 4 * number
        if not self._memory.is_readable(range(address, address + 4)):
            return 0
        return int.from_bytes(self._memory.read(address, 4), "little")

    def _deactivate(self) -> None:
        number = self._peripherals.exceptions.leave()
        assert number is not None
        self._peripherals.nvic.left(number)
        if number not in (NMI, HARD_FAULT):
            self._uc.reg_write(arm_const.UC_ARM_REG_FAULTMASK, 0)
