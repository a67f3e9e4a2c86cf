"""Small models for tests of the runner itself."""

from __future__ import annotations

import itertools

import numpy as np

from sim.firmware.manifest import load_manifest
from tests.support.mini_board import MiniBoard
from tests.support.tflite_builder import ModelBuilder

UNICORN_CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7f", "cortex-m33f")
CORES = (*UNICORN_CORES, "cortex-m55")


def boot(model: bytes, core: str = "cortex-m4f", **options: object) -> MiniBoard:
    """Boot a prebuilt runner with a model."""
    return MiniBoard(load_manifest().image(core).path, core, model, **options)  # type: ignore[arg-type]


def chain_of_additions(length: int = 3, elements: int = 8) -> bytes:
    """Return a float model that adds 1 to its input ``length`` times, each time by an operator of its own."""
    builder = ModelBuilder()
    one = builder.tensor((elements,), "float32", data=np.ones(elements, np.float32), name="one")
    tensors = [builder.tensor((elements,), "float32", name=f"x{i}") for i in range(length + 1)]
    for source, target in itertools.pairwise(tensors):
        builder.operator("ADD", [source, one], [target], {"activation": "NONE"})
    return builder.build([tensors[0]], [tensors[-1]])
