"""Divisions by zero, which the emulator answers with 0 whatever CCR.DIV_0_TRP says.

While the trap is on, every ``sdiv`` and ``udiv`` in memory is watched. They are found once, when it is
switched on: code that is copied to RAM later divides untrapped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import unicorn

from sim.machine.embedded.memory_map import MemoryMap

# Encoding T1 of both (Armv7-M ARM, A7.7.127 and A7.7.195), as little-endian halfwords.
_DIVIDE = re.compile(rb"(?=[\x90-\x9f\xb0-\xbf]\xfb[\xf0-\xff][\xf0-\xff])", re.DOTALL)


class DivisionTrap:
    """The watch over all divisions of a machine.

    Parameters
    ----------
    register
        Returns the current value of a core register by number.
    on_zero
        Called with the address of a division by zero, before it is executed.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        memory: MemoryMap,
        register: Callable[[int], int],
        on_zero: Callable[[int], None],
    ) -> None:
        self._uc = uc
        self._memory = memory
        self._register = register
        self._on_zero = on_zero
        self._hooks: list[int] = []
        self._is_on = False

    def switch(self, is_on: bool) -> None:
        """Follow CCR.DIV_0_TRP; only between two calls of the emulator."""
        if is_on == self._is_on:
            return
        self._is_on = is_on
        for hook in self._hooks:
            self._uc.hook_del(hook)
        self._hooks = []
        if is_on:
            for address in self._memory.find(_DIVIDE):
                self._hooks.append(
                    self._uc.hook_add(unicorn.UC_HOOK_CODE, self._on_division, None, address, address)
                )
        self._uc.ctl_flush_tb()

    def _on_division(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        divisor = self._memory.read(address + 2, 1)[0] & 0xF
        if self._register(divisor) == 0:
            self._on_zero(address)
