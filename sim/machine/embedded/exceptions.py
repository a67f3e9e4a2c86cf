"""Exceptions of a Cortex-M: what is pending, enabled and active, and which is taken next.

Source of the rules: Armv7-M Architecture Reference Manual, B1.5 (exception model) and B3.4 (NVIC). The same
rules hold for Armv6-M, which has fewer priorities, and for Armv8-M without its security extension.
"""

from __future__ import annotations

from collections import Counter

NMI = 2
HARD_FAULT = 3
MEM_MANAGE = 4
BUS_FAULT = 5
USAGE_FAULT = 6
SV_CALL = 11
PEND_SV = 14
SYS_TICK = 15
FIRST_INTERRUPT = 16

IDLE_PRIORITY = 256
"""Execution priority of thread mode: lower (a greater number) than any that can be configured."""

FAULTS = {
    "HardFault": HARD_FAULT,
    "MemManage": MEM_MANAGE,
    "BusFault": BUS_FAULT,
    "UsageFault": USAGE_FAULT,
}
"""Exception numbers of the faults."""

FAULTMASK_PRIORITY = -1
"""Execution priority with FAULTMASK set, which is that of HardFault."""

_FIXED_PRIORITIES = {1: -3, NMI: -2, HARD_FAULT: -1}
_ALWAYS_ENABLED = frozenset({NMI, HARD_FAULT, SV_CALL, PEND_SV, SYS_TICK})


class ExceptionUnit:
    """State of all exceptions.

    Attributes
    ----------
    pending, enabled
        Exception numbers; interrupt 0 is exception 16.
    active
        Exceptions whose handlers run or are preempted, innermost last.
    priorities
        Configured priority by exception number, 0 (highest) to 255.
    group_shift
        AIRCR.PRIGROUP + 1: how many low bits of a priority do not preempt.
    has_event
        The event register: whether an exception was entered or left since the last WFE.
    entries
        How often each exception was taken.
    """

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.enabled: set[int] = set()
        self.active: list[int] = []
        self.priorities: dict[int, int] = {}
        self.group_shift = 1
        self.has_event = False
        self.entries: Counter[int] = Counter()

    def is_enabled(self, number: int) -> bool:
        """Whether the exception can be taken at all."""
        return number in _ALWAYS_ENABLED or number in self.enabled

    def priority(self, number: int) -> int:
        """Return the priority of an exception; smaller is more urgent."""
        return _FIXED_PRIORITIES.get(number, self.priorities.get(number, 0))

    def execution_priority(self, *, primask: bool, basepri: int, faultmask: bool) -> int:
        """Return the priority that an exception must beat to be taken now."""
        active = (self._group(self.priority(number)) for number in self.active)
        current = min(active, default=IDLE_PRIORITY)
        if basepri:
            current = min(current, self._group(basepri))
        if primask:
            current = min(current, 0)
        if faultmask:
            current = min(current, FAULTMASK_PRIORITY)
        return current

    def next_exception(self, execution_priority: int) -> int | None:
        """Return the pending exception that preempts the given priority, if there is one."""
        candidates = [number for number in self.pending if self.is_enabled(number)]
        if not candidates:
            return None
        best = min(candidates, key=lambda number: (self.priority(number), number))
        return best if self.preempts(best, execution_priority) else None

    def preempts(self, number: int, execution_priority: int) -> bool:
        """Whether an exception is more urgent than what runs at the given priority."""
        return self._group(self.priority(number)) < execution_priority

    def has_waiting(self) -> bool:
        """Whether something enabled is pending, taken or not."""
        return any(self.is_enabled(number) for number in self.pending)

    def enter(self, number: int) -> None:
        """Make a pending exception active."""
        self.pending.discard(number)
        self.active.append(number)
        self.entries[number] += 1
        self.has_event = True

    def leave(self) -> int | None:
        """End the innermost handler and return its exception number; None when none is active."""
        self.has_event = True
        return self.active.pop() if self.active else None

    def _group(self, priority: int) -> int:
        return priority if priority < 0 else priority >> self.group_shift << self.group_shift
