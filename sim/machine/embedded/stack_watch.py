"""Notices a main stack that grows into the data below it."""

from __future__ import annotations

from collections.abc import Callable

import unicorn
from unicorn import arm_const

from sim.machine.fault import StackOverflow

_ZONE_BYTES = 32  # what a function or an exception stacks at once is larger, or follows closely
_PUSH_BYTES = 64  # the stack pointer moves after the registers are stored


class StackWatch:
    """Watches the bytes below the lowest address that the main stack may use.

    Parameters
    ----------
    access_pc
        Returns the instruction that writes to an address right now.

    Attributes
    ----------
    overflow
        The first write of the stack below its limit, if there was one.
    """

    def __init__(self, uc: unicorn.Uc, limit: int, access_pc: Callable[[int], int]) -> None:
        self.overflow: StackOverflow | None = None
        self._limit = limit
        self._access_pc = access_pc
        uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._on_write, None, limit - _ZONE_BYTES, limit - 1)

    def _on_write(
        self, uc: unicorn.Uc, _access: int, address: int, _size: int, _value: int, _data: object
    ) -> None:
        pointer = int(uc.reg_read(arm_const.UC_ARM_REG_SP))
        is_main = pointer == uc.reg_read(arm_const.UC_ARM_REG_MSP)
        # Data right below the stack is written as well, by code whose stack pointer is far above it.
        if self.overflow is None and is_main and pointer - _PUSH_BYTES <= address < self._limit:
            self.overflow = StackOverflow(self._access_pc(address), pointer, self._limit)
