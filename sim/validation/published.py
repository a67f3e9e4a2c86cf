"""What a checkout of published MLPerf Tiny results says of the board that an image was measured on."""

from __future__ import annotations

import re
from pathlib import Path

from sim.platform.source import variant_ids

_SINGLE_BANK = re.compile(r'"Hardware Notes"\s*:[^\n]*\bsingle bank mode\b', re.IGNORECASE)
_CODE = "code"


def described_variant(submitter: Path, system: str, platform: str) -> str | None:
    """Return the variant of a board that a submitter describes; None where it is the board as it is bundled.

    Parameters
    ----------
    submitter
        Folder of the submitter, such as ``closed/STMicroelectronics``.
    system
        Name of its description, such as ``NUCLEO_L4R5ZI``.
    """
    variant = f"{platform}-single-bank"
    is_described = _SINGLE_BANK.search(read_text(submitter / "systems" / f"{system}.json")) is not None
    return variant if is_described and variant in variant_ids() else None


def variant_of_image(image: Path, platform: str) -> str | None:
    """Return the variant that is described beside an image in a checkout; see :func:`described_variant`."""
    for system in image.resolve().parents:
        if system.parent.name == _CODE:
            return described_variant(system.parent.parent, system.name, platform)
    return None


def read_text(path: Path) -> str:
    """Return the content of a file; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
