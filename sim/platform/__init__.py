"""Boards as data."""

from __future__ import annotations

from sim.platform.description import Memory, Platform
from sim.platform.loader import PlatformSummary, list_platforms, load_platform
from sim.platform.names import MemoryKind
from sim.platform.source import platform_ids

__all__ = [
    "Memory",
    "MemoryKind",
    "Platform",
    "PlatformSummary",
    "list_platforms",
    "load_platform",
    "platform_ids",
]
