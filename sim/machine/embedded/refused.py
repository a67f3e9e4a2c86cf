"""What the emulator refuses as undefined although the core has it: double precision, YIELD and WFE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import unicorn
from unicorn import arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.double_precision import DoublePrecision
from sim.machine.embedded.exceptions import ExceptionUnit
from sim.machine.embedded.hints import Hint, hint_at_end, sends_event
from sim.machine.embedded.memory_map import MemoryMap

_LONGEST_HINT_BYTES = 8  # with a SEV before it


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """An instruction that was executed in place of the emulator.

    Attributes
    ----------
    next_pc
        Where execution goes on.
    waits
        Whether the core sleeps there until an event.
    goes_on
        Whether the emulator can go on at once, because the counters end the run when anything else is due.
    """

    next_pc: int
    waits: bool
    goes_on: bool


class RefusedInstructions:
    """Executes them where the emulator has stopped.

    Parameters
    ----------
    exceptions
        Returns the exception unit; a restored snapshot brings its own.
    sees_blocks
        Whether the counters know the current block; not at the bare level.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        memory: MemoryMap,
        counters: _hot.HotCounters,
        exceptions: Callable[[], ExceptionUnit],
        *,
        has_double_precision: bool,
        sees_blocks: bool,
    ) -> None:
        self._uc = uc
        self._memory = memory
        self._counters = counters
        self._exceptions = exceptions
        self._double = DoublePrecision(uc) if has_double_precision else None
        self._sees_blocks = sees_blocks

    def carry_out(self) -> CarriedOut | None:
        """Execute the instruction that the emulator has refused; None where the core lacks it as well."""
        pc = int(self._uc.reg_read(arm_const.UC_ARM_REG_PC)) & ~1
        code = self._executed_code(pc)
        may_be_double = self._double is not None and (not code or not self._sees_blocks)
        if may_be_double and self._double is not None and self._double.execute(self._memory.read(pc, 4)):
            self._counters.redirect()
            return CarriedOut(pc + 4, waits=False, goes_on=self._sees_blocks)
        hint = hint_at_end(code)
        return None if hint is None else CarriedOut(pc, self._takes_hint(hint, code), goes_on=False)

    def _executed_code(self, pc: int) -> bytes:
        """Return the code of a block of which nothing is left to execute; empty where there is none."""
        if not self._sees_blocks:
            return self._memory.read(pc - _LONGEST_HINT_BYTES, _LONGEST_HINT_BYTES)
        current = self._counters.current_block()
        return self._memory.read(*current[1:3]) if current and current[1] + current[2] == pc else b""

    def _takes_hint(self, hint: Hint, code: bytes) -> bool:
        """Whether the core sleeps at a hint, which only WFE without an event does; it uses the event up."""
        exceptions = self._exceptions()
        if hint is Hint.WFE and not exceptions.has_event and not sends_event(code):
            return True
        exceptions.has_event = exceptions.has_event and hint is Hint.YIELD
        return False
