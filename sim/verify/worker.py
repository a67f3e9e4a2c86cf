"""Run a model with the ``tflite-micro`` package.

Arguments: ``MODEL INPUTS RESULTS ARENA_BYTES COUNT TENSORS``.

A program of its own, because the interpreter prints to stderr and aborts its process on models that it does
not like. ``INPUTS`` is an archive of arrays ``<inference>/<input>``. ``RESULTS`` gets
``<inference>/output/<number>`` for ``COUNT`` outputs and ``<inference>/tensor/<index>`` for the
comma-separated indices in ``TENSORS``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from tflite_micro.python.tflite_micro import runtime  # type: ignore[import-untyped, import-not-found, unused-ignore]


def main(arguments: list[str]) -> None:
    """Run all inferences one after the other in one interpreter, so that state carries over."""
    model, inputs, results_path, arena_bytes, output_count, tensors = arguments
    wanted = [int(i) for i in tensors.split(",") if i]
    config = runtime.InterpreterConfig
    interpreter = runtime.Interpreter.from_bytes(
        Path(model).read_bytes(),
        arena_size=int(arena_bytes),
        intrepreter_config=config.kPreserveAllTensors if wanted else config.kAllocationRecording,
    )
    with np.load(inputs) as archive:
        arrays = {tuple(map(int, name.split("/"))): archive[name] for name in archive.files}
    inferences = max(inference for inference, _ in arrays) + 1
    input_count = len(arrays) // inferences
    results: dict[str, Any] = {}
    for inference in range(inferences):
        for position in range(input_count):
            interpreter.set_input(arrays[inference, position], position)
        interpreter.invoke()
        for position in range(int(output_count)):
            results[f"{inference}/output/{position}"] = np.array(interpreter.get_output(position))
        for index in wanted:
            results[f"{inference}/tensor/{index}"] = np.array(interpreter.GetTensor(index, 0)["tensor_data"])
    np.savez(results_path, **results)


if __name__ == "__main__":
    main(sys.argv[1:])
