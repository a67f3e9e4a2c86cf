"""From ``--input`` arguments to the input tensors of one or several inferences."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sim.errors import InputError
from sim.inputs.convert import Array, expectation, split_samples, to_dtype
from sim.inputs.files import read_bin, read_csv, read_npy, read_npz, read_wav, stored_elements
from sim.inputs.images import read_image
from sim.model import Model, Tensor

_IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif"})
_DTYPES: Final = frozenset({"bool", "float32", "int8", "int16", "int32", "int64", "uint8", "uint32"})
_MAX_SEED_DIGITS: Final = 18
_FORMATS_HINT: Final = "known: .npy .npz .png .jpg .wav .csv .bin, random:SEED and zeros"


@dataclass(frozen=True, slots=True)
class InputSet:
    """The inputs of one inference.

    Attributes
    ----------
    tensors
        One array for each input of the model, in its order, with the tensor's shape and type.
    source
        What the user gave.
    """

    tensors: tuple[Array, ...]
    source: str

    def to_bytes(self) -> tuple[bytes, ...]:
        """Return the tensors as they lie in the device's memory."""
        return tuple(t.astype(t.dtype.newbyteorder("<")).tobytes() for t in self.tensors)


@dataclass(frozen=True, slots=True)
class InputData:
    """Data as a ``.bin`` file holds them, without a file.

    Attributes
    ----------
    name
        What results and messages call them.
    tensor
        Name of the input that they fill; empty for the next one in the model's order.
    """

    data: bytes
    name: str
    tensor: str = ""


def load_inputs(
    specs: Sequence[str | InputData], model: Model, *, image_range: tuple[float, float] | None = None
) -> list[InputSet]:
    """Read the inputs that the user named.

    Parameters
    ----------
    specs
        One source for each input of the model, in its order or as ``NAME=SOURCE``. A source is a file,
        ``random:SEED`` or ``zeros``, or the data themselves; a single ``.npz``, ``random:SEED`` or ``zeros``
        fills all inputs.
    model
        The model to fill.
    image_range
        What black and white become in images; see `sim.inputs.images.read_image`.

    Returns
    -------
    list of InputSet
        One for each inference: several when the data have a leading batch dimension. Inputs with one sample
        repeat it for all inferences.

    Raises
    ------
    InputError
        If a source is missing, unreadable, or does not fit its tensor.
    """
    tensors = model.input_tensors
    sources = _assign(specs, tensors)
    samples = [
        _read(source, tensor, model, image_range) for source, tensor in zip(sources, tensors, strict=True)
    ]
    counts = {len(s) for s in samples} - {1}
    if len(counts) > 1:
        raise InputError(
            f"the inputs have different numbers of samples: {sorted(counts)}",
            "give the same number for every input, or one that is repeated",
        )
    count = counts.pop() if counts else 1
    label = ", ".join(dict.fromkeys(map(_name, sources)))
    return [InputSet(tuple(s[i % len(s)] for s in samples), label) for i in range(count)]


def _assign(specs: Sequence[str | InputData], tensors: Sequence[Tensor]) -> list[str | InputData]:
    """Return one source for each tensor."""
    names = [t.name for t in tensors]
    named: dict[str, str | InputData] = {}
    in_order: list[str | InputData] = []
    for spec in specs:
        name, source = _split(spec, names)
        if not name:
            in_order.append(source)
        elif name in named:
            raise InputError(f"input {name!r} is given twice", "give each input once")
        else:
            named[name] = source
    if not named and len(in_order) == 1 and _fills_all(in_order[0]):
        return in_order * len(tensors)
    if len(specs) != len(tensors):
        raise InputError(
            f"{len(specs)} inputs are given, the model has {len(tensors)}",
            "several samples go into one .npy with a leading dimension; "
            + "; ".join(expectation(tensor) for tensor in tensors),
        )
    rest = iter(in_order)
    return [named[name] if name in named else next(rest) for name in names]


def _split(spec: str | InputData, names: Sequence[str]) -> tuple[str, str | InputData]:
    """Return the name of the tensor that is meant, empty where none is named, and the source."""
    if isinstance(spec, InputData):
        if spec.tensor and spec.tensor not in names:
            known = ", ".join(map(repr, names))
            raise InputError(
                f"{spec.name} is for an input {spec.tensor!r}", f"the model's inputs are called {known}"
            )
        return spec.tensor, spec
    name, separator, source = spec.partition("=")
    return (name, source) if separator and name in names else ("", spec)


def _name(source: str | InputData) -> str:
    return source if isinstance(source, str) else source.name


def _fills_all(source: str | InputData) -> bool:
    return isinstance(source, str) and (_is_generator(source) or Path(source).suffix.lower() == ".npz")


def _is_generator(source: str) -> bool:
    return source == "zeros" or source.startswith("random:")


def _read(
    source: str | InputData, tensor: Tensor, model: Model, image_range: tuple[float, float] | None
) -> list[Array]:
    """Return one or several samples for one tensor."""
    if tensor.dtype not in _DTYPES:
        raise InputError(f"input {tensor.name!r} has type {tensor.dtype}", "only numbers can be given")
    if isinstance(source, str) and _is_generator(source):
        return [_generate(source, tensor)]
    if isinstance(source, InputData):
        array = stored_elements(source.data, source.name, tensor)
    else:
        array = _read_path(source, tensor, model, image_range)
    samples = split_samples(array, tensor, _name(source))
    return [np.ascontiguousarray(to_dtype(sample, tensor, _name(source))) for sample in samples]


def _read_path(source: str, tensor: Tensor, model: Model, image_range: tuple[float, float] | None) -> Array:
    path = Path(source)
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        names = ", ".join(repr(t.name) for t in model.input_tensors)
        hint = f"the model's inputs are called {names}" if "=" in source else _FORMATS_HINT
        raise InputError(f"input {source} {problem}", hint)
    try:
        return _read_file(path, tensor, model, image_range)
    except OSError as error:
        raise InputError(f"input {source} cannot be read: {error.strerror or error}", _FORMATS_HINT) from None


def _read_file(path: Path, tensor: Tensor, model: Model, image_range: tuple[float, float] | None) -> Array:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return _npz_member(path, tensor, model)
    if suffix == ".csv":
        return read_csv(path, tensor)
    if suffix == ".bin":
        return read_bin(path, tensor)
    if suffix == ".wav":
        return read_wav(path, tensor)
    if suffix in _IMAGE_SUFFIXES:
        return read_image(path, tensor, model, image_range)
    problem = f"has the unknown format {suffix!r}" if suffix else "has no suffix that tells its format"
    raise InputError(f"input {path} {problem}", _FORMATS_HINT)


def _npz_member(path: Path, tensor: Tensor, model: Model) -> Array:
    """Return the array with the tensor's name, or at its position when there is one for each input."""
    arrays = read_npz(path)
    if tensor.name in arrays:
        return arrays[tensor.name]
    if len(arrays) == len(model.inputs) and not set(arrays) & {t.name for t in model.input_tensors}:
        return list(arrays.values())[model.inputs.index(tensor.index)]
    raise InputError(
        f"{path} has arrays {sorted(arrays)}, none for input {tensor.name!r}", expectation(tensor)
    )


def _generate(source: str, tensor: Tensor) -> Array:
    """Return zeros, or random values: any 8- and 16-bit ones, -128 to 127 in wider types, reals in [-1, 1).

    For a quantised tensor, ``zeros`` means the real number 0: its zero point.
    """
    dtype = tensor.numpy_dtype
    if source == "zeros":
        zero = tensor.zero_points[0] if len(tensor.zero_points) == 1 else 0
        return np.full(tensor.shape, zero, dtype=dtype)
    text = source.removeprefix("random:")
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_SEED_DIGITS):
        raise InputError(f"{source} has no whole number as its seed", "give a whole number, as in random:42")
    # Inputs of one model get different numbers from one seed, whatever their order.
    rng = np.random.default_rng([int(text), zlib.crc32(tensor.name.encode())])
    if dtype.kind == "f":
        return rng.uniform(-1, 1, size=tensor.shape).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, size=tensor.shape).astype(dtype)
    limits = np.iinfo(tensor.dtype)
    low, high = (limits.min, limits.max) if dtype.itemsize <= 2 else (max(limits.min, -128), 127)
    return rng.integers(low, high, size=tensor.shape, endpoint=True).astype(dtype)
