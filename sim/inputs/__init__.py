"""User data (arrays, images, sound, tables, random numbers) as input tensors of a model."""

from __future__ import annotations

from sim.inputs.load import InputData, InputSet, load_inputs

__all__ = ["InputData", "InputSet", "load_inputs"]
