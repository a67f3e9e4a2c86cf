"""Read input data from files; what they mean for a tensor is decided in `sim.inputs.convert`."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from sim.errors import InputError
from sim.inputs.convert import Array, expectation, quantize
from sim.model import Tensor


def read_npy(path: Path) -> Array:
    """Read a ``.npy`` array."""
    try:
        # Mapping checks the size that the header claims against the file, before anything is allocated.
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:  # the header is a Python literal, and its parser lets many errors through
        raise InputError(f"{path} is not a NumPy array: {error}", "write it with numpy.save") from None


def read_npz(path: Path) -> dict[str, Array]:
    """Read the arrays of an ``.npz`` archive by name, in their order."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("no archive")
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # as above, and whatever zipfile and zlib raise
        raise InputError(f"{path} is not a NumPy archive: {error}", "write it with numpy.savez") from None


def read_csv(path: Path, tensor: Tensor) -> Array:
    """Read numbers that are separated by commas, semicolons or blanks.

    Numbers without a decimal point or exponent are stored values where the tensor is of an integer type;
    otherwise all are real numbers. Either all of them are one sample, or each line is one.

    Returns
    -------
    array
        Shape of the tensor, or that with a leading dimension for the lines.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = [row for line in lines if (row := line.replace(",", " ").replace(";", " ").split())]
        real = [[float(cell) for cell in row] for row in rows]
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file", expectation(tensor)) from None
    except ValueError as error:
        raise InputError(f"{path} has a cell that is not a number: {error}", expectation(tensor)) from None
    count = sum(map(len, real))
    wanted = tensor.element_count
    if count == wanted:
        values = np.array([value for row in real for value in row]).reshape(tensor.shape)
    elif rows and all(len(row) == wanted for row in real):
        values = np.array(real).reshape(len(real), *tensor.shape)
    else:
        raise InputError(
            f"{path} has {count} numbers, not {wanted} or lines of {wanted}", expectation(tensor)
        )
    is_integral = not any(c in cell for row in rows for cell in row for c in ".eEnN")
    if tensor.numpy_dtype.kind in "iu" and is_integral:
        limits = np.iinfo(tensor.dtype)
        if values.min() < limits.min or values.max() > limits.max:
            raise InputError(f"{path} has values outside {limits.min} to {limits.max}", expectation(tensor))
        return values.astype(tensor.dtype)
    return values


def read_bin(path: Path, tensor: Tensor) -> Array:
    """Read the tensor's bytes as they lie in memory (little-endian), for one or several inferences."""
    return stored_elements(path.read_bytes(), str(path), tensor)


def stored_elements(data: bytes, name: str, tensor: Tensor) -> Array:
    """Return bytes as they lie in memory as an array, which `name` stands for in messages."""
    if not data or len(data) % tensor.size_bytes:
        raise InputError(f"{name} has {len(data)} bytes, not {tensor.size_bytes}", expectation(tensor))
    values = np.frombuffer(data, dtype=tensor.numpy_dtype.newbyteorder("<"))
    return values.astype(tensor.dtype).reshape(-1, *tensor.shape)


def read_wav(path: Path, tensor: Tensor) -> Array:
    """Read 16-bit PCM sound into a tensor of raw samples.

    ``int16`` tensors get the samples as they are; others get them divided by 32768, quantised where they are.

    Raises
    ------
    InputError
        If the sound is not 16-bit mono, or does not have as many samples as the tensor has elements.
    """
    try:
        with wave.open(str(path), "rb") as sound:
            channels, width, frames = sound.getnchannels(), sound.getsampwidth(), sound.getnframes()
            if channels != 1 or width != 2:
                raise InputError(
                    f"{path} has {channels} channels of {8 * width} bits, not one of 16",
                    "Convert it, for example with: ffmpeg -i in.wav -ac 1 -c:a pcm_s16le out.wav",
                )
            if frames != tensor.element_count:
                raise InputError(
                    f"{path} has {frames} samples, the input has {tensor.element_count} values",
                    "sound fits models of raw samples: cut it, or give their features as .npy",
                )
            data = sound.readframes(frames)
    except (wave.Error, EOFError, RuntimeError) as error:
        raise InputError(f"{path} is not PCM sound: {error}", "give a 16-bit mono WAV file") from None
    samples = np.frombuffer(data, dtype="<i2")
    if samples.size != tensor.element_count:
        raise InputError(f"{path} is cut off after {samples.size} samples", expectation(tensor))
    samples = samples.reshape(tensor.shape)
    if tensor.dtype == "int16":
        return samples.astype(np.int16)
    real = samples.astype(np.float32) / np.float32(32768)
    if tensor.dtype == "float32":
        return real
    if len(tensor.scales) == 1 and tensor.scales[0] > 0:
        return quantize(real, tensor)
    raise InputError(f"{path} does not fit a tensor of {tensor.dtype}", expectation(tensor))
