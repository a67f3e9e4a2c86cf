"""Compare variants of one model on a board: what each costs, and how often it is right.

    python examples/sweep_quantisations.py --server 127.0.0.1:50051
    python examples/sweep_quantisations.py --server 127.0.0.1:50051 float32.tflite int8.tflite

Without model files it sweeps the bundled digits model with its weights rounded to fewer and fewer bits. Every
variant answers the bundled images; the table goes to stdout and the same as bars to an SVG file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from sim.client import Client
from sim.demo import demo_input, demo_labels, demo_model_path
from sim.inference import RunRequest
from sim.model import Model
from sim.result import Result

WEIGHT_BITS = (8, 5, 4, 3, 2)


@dataclass(frozen=True)
class Variant:
    """What one variant of the model costs and can do."""

    name: str
    latency_seconds: float
    energy_joules: float
    arena_bytes: int
    accuracy: float


def round_weights(model: Model, bits: int) -> bytes:
    """Return the model with its 8-bit weights rounded to fewer bits; they still take 8 bits each."""
    data = bytearray(model.data)
    step = 1 << (8 - bits)
    for tensor in model.tensors:
        if tensor.dtype == "int8" and tensor.is_constant:
            weights = model.constant(tensor).astype(np.int32)
            rounded = np.clip(np.round(weights / step) * step, -127, 127).astype(np.int8)
            end = tensor.data_offset + tensor.data_size_bytes
            data[tensor.data_offset : end] = rounded.tobytes()
    return bytes(data)


def write_images(path: Path) -> None:
    """Write the bundled images as real numbers, which fit variants of any type."""
    tensor = Model.load(demo_model_path()).input_tensors[0]
    stored = np.concatenate([demo_input(index) for index in range(len(demo_labels()))])
    np.save(path, ((stored.astype(np.float32)) - tensor.zero_points[0]) * np.float32(tensor.scales[0]))


def describe(path: Path, result: Result) -> Variant:
    """Return the figures of a variant from its run over all images."""
    answers = [inference.outputs[0].argmax for inference in result.inferences]
    assert result.latency_seconds is not None
    return Variant(
        name=path.stem,
        latency_seconds=result.latency_seconds,
        energy_joules=result.energy_joules or 0.0,
        arena_bytes=result.memory.arena_used_bytes or 0,
        accuracy=float(np.mean(np.equal(answers, demo_labels()))),
    )


def plot(variants: list[Variant]) -> str:
    """Return a picture with a row per variant: bars of its latency and of its accuracy."""
    slowest = max(variant.latency_seconds for variant in variants)
    rows = []
    for row, variant in enumerate(variants):
        bars = (
            (170, variant.latency_seconds / slowest, f"{variant.latency_seconds * 1e3:.2f} ms"),
            (430, variant.accuracy, f"{variant.accuracy:.0%}"),
        )
        top = 34 + 24 * row
        rows.append(f'<text x="160" y="{top + 12}" text-anchor="end">{escape(variant.name)}</text>')
        for x, share, figure in bars:
            rows.append(f'<rect x="{x}" y="{top}" width="{180 * share:.1f}" height="16" fill="#4a90d9"/>')
            rows.append(f'<text x="{x + 180 * share + 6:.1f}" y="{top + 12}">{figure}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{44 + 24 * len(variants)}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        '<text x="170" y="22">latency</text><text x="430" y="22">accuracy</text>'
        f"{''.join(rows)}</svg>\n"
    )


def main() -> None:
    """Run the sweep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="variants (.tflite) that read the same images")
    parser.add_argument("--server", default="127.0.0.1:50051")
    parser.add_argument("--platform", default="stm32l4r5")
    parser.add_argument("--out", type=Path, default=Path("sweep.svg"))
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory, Client(arguments.server) as client:
        images = Path(directory) / "images.npy"
        write_images(images)
        paths = arguments.models
        if not paths:
            model = Model.load(demo_model_path())
            paths = [Path(directory) / f"weights-{bits}-bit.tflite" for bits in WEIGHT_BITS]
            for path, bits in zip(paths, WEIGHT_BITS, strict=True):
                path.write_bytes(round_weights(model, bits))
        requests = [
            RunRequest(platform=arguments.platform, model_path=path, inputs=[str(images)]) for path in paths
        ]
        variants: dict[int, Variant] = {}
        for index, answer in client.run_batch(requests):
            if not isinstance(answer, Result):
                raise answer
            variants[index] = describe(paths[index], answer)

    ordered = [variants[index] for index in sorted(variants)]
    sys.stdout.write("variant             latency      energy     arena  accuracy\n")
    for variant in ordered:
        sys.stdout.write(
            f"{variant.name:<16}{variant.latency_seconds * 1e3:8.2f} ms "
            f"{variant.energy_joules * 1e6:8.1f} µJ {variant.arena_bytes:7,} B {variant.accuracy:8.0%}\n"
        )
    arguments.out.write_text(plot(ordered), encoding="utf-8")


if __name__ == "__main__":
    main()
