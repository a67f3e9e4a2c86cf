from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sim.errors import InputError
from sim.inputs import InputData, load_inputs
from sim.inputs.convert import dequantize, quantize
from sim.model import Model
from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support.tflite_builder import ModelBuilder


def identity(shape: tuple[int, ...], dtype: str, scale: float = 0.5, zero_point: int = 3) -> Model:
    """A model whose one input has this shape and type."""
    builder = ModelBuilder()
    scales = () if dtype == "float32" else (scale,)
    x = builder.tensor(shape, dtype, scale=scales, zero_point=zero_point, name="data")
    y = builder.tensor(shape, dtype, scale=scales, zero_point=zero_point)
    builder.operator("RELU", [x], [y])
    return Model.parse(builder.build([x], [y]))


def two_inputs() -> Model:
    return Model.parse(so.elementwise("ADD", ((1, 3), (1, 3))))


def save(path: Path, values: object, dtype: str) -> str:
    np.save(path, np.array(values, dtype=dtype))
    return str(path)


def test_stored_values_are_taken_as_they_are(tmp_path: Path) -> None:
    spec = save(tmp_path / "x.npy", [[1, -128, 127]], "int8")
    (inputs,) = load_inputs([spec], identity((1, 3), "int8"))
    assert inputs.tensors[0].tolist() == [[1, -128, 127]]
    assert inputs.to_bytes() == (bytes([1, 128, 127]),)


def test_real_numbers_are_quantized_with_halves_away_from_zero(tmp_path: Path) -> None:
    spec = save(tmp_path / "x.npy", [[0.25, -0.25, 1000.0, -1000.0]], "float64")
    (inputs,) = load_inputs([spec], identity((1, 4), "int8", scale=0.5, zero_point=3))
    assert inputs.tensors[0].tolist() == [[4, 2, 127, -128]]


def test_quantization_agrees_with_the_quantize_operator() -> None:
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    values = np.random.default_rng(1).normal(scale=8, size=(1, 4096)).astype(np.float32)
    data = sequence.convert("QUANTIZE", (1, 4096), scales=(1.0, 0.0625), zero_points=(0, -7))
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 18)
    interpreter.set_input(values, 0)
    interpreter.invoke()
    (output,) = Model.parse(data).output_tensors
    assert np.array_equal(quantize(values, output), interpreter.get_output(0))


def test_dequantizing_gives_the_real_numbers_back() -> None:
    (tensor,) = identity((1, 3), "int8", scale=0.5, zero_point=3).input_tensors
    assert dequantize(np.array([[3, 5, 1]], np.int8), tensor).tolist() == [[0.0, 1.0, -1.0]]


@pytest.mark.parametrize(("shape", "count"), [((2, 3), 1), ((1, 2, 3), 1), ((5, 2, 3), 5), ((5, 1, 2, 3), 5)])
def test_a_leading_dimension_is_a_sequence_of_inferences(
    tmp_path: Path, shape: tuple[int, ...], count: int
) -> None:
    values = np.arange(np.prod(shape), dtype=np.int8).reshape(shape)
    spec = save(tmp_path / "x.npy", values, "int8")
    sets = load_inputs([spec], identity((1, 2, 3), "int8"))
    assert [s.tensors[0].shape for s in sets] == [(1, 2, 3)] * count
    assert np.concatenate([s.tensors[0].ravel() for s in sets]).tolist() == values.ravel().tolist()


def test_a_wrong_shape_is_refused_with_the_right_one_in_the_hint(tmp_path: Path) -> None:
    spec = save(tmp_path / "x.npy", [[1, 2]], "int8")
    with pytest.raises(InputError, match=r"shape \[1, 2\]") as caught:
        load_inputs([spec], identity((1, 3), "int8"))
    assert "1x3 int8" in caught.value.hint


@pytest.mark.parametrize("dtype", ["int64", "uint8", "int16", "bool", "complex64", "U3"])
def test_a_type_that_could_mean_two_things_is_refused(tmp_path: Path, dtype: str) -> None:
    spec = save(tmp_path / "x.npy", [[1, 0, 1]], dtype)
    with pytest.raises(InputError, match="has type") as caught:
        load_inputs([spec], identity((1, 3), "int8"))
    assert "float32 to be quantized" in caught.value.hint


def test_numbers_that_are_not_finite_are_not_quantized(tmp_path: Path) -> None:
    spec = save(tmp_path / "x.npy", [[1.0, np.nan, 0.0]], "float32")
    with pytest.raises(InputError, match="not finite"):
        load_inputs([spec], identity((1, 3), "int8"))


def test_integers_fill_a_floating_point_tensor(tmp_path: Path) -> None:
    spec = save(tmp_path / "x.npy", [[1, 2, 255]], "uint8")
    (inputs,) = load_inputs([spec], identity((1, 3), "float32"))
    assert inputs.tensors[0].dtype == np.float32
    assert inputs.tensors[0].tolist() == [[1.0, 2.0, 255.0]]


def test_several_inputs_go_by_name_or_in_order(tmp_path: Path) -> None:
    first, second = (save(tmp_path / f"{i}.npy", [[i, i, i]], "int8") for i in (1, 2))
    in_order = load_inputs([first, second], two_inputs())
    by_name = load_inputs([f"b={second}", f"a={first}"], two_inputs())
    mixed = load_inputs([f"b={second}", first], two_inputs())
    for sets in (in_order, by_name, mixed):
        assert [t.tolist() for t in sets[0].tensors] == [[[1, 1, 1]], [[2, 2, 2]]]


def test_an_archive_fills_inputs_by_name_or_in_order(tmp_path: Path) -> None:
    a, b = np.array([[1, 1, 1]], np.int8), np.array([[2, 2, 2]], np.int8)
    np.savez(tmp_path / "named.npz", b=b, a=a)
    np.savez(tmp_path / "ordered.npz", a, b)
    for name in ("named.npz", "ordered.npz"):
        (inputs,) = load_inputs([str(tmp_path / name)], two_inputs())
        assert [t.tolist() for t in inputs.tensors] == [a.tolist(), b.tolist()]


def test_an_archive_without_the_input_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros((1, 3), np.int8))
    with pytest.raises(InputError, match=r"arrays \['a'\], none for input 'b'"):
        load_inputs([str(tmp_path / "x.npz")], two_inputs())


def test_one_sample_is_repeated_for_the_samples_of_another_input(tmp_path: Path) -> None:
    many = save(tmp_path / "many.npy", [[1, 1, 1], [2, 2, 2]], "int8")
    one = save(tmp_path / "one.npy", [[9, 9, 9]], "int8")
    sets = load_inputs([many, one], two_inputs())
    assert [s.tensors[0][0, 0] for s in sets] == [1, 2]
    assert [s.tensors[1][0, 0] for s in sets] == [9, 9]


def test_different_numbers_of_samples_are_refused(tmp_path: Path) -> None:
    two = save(tmp_path / "2.npy", np.zeros((2, 3)), "int8")
    three = save(tmp_path / "3.npy", np.zeros((3, 3)), "int8")
    with pytest.raises(InputError, match=r"\[2, 3\]"):
        load_inputs([two, three], two_inputs())


@pytest.mark.parametrize(
    "specs", [[], ["zeros", "zeros", "zeros"], ["a=zeros"], ["a=zeros", "a=zeros"], ["c=zeros", "a=zeros"]]
)
def test_the_wrong_inputs_for_the_model_are_refused(specs: list[str]) -> None:
    with pytest.raises(InputError):
        load_inputs(specs, two_inputs())


def test_random_values_are_the_same_for_the_same_seed_and_differ_between_inputs() -> None:
    model = two_inputs()
    first, again, other = (load_inputs([f"random:{s}"], model)[0].tensors for s in (1, 1, 2))
    assert all(np.array_equal(x, y) for x, y in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])


def test_random_values_span_the_whole_integer_type() -> None:
    (inputs,) = load_inputs(["random:0"], identity((1, 4096), "int8"))
    assert (inputs.tensors[0].min(), inputs.tensors[0].max()) == (-128, 127)


def test_zeros_are_the_real_number_zero() -> None:
    (inputs,) = load_inputs(["zeros"], identity((1, 3), "int8", zero_point=3))
    assert inputs.tensors[0].tolist() == [[3, 3, 3]]


@pytest.mark.parametrize(
    "spec", ["random:", "random:x", "random:-1", "random:" + "9" * 5000, "nothing.npy", ".", "x.unknown", ""]
)
def test_a_source_that_is_none_is_refused(spec: str) -> None:
    with pytest.raises(InputError):
        load_inputs([spec], identity((1, 3), "int8"))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".png", ".jpg", ".wav", ".csv", ".bin", ".unknown"])
@pytest.mark.parametrize(
    "content", [b"", b"garbage\xff\x00", b"RIFF\x10\0\0\0WAVEfmt ", b"\x93NUMPY\x01\x00"]
)
def test_a_damaged_file_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_inputs([str(path)], identity((1, 5, 5, 3), "int8"))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".npy", b"\x93NUMPY\x01\x00v\x00{'descr': '|i1', 'fortran_order': False, 'shape': (1, 5"),
        (".npz", b"PK\x03\x04\x14\x00\x00\x00\x00\x00"),
        (".png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00"),
        (".wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"),
        (".csv", b"1,2,3"),
        (".bin", b""),
    ],
)
def test_any_content_ends_with_inputs_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("inputs") / f"x{suffix}"
    model = identity((1, 5, 5, 3), "int8")

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(start)), st.binary(max_size=80))
    def check(kept: int, tail: bytes) -> None:
        path.write_bytes(start[:kept] + tail)
        try:
            sets = load_inputs([str(path)], model)
        except InputError:
            return
        assert all(s.tensors[0].shape == (1, 5, 5, 3) for s in sets)

    check()


def test_a_numpy_header_that_claims_a_huge_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        header = {"descr": "|i1", "fortran_order": False, "shape": (1 << 50,)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(InputError):
        load_inputs([str(path)], identity((1, 3), "int8"))


def test_pixels_of_an_int8_model_are_shifted_by_128(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[0, 128, 255]], np.uint8)).save(path)
    (inputs,) = load_inputs([str(path)], identity((1, 1, 3, 1), "int8", scale=1 / 255, zero_point=-128))
    assert inputs.tensors[0].ravel().tolist() == [-128, 0, 127]


def test_pixels_of_a_uint8_model_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[0, 128, 255]], np.uint8)).save(path)
    (inputs,) = load_inputs([str(path)], identity((1, 1, 3, 1), "uint8"))
    assert inputs.tensors[0].ravel().tolist() == [0, 128, 255]


def test_an_image_range_is_quantized_with_the_tensor(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(path)
    model = identity((1, 1, 2, 1), "int8", scale=1 / 64, zero_point=10)
    (inputs,) = load_inputs([str(path)], model, image_range=(-1.0, 1.0))
    assert inputs.tensors[0].ravel().tolist() == [10 - 64, 10 + 64]


@pytest.mark.parametrize(
    ("scale", "zero_point", "white"), [(1 / 255, -128, 1.0), (2 / 255, 0, 1.0), (1.0, -128, 255.0)]
)
def test_pixels_of_a_float_model_follow_its_quantize_operator(
    tmp_path: Path, scale: float, zero_point: int, white: float
) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(path)
    model = Model.parse(
        sequence.convert("QUANTIZE", (1, 1, 2, 1), scales=(1.0, scale), zero_points=(0, zero_point))
    )
    (inputs,) = load_inputs([str(path)], model)
    black = -1.0 if zero_point == 0 else 0.0
    assert inputs.tensors[0].ravel().tolist() == pytest.approx([black, white])


def test_an_image_is_resized_and_converted_to_the_channels_of_the_model(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (31, 17), (255, 255, 255)).save(path)
    (inputs,) = load_inputs([str(path)], identity((1, 6, 4, 1), "int8"))
    assert inputs.tensors[0].shape == (1, 6, 4, 1)
    assert set(inputs.tensors[0].ravel().tolist()) == {127}


def test_an_image_for_a_model_without_channels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("L", (3, 3)).save(path)
    with pytest.raises(InputError, match="channels"):
        load_inputs([str(path)], identity((1, 9), "int8"))


def write_wav(path: Path, samples: list[int], channels: int = 1) -> str:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(np.array(samples, "<i2").tobytes())
    return str(path)


def test_sound_becomes_samples_or_fractions(tmp_path: Path) -> None:
    spec = write_wav(tmp_path / "x.wav", [0, 16384, -32768])
    (samples,) = load_inputs([spec], identity((1, 3), "int16"))
    (fractions,) = load_inputs([spec], identity((1, 3), "float32"))
    assert samples.tensors[0].tolist() == [[0, 16384, -32768]]
    assert fractions.tensors[0].tolist() == [[0.0, 0.5, -1.0]]


@pytest.mark.parametrize(("samples", "channels"), [([1, 2], 1), ([1, 2, 3, 4], 1), ([1, 2, 3, 4, 5, 6], 2)])
def test_sound_of_another_length_or_in_stereo_is_refused(
    tmp_path: Path, samples: list[int], channels: int
) -> None:
    with pytest.raises(InputError):
        load_inputs([write_wav(tmp_path / "x.wav", samples, channels)], identity((1, 3), "int16"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1,2,3\n", [[1, 2, 3]]), ("1\n2\n3", [[1, 2, 3]]), ("1 2 3\n4;5;6\n", [[1, 2, 3], [4, 5, 6]])],
)
def test_a_table_of_whole_numbers_holds_stored_values(
    tmp_path: Path, text: str, expected: list[list[int]]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    sets = load_inputs([str(path)], identity((1, 3), "int8"))
    assert [s.tensors[0].ravel().tolist() for s in sets] == expected


def test_a_table_of_decimals_holds_real_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1.0,2,-3\n")
    (inputs,) = load_inputs([str(path)], identity((1, 3), "int8", scale=0.5, zero_point=3))
    assert inputs.tensors[0].tolist() == [[5, 7, -3]]


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,2\n3,4", "1,x,3", "1,2,300", "1;nan;3"])
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputError):
        load_inputs([str(path)], identity((1, 3), "int8"))


def test_raw_bytes_are_taken_little_endian_for_one_or_several_inferences(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes([1, 0, 0, 1, 255, 255, 2, 0]))
    sets = load_inputs([str(path)], identity((1, 2), "int16"))
    assert [s.tensors[0].tolist() for s in sets] == [[[1, 256]], [[-1, 2]]]


def test_data_in_memory_are_taken_like_a_file_of_them() -> None:
    sources = [InputData(bytes([4, 5, 6]), "second.bin", "b"), InputData(bytes([1, 2, 3]), "first.bin")]
    (inputs,) = load_inputs(sources, two_inputs())
    assert [tensor.tolist() for tensor in inputs.tensors] == [[[1, 2, 3]], [[4, 5, 6]]]
    assert inputs.source == "first.bin, second.bin"
    with pytest.raises(InputError, match=r"x\.bin has 3 bytes, not 2"):
        load_inputs([InputData(bytes(3), "x.bin")], identity((1, 2), "int8"))
    with pytest.raises(InputError, match="is for an input 'c'") as raised:
        load_inputs([InputData(bytes(2), "x.bin", "c")], identity((1, 2), "int8"))
    assert "the model's inputs are called" in raised.value.hint


def test_raw_bytes_of_another_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(5))
    with pytest.raises(InputError, match="5 bytes, not 4"):
        load_inputs([str(path)], identity((1, 2), "int16"))
