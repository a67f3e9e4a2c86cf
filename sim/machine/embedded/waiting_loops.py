"""Skips the rounds of loops that wait for an interrupt, such as ``while (!flag)`` or ``HAL_Delay``.

A loop two rounds of which have left registers and memory as they were, without a look at a peripheral,
goes on in the same way until the next event. When all counters, caches and predictors have moved by the same
amount in both, more rounds are added instead of executed. Results are those of executing them, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

import numpy as np
import unicorn
from numpy.typing import NDArray
from unicorn import arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import RegisterReader
from sim.machine.embedded.profiler import Profiler
from sim.timing.block import BlockTiming

_WORTHWHILE_CYCLES = 60_000  # what takes longer to execute than to skip
_SETTLING_CYCLES = 2_000  # so that a handler at the beginning of a slice returns first
_LONGEST_ROUND_CYCLES = 2_000
_LONGEST_PAUSE = 64
_BYTES_PER_CYCLE = 16  # of memory that is compared in the time that a cycle takes to execute
_CORE_STATE = (
    *range(arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R0 + 13),
    arm_const.UC_ARM_REG_SP,
    arm_const.UC_ARM_REG_LR,
    arm_const.UC_ARM_REG_MSP,
    arm_const.UC_ARM_REG_PSP,
    arm_const.UC_ARM_REG_XPSR,
    arm_const.UC_ARM_REG_CONTROL,
    arm_const.UC_ARM_REG_PRIMASK,
    arm_const.UC_ARM_REG_BASEPRI,
    arm_const.UC_ARM_REG_FAULTMASK,
)
_FLOAT_STATE = (
    *range(arm_const.UC_ARM_REG_D0, arm_const.UC_ARM_REG_D0 + 16),
    arm_const.UC_ARM_REG_FPSCR,
)


class _Phase(Enum):
    REST = auto()
    SETTLING = auto()
    SEARCH = auto()
    """A round that finds the blocks of the loop."""
    FIRST_ROUND = auto()
    SECOND_ROUND = auto()


class WaitingLoops:
    """Watches for waiting loops between the slices of a run.

    Parameters
    ----------
    timings
        What the blocks cost that were seen so far.
    profiler
        Counts their executions.
    read_count
        Returns how often the core has read from peripherals so far.
    has_float
        Whether the core has floating-point registers.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        counters: _hot.HotCounters,
        memory: MemoryMap,
        timings: Sequence[BlockTiming],
        profiler: Profiler,
        read_count: Callable[[], int],
        *,
        has_float: bool,
    ) -> None:
        self._counters = counters
        self._memory = memory
        self._timings = timings
        self._profiler = profiler
        self._read_count = read_count
        self._state = RegisterReader(uc, (*_CORE_STATE, *_FLOAT_STATE) if has_float else _CORE_STATE)
        self._pause = 1
        self.forget()

    def forget(self) -> None:
        """Begin anew: the machine is somewhere else."""
        self._phase = _Phase.REST
        self._left = 0  # slices to leave alone
        self._settled_cycles = 0
        self._head = 0
        self._registers = b""
        self._executions: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._reads = 0
        self._content: tuple[bytes, ...] | None = None
        self._states: list[bytes] = []

    @property
    def is_going_round(self) -> bool:
        """Whether the last slice was a round in which nothing happened that the core could have noticed."""
        return self._counters.stop_reason == _hot.STOP_PROBE and self._read_count() == self._reads

    def next_stop(self, pc: int, event_cycles: int) -> int:
        """Return to which cycle count to run next, having skipped what can be skipped before an event.

        Parameters
        ----------
        pc
            Where the core stands.
        event_cycles
            When something happens that it may be waiting for.
        """
        now = self._counters.cycles
        if self._phase is _Phase.REST:
            if event_cycles - now < _WORTHWHILE_CYCLES:
                return event_cycles
            if self._left:
                self._left -= 1
                return event_cycles
            self._phase, self._settled_cycles = _Phase.SETTLING, now + _SETTLING_CYCLES
        if self._phase is _Phase.SETTLING:
            if now < self._settled_cycles:
                return min(event_cycles, self._settled_cycles)
            return self._search(pc, event_cycles)
        self._counters.probe(self._head, False)
        if not self.is_going_round or self._state.read() != self._registers:
            return self._give_up(event_cycles)
        self._states.append(self._counters.save())
        if self._phase is _Phase.SEARCH:
            return self._watch(event_cycles)
        if self._phase is _Phase.FIRST_ROUND:
            return self._go_round(_Phase.SECOND_ROUND, event_cycles)
        return self._skip(event_cycles)

    def _search(self, pc: int, event_cycles: int) -> int:
        self._head = pc
        self._registers = self._state.read()
        self._executions = self._count_executions()
        self._counters.save()  # as before the rounds to come: caches look at all lines again
        return self._go_round(_Phase.SEARCH, event_cycles)

    def _watch(self, event_cycles: int) -> int:
        if self._stores():
            cost_cycles = self._memory.writable_bytes // _BYTES_PER_CYCLE
            if event_cycles - self._counters.cycles < cost_cycles:
                return self._give_up(event_cycles)
            self._content = self._memory.save()
        return self._go_round(_Phase.FIRST_ROUND, event_cycles)

    def _go_round(self, phase: _Phase, event_cycles: int) -> int:
        self._phase, self._reads = phase, self._read_count()
        self._counters.probe(self._head, True)
        return min(event_cycles, self._counters.cycles + _LONGEST_ROUND_CYCLES)

    def _skip(self, event_cycles: int) -> int:
        """Add pairs of rounds, all but the last one before the event."""
        if len({len(state) for state in self._states}) != 1:  # a block came that was never seen
            return self._give_up(event_cycles)
        before, between, after = (np.frombuffer(state, dtype="<u8") for state in self._states)
        if not np.array_equal(after - between, between - before) or not self._has_kept_memory():
            return self._give_up(event_cycles)
        moved = after - before
        pairs = (event_cycles - self._counters.cycles) // int(moved[0]) - 1  # its first word counts cycles
        self._counters.advance(moved.tobytes(), max(0, pairs))
        self._pause = 1
        self.forget()
        return event_cycles

    def _give_up(self, event_cycles: int) -> int:
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE)
        self.forget()
        self._left = pause
        return event_cycles

    def _stores(self) -> bool:
        """Whether the loop writes to memory."""
        executions = self._count_executions()
        before = np.zeros_like(executions)
        before[: len(self._executions)] = self._executions
        return any(self._timings[block].stores for block in np.flatnonzero(executions != before).tolist())

    def _has_kept_memory(self) -> bool:
        return self._content is None or self._memory.equals(self._content)

    def _count_executions(self) -> NDArray[np.uint64]:
        return self._profiler.hit("here").executions
