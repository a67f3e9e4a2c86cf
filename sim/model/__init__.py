"""Facts about ``.tflite`` models, read from verified files."""

from __future__ import annotations

from sim.model.model import Model, Operator, Tensor

__all__ = ["Model", "Operator", "Tensor"]
