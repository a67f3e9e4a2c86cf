"""Train the bundled demo model: a small convolutional network that reads handwritten digits.

Data: the 1797 images of 8x8 pixels that come with scikit-learn. The last fifth is held out, unshuffled, as
neighbouring samples are often by the same writer: a shuffled split would look better and say less.
Architecture and training settings were chosen by cross-validation over four contiguous folds of the rest. The
held-out part was looked at once before that, for a narrower network, which read 96.4 % of it.

    pip install -e ".[train,verify]"
    python examples/train_digits.py                                    # renews sim/demo/
    python examples/train_digits.py --test-variants tests/data         # and the test models

The run is seeded and deterministic on one machine; another processor or TensorFlow version may round
otherwise and give slightly different weights. Accuracies are those of TensorFlow Lite Micro's interpreter.
"""
# ruff: noqa: T201  (a script: its output is the report)

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.datasets import load_digits
from tflite_micro import runtime

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
FIRST_HELD_OUT_SAMPLE = 1437
GREY_MAX = 16
EPOCHS = 20
BATCH_SIZE = 64
DISTORTED_COPIES = 8
ARENA_BYTES = 64 * 1024


def distorted(images: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Rotate, shear, scale and shift each image a little: every writer's hand is different."""
    centre = (np.array(images.shape[1:3]) - 1) / 2
    result = np.empty_like(images)
    for image, target in zip(images[..., 0], result[..., 0], strict=True):
        angle, shear, height, width = rng.uniform((-0.2, -0.2, 0.85, 0.85), (0.2, 0.2, 1.15, 1.15))
        cos, sin = np.cos(angle), np.sin(angle)
        matrix = np.array([[cos, shear - sin], [sin, cos]]) / np.array([[height], [width]])
        offset = centre - matrix @ centre + rng.uniform(-0.8, 0.8, 2)
        ndimage.affine_transform(image, matrix, offset, output=target, order=1)
    return result


def build_network(batch_size: int | None = None) -> keras.Model:
    """One convolution, two depthwise-separable blocks, average pooling, a dense layer and softmax."""
    layers = keras.layers

    def normalised(tensor: keras.KerasTensor) -> keras.KerasTensor:
        return layers.ReLU()(layers.BatchNormalization()(tensor))

    image = layers.Input((8, 8, 1), batch_size)
    features = normalised(layers.Conv2D(16, 3, padding="same", use_bias=False)(image))
    for channels, stride in ((32, 1), (48, 2)):
        features = normalised(layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(features))
        features = normalised(layers.Conv2D(channels, 1, use_bias=False)(features))
    features = layers.Flatten()(layers.AveragePooling2D(2)(features))
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.Dropout(0.3)(features)))


def train(images: NDArray[np.float32], labels: NDArray[np.int64]) -> keras.Model:
    """Train on the images and on distorted copies of them."""
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    rng = np.random.default_rng(SEED)
    augmented = np.concatenate([images, *(distorted(images, rng) for _ in range(DISTORTED_COPIES))])
    steps = EPOCHS * -(-len(augmented) // BATCH_SIZE)
    network = build_network()
    network.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(3e-3, steps), weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(),
    )
    network.fit(augmented, np.tile(labels, DISTORTED_COPIES + 1), BATCH_SIZE, EPOCHS, verbose=0)
    return network


def convert(
    network: keras.Model,
    dtype: str,
    calibration: NDArray[np.float32],
    per_channel_dense: bool = False,
) -> bytes:
    """Convert to a ``.tflite`` with batch size 1 whose tensors, inputs and outputs included, are of one type.

    Parameters
    ----------
    network
        The trained network.
    dtype
        ``"float32"``, ``"int8"`` or ``"int16"`` (activations; weights are int8 then).
    calibration
        Images, shape (samples, 8, 8, 1), from which the converter takes the value ranges.
    per_channel_dense
        Quantise the dense layer's weights per channel, which TFLM knows only since September 2024.
    """
    batch_of_one = build_network(batch_size=1)
    batch_of_one.set_weights(network.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(batch_of_one)
    if dtype != "float32":
        operators = {
            "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
            "int16": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
        }
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [operators[dtype]]
        converter.representative_dataset = lambda: ([image[None]] for image in calibration)
        converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(dtype)
        converter._experimental_disable_per_channel_quantization_for_dense_layers = not per_channel_dense
    return converter.convert()


def input_quantisation(model: bytes) -> tuple[float, int]:
    """Return scale and zero point of the model's input."""
    details = runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES).get_input_details(0)
    parameters = details["quantization_parameters"]
    return float(parameters["scales"][0]), int(parameters["zero_points"][0])


def accuracy(model: bytes, images: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the share of the images that TensorFlow Lite Micro's interpreter reads correctly."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES)
    dtype = interpreter.get_input_details(0)["dtype"]
    if np.issubdtype(dtype, np.integer):
        scale, zero_point = input_quantisation(model)
        limits = np.iinfo(dtype)
        images = np.clip(np.round(images / scale) + zero_point, limits.min, limits.max)
    correct = 0
    for image, label in zip(images.astype(dtype), labels, strict=True):
        interpreter.set_input(image[None], 0)
        interpreter.invoke()
        correct += int(np.argmax(interpreter.get_output(0)) == label)
    return correct / len(labels)


def first_samples_of_each_digit(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return data set indices: the first held-out sample of each of 0 to 9, then the second, and so on."""
    held_out = np.arange(FIRST_HELD_OUT_SAMPLE, len(labels))
    per_digit = [held_out[labels[held_out] == digit][:count] for digit in range(10)]
    return np.stack(per_digit, axis=1).ravel()


def main() -> None:
    """Train, convert, measure and write the demo's files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "sim" / "demo", help="where the demo's files go")
    parser.add_argument(
        "--test-variants", type=Path, metavar="DIR", help="write the other number formats here"
    )
    arguments = parser.parse_args()

    digits = load_digits()
    images = (digits.images[..., None] / GREY_MAX).astype(np.float32)
    training, held_out = slice(FIRST_HELD_OUT_SAMPLE), slice(FIRST_HELD_OUT_SAMPLE, None)
    network = train(images[training], digits.target[training])
    models = {
        "digits": convert(network, "int8", images[training]),
        "digits_float32": convert(network, "float32", images[training]),
        "digits_int16x8": convert(network, "int16", images[training]),
        "digits_int8_per_channel_dense": convert(network, "int8", images[training], per_channel_dense=True),
    }
    accuracies = {
        name: accuracy(model, images[held_out], digits.target[held_out]) for name, model in models.items()
    }
    for name, model in models.items():
        print(f"{name:30} {len(model):6} bytes, accuracy {accuracies[name]:.4f}")

    model = models["digits"]
    scale, zero_point = input_quantisation(model)
    manifest = {
        "model": "digits.tflite",
        "sha256": hashlib.sha256(model).hexdigest(),
        "size_bytes": len(model),
        "input": {"scale": scale, "zero_point": zero_point, "grey_max": GREY_MAX},
        "accuracy": {
            "float32": accuracies["digits_float32"],
            "int8": accuracies["digits"],
            "held_out_samples": len(digits.target[held_out]),
        },
        "training": {
            "script": Path(__file__).resolve().relative_to(ROOT).as_posix(),
            "seed": SEED,
            "epochs": EPOCHS,
            "versions": {
                "python": platform.python_version(),
                "tensorflow": tf.__version__,  # by whatever name it was installed
                **{
                    name: version(name)
                    for name in ("keras", "numpy", "scipy", "scikit-learn", "tflite-micro")
                },
            },
        },
        "dataset": {
            "name": "Optical Recognition of Handwritten Digits, test set (sklearn.datasets.load_digits)",
            "creators": "E. Alpaydin, C. Kaynak (1998), UCI Machine Learning Repository",
            "doi": "10.24432/C50P49",
            "licence": "CC-BY-4.0",
            "changes": "20 of the images are in digits_inputs.npz with their labels, unchanged",
            "samples": len(digits.target),
            "first_held_out_sample": FIRST_HELD_OUT_SAMPLE,
        },
    }
    chosen = first_samples_of_each_digit(digits.target, count=2)
    (arguments.out / "digits.tflite").write_bytes(model)
    (arguments.out / "digits.json").write_text(json.dumps(manifest, indent=2) + "\n")
    np.savez_compressed(
        arguments.out / "digits_inputs.npz",
        images=digits.images[chosen].astype(np.uint8),
        labels=digits.target[chosen].astype(np.uint8),
        samples=chosen.astype(np.uint16),
    )
    if arguments.test_variants:
        for name in models.keys() - {"digits"}:
            (arguments.test_variants / f"{name}.tflite").write_bytes(models[name])


if __name__ == "__main__":
    main()
