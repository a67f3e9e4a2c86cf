"""The reference: TensorFlow Lite Micro's interpreter (package ``tflite-micro``), in a child process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.errors import EnvironmentMissingError, ModelError
from sim.model import Model

Array = npt.NDArray[Any]

_WORKER: Final = Path(__file__).with_name("worker.py")
# What the interpreter needs besides tensors: nodes, scratch buffers and the like, with a lot to spare.
_ARENA_RESERVE_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """What the reference interpreter computed.

    Attributes
    ----------
    name
        Interpreter and version.
    outputs
        For each inference, the model's outputs in order.
    tensors
        For each inference, the values of all tensors that operators wrote, by tensor index; empty unless
        asked for.
    """

    name: str
    outputs: tuple[tuple[Array, ...], ...]
    tensors: tuple[Mapping[int, Array], ...]


def run_reference(
    model: Model,
    inputs: Sequence[Sequence[Array]],
    *,
    with_tensors: bool = False,
    timeout_seconds: float = 300.0,
) -> ReferenceRun:
    """Run the model with the reference interpreter.

    Parameters
    ----------
    model
        The model.
    inputs
        For each inference, one array for each input, of its shape and type. State carries over between
        inferences.
    with_tensors
        Also return what every operator wrote.
    timeout_seconds
        Wall time after which the interpreter is given up.

    Raises
    ------
    EnvironmentMissingError
        If the ``tflite-micro`` package is not installed.
    ModelError
        If the reference interpreter cannot run the model.
    """
    try:
        version = metadata.version("tflite-micro")
    except metadata.PackageNotFoundError:
        raise EnvironmentMissingError(
            "the reference interpreter (package tflite-micro) is not installed",
            "pip install 'boardless[verify]'",
        ) from None
    wanted = [i for operator in model.operators for i in operator.outputs] if with_tensors else []
    arena_bytes = _ARENA_RESERVE_BYTES + 2 * sum(t.size_bytes for t in model.tensors if not t.is_constant)
    with tempfile.TemporaryDirectory(prefix="boardless-verify-") as directory:
        folder = Path(directory)
        (folder / "model.tflite").write_bytes(model.data)
        named = {f"{n}/{i}": array for n, arrays in enumerate(inputs) for i, array in enumerate(arrays)}
        np.savez(folder / "inputs.npz", allow_pickle=False, **named)
        _run_worker(
            [
                str(folder / "model.tflite"),
                str(folder / "inputs.npz"),
                str(folder / "results.npz"),
                str(arena_bytes),
                str(len(model.outputs)),
                ",".join(map(str, wanted)),
            ],
            timeout_seconds,
        )
        with np.load(folder / "results.npz") as results:
            outputs = tuple(
                tuple(_shaped(results[f"{n}/output/{i}"], model, t) for i, t in enumerate(model.outputs))
                for n in range(len(inputs))
            )
            tensors = tuple(
                {i: _shaped(results[f"{n}/tensor/{i}"], model, i) for i in wanted} for n in range(len(inputs))
            )
    return ReferenceRun(f"tflite-micro {version}", outputs, tensors if with_tensors else ())


def _run_worker(arguments: list[str], timeout_seconds: float) -> None:
    # -P keeps this directory off the child's module path.
    command = [sys.executable, "-P", str(_WORKER), *arguments]
    hint = "run without --verify"
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"the reference interpreter did not finish in {timeout_seconds:g} s", hint) from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", errors="replace").strip().splitlines() or ["it aborted"]
        raise ModelError(f"the reference interpreter cannot run the model: {_reason(lines)}", hint)


def _reason(lines: list[str]) -> str:
    """Pick what the interpreter printed before Python's traceback, where it says why."""
    printed = lines[: next((i for i, line in enumerate(lines) if line.startswith("Traceback")), len(lines))]
    return "; ".join(printed[-2:] or lines[-1:])


def _shaped(array: Array, model: Model, index: int) -> Array:
    """Give an array the tensor's shape: the interpreter returns a scalar as one element."""
    return array.reshape(model.tensors[index].shape)
