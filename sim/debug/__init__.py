"""A GDB remote stub for machines of this package."""

from __future__ import annotations

from sim.debug.request import DebugRequest
from sim.debug.server import GdbServer

__all__ = ["DebugRequest", "GdbServer"]
