"""One operator with its tensors at hand: what the rules for single operators are written with."""

from __future__ import annotations

from typing import Final, NoReturn

from sim.errors import ModelError
from sim.model.model import Model, Operator, Tensor

Shape = tuple[int, ...]

REFUSED_HINT: Final = (
    "the file is damaged, or was not written by a TensorFlow Lite converter: export it again"
)
QUANTIZED_DTYPES: Final = frozenset({"int8", "uint8", "int16"})


class OperatorView:
    """Access to the tensors, options and constants of one operator; everything missing is a `ModelError`."""

    def __init__(self, model: Model, operator: Operator) -> None:
        self._model = model
        self.operator: Final = operator

    def refuse(self, problem: str, hint: str = REFUSED_HINT) -> NoReturn:
        """Raise a `ModelError` that names the operator."""
        raise ModelError(f"{self.operator.label}: {problem}", hint)

    def require(self, condition: bool, problem: str) -> None:
        """Refuse the operator unless `condition` holds."""
        if not condition:
            self.refuse(problem)

    @property
    def input_count(self) -> int:
        """Number of inputs, counting absent optional ones."""
        return len(self.operator.inputs)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All inputs, none of which may be absent."""
        return tuple(self.input(i) for i in range(self.input_count))

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs."""
        return tuple(self._model.tensors[i] for i in self.operator.outputs)

    @property
    def output(self) -> Tensor:
        """The first output."""
        return self.outputs[0]

    def optional(self, position: int) -> Tensor | None:
        """Return an input, or None when it is absent."""
        if position >= self.input_count or self.operator.inputs[position] < 0:
            return None
        return self._model.tensors[self.operator.inputs[position]]

    def input(self, position: int) -> Tensor:
        """Return an input that has to be there."""
        tensor = self.optional(position)
        if tensor is None:
            self.refuse(f"input {position} is missing")
        return tensor

    def integer(self, key: str) -> int:
        """Return an integer option."""
        return int(self.operator.options[key])  # type: ignore[arg-type]

    def positive(self, key: str) -> int:
        """Return an integer option that has to be at least 1."""
        value = self.integer(key)
        self.require(value >= 1, f"{key} is {value}, not at least 1")
        return value

    def number(self, key: str) -> float:
        """Return a floating-point option."""
        return float(self.operator.options[key])  # type: ignore[arg-type]

    def text(self, key: str) -> str:
        """Return an enumeration option."""
        return str(self.operator.options[key])

    def axis(self, value: int, rank: int) -> int:
        """Return an axis counted from the front, refusing one that is out of range."""
        self.require(-rank <= value < rank, f"axis {value} is out of range for {rank} dimensions")
        return value % rank

    def constant_integers(self, position: int, name: str) -> Shape:
        """Return the values of a constant int32 or int64 input, flattened."""
        tensor = self.input(position)
        self.require(tensor.dtype in ("int32", "int64"), f"{name} has type {tensor.dtype}, not int32")
        if tensor.element_count == 0:
            return ()
        self.require(tensor.is_constant, f"{name} is computed at run time; it has to be a constant")
        self.require(tensor.element_count <= 64, f"{name} has {tensor.element_count} values")
        return tuple(int(v) for v in self._model.constant(tensor).ravel())

    def expect_rank(self, tensor: Tensor, *ranks: int) -> None:
        """Refuse a tensor with another number of dimensions."""
        if len(tensor.shape) not in ranks:
            wanted = " or ".join(map(str, ranks))
            self.refuse(f"tensor {tensor.index} has {len(tensor.shape)} dimensions, not {wanted}")

    def expect_shape(self, tensor: Tensor, shape: Shape, what: str = "the output") -> None:
        """Refuse a tensor whose shape is not the one that follows from the others."""
        if tensor.shape != shape:
            self.refuse(f"{what} has shape {list(tensor.shape)} where {list(shape)} follows")

    def expect_dtype(self, tensor: Tensor, *dtypes: str) -> None:
        """Refuse a tensor of another element type."""
        if tensor.dtype not in dtypes:
            self.refuse(f"tensor {tensor.index} has type {tensor.dtype}, not {' or '.join(dtypes)}")

    def expect_same_dtype(self, *tensors: Tensor) -> None:
        """Refuse tensors of different element types."""
        for tensor in tensors[1:]:
            self.expect_dtype(tensor, tensors[0].dtype)

    def expect_quantized(self, *tensors: Tensor) -> None:
        """Refuse 8- and 16-bit tensors without one positive scale."""
        for tensor in tensors:
            if tensor.dtype in QUANTIZED_DTYPES:
                self.require(
                    len(tensor.scales) == 1 and tensor.scales[0] > 0,
                    f"tensor {tensor.index} ({tensor.dtype}) needs exactly one positive scale",
                )
