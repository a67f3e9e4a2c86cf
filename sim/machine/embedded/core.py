"""The emulated core: Unicorn's model of it, its registers, and what it does at reset."""

from __future__ import annotations

import struct

import unicorn
from unicorn import arm_const

from sim.errors import SimulationError, UsageError
from sim.machine.embedded.memory_map import MemoryMap
from sim.platform import Platform

_MODELS = {
    "cortex-m0": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m0plus": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm_const.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4f": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7f": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33f": arm_const.UC_CPU_ARM_CORTEX_M33,
}
_NO_RETURN = 0xFFFFFFFF

CORE_REGISTERS = (
    *(getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(13)),
    arm_const.UC_ARM_REG_SP,
    arm_const.UC_ARM_REG_LR,
    arm_const.UC_ARM_REG_PC,
)
"""The emulator's numbers of R0 to R15."""


def create_core(platform: Platform) -> unicorn.Uc:
    """Return an emulator of a board's core, without any memory.

    Raises
    ------
    UsageError
        The emulator has no such core.
    """
    if platform.core not in _MODELS:
        raise UsageError(f"the embedded engine has no {platform.core} for {platform.id}", "use --engine qemu")
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(_MODELS[platform.core])
    return uc


def load_vectors(uc: unicorn.Uc, memory: MemoryMap, vector_table: int) -> int:
    """Load the initial stack pointer as the core does at reset; return the address of the first instruction.

    Raises
    ------
    SimulationError
        The table holds no usable values.
    """
    stack, entry = struct.unpack("<II", memory.read(vector_table, 8))
    if not entry & 1 or not memory.contains(entry - 1) or not memory.contains(stack - 4):
        raise SimulationError(
            f"the vector table at {vector_table:#010x} starts with stack {stack:#010x} "
            f"and entry {entry:#010x}, which this board cannot use",
            "check that the image is linked for this board, and its base address",
        )
    uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
    uc.reg_write(arm_const.UC_ARM_REG_LR, _NO_RETURN)
    return int(entry) - 1
