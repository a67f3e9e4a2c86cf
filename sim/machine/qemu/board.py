"""How QEMU is told which board it is, and what is in the board's memories."""

from __future__ import annotations

import numpy as np

from sim.errors import UsageError
from sim.machine.embedded.memory_map import MemoryMap
from sim.platform import Platform
from sim.platform.names import MemoryKind

_RESET_VECTOR_BYTES = 8


def board_arguments(platform: Platform, clock_hz: int) -> list[str]:
    """Return the part of QEMU's command line that says which board, and at what speed it counts time.

    Raises
    ------
    UsageError
        QEMU has no such board.
    """
    if platform.qemu_machine is None:
        raise UsageError(
            f"QEMU has no board like {platform.id}",
            "boards with a [qemu] table in their platform file run on it, such as mps2-an386",
        )
    # The power of two nearest to one clock period in nanoseconds: one instruction each.
    shift = max(0, min(10, round(float(np.log2(1e9 / clock_hz)))))
    return ["-M", platform.qemu_machine, "-icount", f"shift={shift},sleep=off"]


def contents_at_reset(platform: Platform, memory: MemoryMap) -> list[tuple[int, bytes]]:
    """Return base addresses and bytes of the memories, RAM that is all zero left out."""
    contents = []
    for mapped in memory.ranges:
        if mapped.memory.alias_of is None:
            data = mapped.buffer[:]
            used = data if mapped.memory.kind is MemoryKind.FLASH else data.rstrip(b"\0")
            if used:
                contents.append((mapped.base, used))
    if platform.qemu_reset_vectors is not None:
        reset_vectors = memory.read(platform.vector_base, _RESET_VECTOR_BYTES)
        contents.append((platform.qemu_reset_vectors, reset_vectors))
    return contents
