"""Compares the outputs of a run with the reference interpreter, and looks for where a difference begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.inference.session import InferenceRecord, RunnerSession
from sim.inference.setup import Setup
from sim.model import Model, Tensor
from sim.result import Verification
from sim.verify import compare, run_reference

Array = NDArray[Any]


def verify_records(
    setup: Setup,
    records: Sequence[tuple[int, InferenceRecord]],
    traced_session: Callable[[], RunnerSession],
) -> Verification:
    """Compare all inferences of a run with the reference interpreter.

    Parameters
    ----------
    records
        Inferences in order, each with the index of its input.
    traced_session
        Makes a new session that stops behind every operator; used only when outputs differ.

    Raises
    ------
    EnvironmentMissingError
        The reference interpreter is not installed.
    ModelError
        The reference interpreter cannot run the model.
    """
    inputs = [setup.inputs[input_index].tensors for input_index, _ in records]
    outputs = [_outputs(setup.model, record) for _, record in records]
    verification = compare(setup.model, run_reference(setup.model, inputs), outputs)
    if verification.equal:
        return verification
    tensors = _trace(setup, [input_index for input_index, _ in records], traced_session())
    return compare(setup.model, run_reference(setup.model, inputs, with_tensors=True), outputs, tensors)


def _outputs(model: Model, record: InferenceRecord) -> list[Array]:
    return [_array(tensor, data) for tensor, data in zip(model.output_tensors, record.outputs, strict=True)]


def _trace(setup: Setup, input_indices: Sequence[int], session: RunnerSession) -> list[dict[int, Array]]:
    """Run the inferences again and keep what each operator wrote."""
    model = setup.model
    session.boot()
    traces = []
    for input_index in input_indices:
        trace: dict[int, Array] = {}

        def keep(operator: int, trace: dict[int, Array] = trace) -> None:
            for index in model.operators[operator].outputs:
                data = session.read_tensor(index, model.tensors[index].size_bytes)
                if data is not None:
                    trace[index] = _array(model.tensors[index], data)

        session.infer_traced(setup.inputs[input_index].to_bytes(), keep)
        traces.append(trace)
    return traces


def _array(tensor: Tensor, data: bytes) -> Array:
    return np.frombuffer(data, dtype=tensor.numpy_dtype.newbyteorder("<")).reshape(tensor.shape)
