"""Boardless: run TensorFlow Lite Micro firmware on simulated Cortex-M boards."""

from __future__ import annotations

__version__ = "0.1.0"
