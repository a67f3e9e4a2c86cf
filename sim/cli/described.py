"""Boards as published results describe them beside the images that ran there."""

from __future__ import annotations

from pathlib import Path

from sim.cli.console import Console


def described_board(image: Path, platform: str, console: Console) -> str:
    """Return the board to run an image on: the one asked for, or the variant described, and say so."""
    from sim.validation.published import variant_of_image

    variant = variant_of_image(image, platform)
    if variant is None:
        return platform
    console.note(f"sim: the results beside {image.name} describe its board as {variant}: running on that")
    return variant
