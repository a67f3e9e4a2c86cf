"""How much arena a model really needs, found by loading it on a board with more RAM than any has."""

from __future__ import annotations

import dataclasses

from sim.errors import UsageError
from sim.firmware.mailbox import RunnerError
from sim.inference.placement import Placement
from sim.inference.session import RunnerSession, RunStoppedError
from sim.machine.protocol import Level, RunLimits
from sim.platform import Memory, MemoryKind, Platform

_SPARE_NAME = "spare"
_SPARE_BASE = 0x60000000  # external RAM of the Armv7-M address map: no board has its own there
_SPARE_BYTES = 64 << 20
_LIMITS = RunLimits(cycles=2_000_000_000, wall_seconds=20.0)


def measure_arena_bytes(
    platform: Platform, placement: Placement, model: bytes, *, clock_hz: int, reference_kernels: bool
) -> int | None:
    """Return the arena that a model uses, in the embedded engine.

    Returns
    -------
    int or None
        None when the model does not load at all, or only other engines have the board's core.
    """
    spare = Memory(
        name=_SPARE_NAME,
        kind=MemoryKind.RAM,
        base=_SPARE_BASE,
        size_bytes=_SPARE_BYTES,
        bus="none",
        alias_of=None,
        access=platform.data_memory.access,
        source="not a real memory",
    )
    roomy = dataclasses.replace(platform, memories=(*platform.memories, spare))
    placement = dataclasses.replace(placement, arena_address=_SPARE_BASE, arena_size_bytes=_SPARE_BYTES)
    try:
        session = RunnerSession(
            roomy,
            placement,
            model,
            _LIMITS,
            clock_hz=clock_hz,
            reference_kernels=reference_kernels,
            level=Level.TIMING,
        )
        answer = session.boot()
    except (RunStoppedError, UsageError):
        return None
    return answer.arena_used_bytes if answer.error is RunnerError.NONE else None
