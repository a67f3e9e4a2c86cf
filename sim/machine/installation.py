"""A program that an engine needs, as it was found on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a program is, and its version as it says it itself."""

    path: Path
    version: str
