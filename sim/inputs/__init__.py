"""User data (arrays, images, sound, tables, random numbers) as input tensors of a model."""

from __future__ import annotations

from sim.inputs.load import InputSet, load_inputs

__all__ = ["InputSet", "load_inputs"]
