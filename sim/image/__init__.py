"""Firmware images as users have them: ELF, Intel HEX, raw binary."""

from __future__ import annotations

from sim.image.image import FirmwareImage, Segment
from sim.image.load import load_image

__all__ = ["FirmwareImage", "Segment", "load_image"]
