"""Hands a board with its program over to another simulator, to go on there by hand."""

from __future__ import annotations

from sim.export.renode import export_firmware, export_model

__all__ = ["export_firmware", "export_model"]
