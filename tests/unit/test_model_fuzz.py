"""Damaged models: reading and checking end with a model or a `ModelError`, and never otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import ModelError
from sim.model import Model, activation_lower_bound_bytes, check_operators, model_macs, parameter_count
from tests.support import single_operator as so
from tests.support import single_operator_sequence as sequence
from tests.support import single_operator_shape as shape
from tests.support.models import mltk_model

BUILT: dict[str, Callable[[], bytes]] = {
    "CONV_2D": so.conv_2d,
    "MAX_POOL_2D": so.pool_2d,
    "MEAN": so.mean,
    "STRIDED_SLICE": shape.strided_slice,
    "SPLIT": shape.split,
    "CONCATENATION": shape.concatenation,
    "TRANSPOSE_CONV": sequence.transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": sequence.unidirectional_sequence_lstm,
}
REAL = ("image_classification", "anomaly_detection", "keyword_spotting", "tflite_micro_speech")
MODELS = (*BUILT, *REAL)


@cache
def model_and_structure(name: str) -> tuple[bytes, tuple[int, ...]]:
    """A model, and the positions of its bytes that are not the values of large constants."""
    data = BUILT[name]() if name in BUILT else mltk_model(name)
    values = {
        position
        for tensor in Model.parse(data).tensors
        if tensor.data_size_bytes > 64
        for position in range(tensor.data_offset, tensor.data_offset + tensor.data_size_bytes)
    }
    return data, tuple(i for i in range(len(data)) if i not in values)


def read_and_check(data: bytes) -> bool:
    """Do everything that happens to a model before boot; return whether it is accepted."""
    try:
        model = Model.parse(data)
        check_operators(model)
        model_macs(model)
        parameter_count(model)
        activation_lower_bound_bytes(model)
    except ModelError:
        return False
    return True


fuzz = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
words = st.one_of(
    st.sampled_from([0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]),
    st.integers(0, 0xFFFFFFFF),
)


@pytest.mark.parametrize("name", MODELS)
def test_the_undamaged_model_is_accepted(name: str) -> None:
    assert read_and_check(model_and_structure(name)[0])


@pytest.mark.parametrize("name", MODELS)
def test_flipped_bits(name: str) -> None:
    data, structure = model_and_structure(name)

    @fuzz
    @given(st.lists(st.tuples(st.sampled_from(structure), st.integers(0, 7)), min_size=1, max_size=4))
    def check(flips: list[tuple[int, int]]) -> None:
        damaged = bytearray(data)
        for position, bit in flips:
            damaged[position] ^= 1 << bit
        read_and_check(bytes(damaged))

    check()


@pytest.mark.parametrize("name", MODELS)
def test_overwritten_words(name: str) -> None:
    data, structure = model_and_structure(name)

    @fuzz
    @given(st.lists(st.tuples(st.sampled_from(structure), words), min_size=1, max_size=3))
    def check(writes: list[tuple[int, int]]) -> None:
        damaged = bytearray(data)
        for position, word in writes:
            damaged[position & ~3 : (position & ~3) + 4] = word.to_bytes(4, "little")
        read_and_check(bytes(damaged))

    check()


@pytest.mark.parametrize("name", MODELS)
def test_pieces_copied_over_one_another(name: str) -> None:
    data, structure = model_and_structure(name)

    @fuzz
    @given(st.sampled_from(structure), st.sampled_from(structure), st.sampled_from([4, 8, 16, 64]))
    def check(source: int, target: int, size: int) -> None:
        source, target = source & ~3, target & ~3
        piece = data[source : source + size]
        read_and_check(data[:target] + piece + data[target + len(piece) :])

    check()


@pytest.mark.parametrize("name", MODELS)
def test_truncation(name: str) -> None:
    data, _ = model_and_structure(name)

    @fuzz
    @given(st.integers(0, len(data) - 1))
    def check(size: int) -> None:
        read_and_check(data[:size])

    check()


@fuzz
@given(st.binary(max_size=512))
def test_any_bytes_behind_the_file_identifier(tail: bytes) -> None:
    assert not read_and_check(b"\x08\0\0\0TFL3" + tail)
