"""The example that sweeps variants of a model over a server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from sim.demo import demo_model_path
from sim.model import Model
from tests.support.service import running_server
from tests.support.tflite_builder import ModelBuilder

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/sweep_quantisations.py"


def in_floating_point(model: Model) -> bytes:
    """Return a quantised model with all its weights and tensors as real numbers."""
    builder = ModelBuilder()
    tensors = []
    for tensor in model.tensors:
        data, dtype = None, tensor.dtype
        if tensor.is_quantized:
            dtype = "float32"
        if tensor.is_constant:
            data = np.array(model.constant(tensor))
            if tensor.is_quantized:
                along = [1] * data.ndim
                along[tensor.quantized_dimension] = len(tensor.scales)
                scales = np.array(tensor.scales).reshape(along)
                data = (data.astype(np.float64) * scales).astype(np.float32)
        tensors.append(builder.tensor(tensor.shape, dtype, data=data, name=tensor.name))
    for operator in model.operators:
        options = {name: value for name, value in operator.options.items() if name != "weights_format"}
        if operator.name == "RESHAPE":
            options = {"new_shape": model.tensors[operator.outputs[0]].shape}
        builder.operator(
            operator.name,
            [tensors[index] for index in operator.inputs],
            [tensors[index] for index in operator.outputs],
            options,
        )
    return builder.build(
        [tensors[index] for index in model.inputs], [tensors[index] for index in model.outputs]
    )


def sweep(address: str, directory: Path, *models: Path) -> dict[str, tuple[float, int]]:
    """Run the example and return latency in ms and accuracy in percent of each variant."""
    answer = subprocess.run(
        [sys.executable, str(EXAMPLE), "--server", address, "--out", "sweep.svg", *map(str, models)],
        cwd=directory,
        env={"PYTHONPATH": str(EXAMPLE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert answer.returncode == 0, answer.stderr
    rows = re.findall(r"^(\S+) +([\d.]+) ms .* (\d+)%$", answer.stdout, re.MULTILINE)
    return {name: (float(latency_ms), int(accuracy)) for name, latency_ms, accuracy in rows}


def test_the_example_finds_where_fewer_bits_cost_accuracy(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        variants = sweep(server.address, tmp_path)
        assert list(variants) == [f"weights-{bits}-bit" for bits in (8, 5, 4, 3, 2)]
        assert variants["weights-8-bit"][1] >= 95
        assert variants["weights-2-bit"][1] < variants["weights-8-bit"][1]
        picture = ElementTree.parse(tmp_path / "sweep.svg")
        assert "weights-2-bit" in [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_the_example_compares_floating_point_with_integers(tmp_path: Path) -> None:
    model = Model.load(demo_model_path())
    (tmp_path / "float32.tflite").write_bytes(in_floating_point(model))
    (tmp_path / "int8.tflite").write_bytes(model.data)
    with running_server(tmp_path / "data") as server:
        variants = sweep(server.address, tmp_path, Path("float32.tflite"), Path("int8.tflite"))
    assert variants["float32"][1] >= 95
    assert variants["float32"][0] > 2 * variants["int8"][0]
