"""What a ``.tflite`` model says about itself: tensors, operators, inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from sim.model.schema import BITS_PER_ELEMENT

OptionValue = int | float | bool | str | tuple[int, ...]

NO_OPTIONS: Mapping[str, OptionValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the model.

    Attributes
    ----------
    index
        Position in the model's list of tensors.
    dtype
        Element type as the file format calls it, in lower case: ``int8``, ``float32``, …
    shape
        Dimensions, outermost first; empty for a scalar.
    scales, zero_points
        Quantisation, ``real = scale * (stored - zero_point)``: empty, one pair, or one pair per index along
        `quantized_dimension`.
    data_offset, data_size_bytes
        Where the file holds the values of a constant; both 0 for all other tensors.
    is_variable
        The tensor keeps its value from one inference to the next.
    """

    index: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    quantized_dimension: int = 0
    data_offset: int = 0
    data_size_bytes: int = 0
    is_variable: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether the values are part of the model."""
        return self.data_size_bytes > 0

    @property
    def is_quantized(self) -> bool:
        """Whether stored values stand for real numbers through a scale."""
        return bool(self.scales)

    @property
    def element_count(self) -> int:
        """Number of elements; 1 for a scalar."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Size of the values; 0 for types without a fixed size."""
        return (self.element_count * BITS_PER_ELEMENT[self.dtype] + 7) // 8

    @property
    def numpy_dtype(self) -> np.dtype[np.generic]:
        """The NumPy type of one element.

        Raises
        ------
        TypeError
            If NumPy has no such type (``int4``, ``string``, …).
        """
        return np.dtype(self.dtype)

    def describe(self) -> str:
        """Say shape and type, as in ``1x49x10x1 int8``."""
        return f"{'x'.join(map(str, self.shape)) or 'scalar'} {self.dtype}"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, in the order of execution.

    Attributes
    ----------
    name
        Name of the builtin operator, or ``CUSTOM``.
    code, version
        Number of the builtin operator, and the version of it that the model needs.
    custom_name
        Name of a custom operator; empty for a builtin one.
    inputs, outputs
        Tensor indices; an input of -1 is an optional tensor that is not there.
    options
        The facts of its options table that shapes and costs depend on (`sim.model.schema.OPTIONS`).
    """

    index: int
    name: str
    code: int
    version: int
    custom_name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue] = field(default_factory=lambda: NO_OPTIONS)

    @property
    def label(self) -> str:
        """How messages call this operator, as in ``operator 3 (CONV_2D)``."""
        return f"operator {self.index} ({self.custom_name or self.name})"


@dataclass(frozen=True, slots=True)
class Model:
    """A verified model: every offset, index and size in it stays inside its bounds.

    Attributes
    ----------
    data
        The file itself.
    inputs, outputs
        Tensor indices.
    metadata
        Names of the metadata entries and the size of each in bytes.
    """

    data: bytes = field(repr=False)
    sha256: str
    schema_version: int
    description: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    metadata: Mapping[str, int]

    @property
    def size_bytes(self) -> int:
        """Size of the file, which is what it takes in flash."""
        return len(self.data)

    @property
    def input_tensors(self) -> tuple[Tensor, ...]:
        """The tensors to fill before an inference."""
        return tuple(self.tensors[i] for i in self.inputs)

    @property
    def output_tensors(self) -> tuple[Tensor, ...]:
        """The tensors to read after an inference."""
        return tuple(self.tensors[i] for i in self.outputs)

    def constant(self, tensor: Tensor) -> npt.NDArray[np.generic]:
        """Return the values of a constant tensor, without copying them."""
        values = np.frombuffer(
            self.data,
            dtype=tensor.numpy_dtype.newbyteorder("<"),
            count=tensor.element_count,
            offset=tensor.data_offset,
        )
        return values.reshape(tensor.shape)

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Read and verify a model file.

        Raises
        ------
        ModelError
            If the file cannot be read, is damaged, or needs what is not supported.
        """
        from sim.model.reader import load_model

        return load_model(Path(path))

    @classmethod
    def parse(cls, data: bytes) -> Model:
        """Verify a model that is already in memory; see `load`."""
        from sim.model.reader import parse_model

        return parse_model(data)
