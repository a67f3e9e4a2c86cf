"""Boards of a server as the library's own values."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from sim.platform import Platform, PlatformSummary, load_platform
from sim.v1 import simulator_pb2 as pb


def summary_from_message(platform: pb.Platform) -> PlatformSummary:
    """Return one line of the list of boards."""
    return PlatformSummary(
        id=_id(platform),
        name=platform.display_name,
        core=platform.core,
        clock_hz=platform.clock_hz,
        flash_bytes=platform.flash_bytes,
        ram_bytes=platform.ram_bytes,
        validation=platform.validation_status,
    )


def platform_from_message(platform: pb.Platform) -> Platform:
    """Return a board from its complete description; its ``path`` is a name without a directory."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"{_id(platform)}.toml"
        path.write_text(platform.description_toml, encoding="utf-8")
        return dataclasses.replace(load_platform(path), path=Path(path.name))


def _id(platform: pb.Platform) -> str:
    return platform.name.partition("/")[2]
