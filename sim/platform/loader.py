"""Find platforms: the bundled ones by ID, a user's own by path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.errors import PlatformError
from sim.platform.description import Platform
from sim.platform.parse import parse_platform
from sim.platform.source import SUFFIX, bundled_path, platform_ids, variant_ids
from sim.platform.table import did_you_mean


@dataclass(frozen=True, slots=True)
class PlatformSummary:
    """One line of the list of platforms; clock in Hz, memories in bytes."""

    id: str
    name: str
    core: str
    clock_hz: int
    flash_bytes: int
    ram_bytes: int
    validation: str


def load_platform(id_or_path: str | Path) -> Platform:
    """Load one platform.

    Parameters
    ----------
    id_or_path
        ID of a bundled platform, or of a variant of one; or the path of a platform file: anything that ends
        in ``.toml``.

    Raises
    ------
    PlatformError
        There is no such platform, or its file is wrong.
    """
    if str(id_or_path).endswith(SUFFIX):
        return parse_platform(Path(id_or_path))
    known = [*platform_ids(), *variant_ids()]
    if id_or_path not in known:
        raise PlatformError(
            f"unknown platform {str(id_or_path)!r}",
            f"{did_you_mean(str(id_or_path), known)} (`sim platforms` lists all)",
        )
    return parse_platform(bundled_path(str(id_or_path)))


def list_platforms() -> list[PlatformSummary]:
    """Return a summary of each bundled platform, sorted by ID."""
    return [_summary(load_platform(id_)) for id_ in platform_ids()]


def _summary(platform: Platform) -> PlatformSummary:
    return PlatformSummary(
        id=platform.id,
        name=platform.name,
        core=platform.core,
        clock_hz=platform.clock.default_hz,
        flash_bytes=platform.flash_bytes,
        ram_bytes=platform.ram_bytes,
        validation=platform.validation.status.value,
    )
