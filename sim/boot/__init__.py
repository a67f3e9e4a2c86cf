"""Boots firmware images of the user's own on simulated boards."""

from __future__ import annotations

from sim.boot.board import FirmwareBoard
from sim.boot.pipeline import run_firmware
from sim.boot.request import BootRequest
from sim.boot.session import FirmwareSession

__all__ = ["BootRequest", "FirmwareBoard", "FirmwareSession", "run_firmware"]
