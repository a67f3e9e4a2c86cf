"""Hostile models on the whole way: refused in words, or run to an orderly end, and never a wild access."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sim.errors import ModelError, UsageError
from sim.inference import RunRequest, run_inference
from sim.model import Model, check_operators
from sim.result import StopReason
from tests.support.hostile import BUILDERS, Build, damaged_bytes, hostile_models
from tests.support.models import mltk_model
from tests.support.tflite_builder import ModelBuilder

ORDERLY = {
    StopReason.COMPLETED,
    StopReason.FIRMWARE_ERROR,
    StopReason.CYCLE_LIMIT,
    StopReason.WALL_LIMIT,
}
REAL = ("tflite_micro_speech", "tflite_micro_magic_wand", "keyword_spotting", "anomaly_detection")

fuzz = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def end_of_run(data: bytes, directory: Path) -> StopReason | None:
    """Run a model as the command line does; return how it ended, or None when it was refused."""
    path = directory / "model.tflite"
    path.write_bytes(data)
    request = RunRequest(
        platform="stm32l4r5",
        model_path=path,
        level="timing",
        timeout_cycles=5_000_000,
        wall_timeout_seconds=5.0,
    )
    try:
        result = run_inference(request)
    except UsageError as error:
        refusal = error
    else:
        assert result.stop_reason in ORDERLY, result.stop_detail
        return result.stop_reason
    assert refusal.message
    assert "\n" not in refusal.message
    return None


def test_a_check_that_fails_inside_the_runtime_is_reported_with_its_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = ModelBuilder()
    inputs = [builder.tensor((4,), scale=2.0) for _ in range(2)]  # the kernel wants scales below 1
    output = builder.tensor((4,), "bool")
    builder.operator("LESS", inputs, [output])
    path = tmp_path / "model.tflite"
    path.write_bytes(builder.build(inputs, [output]))
    request = RunRequest(platform="stm32l4r5", model_path=path)
    with pytest.raises(ModelError, match="scales below 1"):
        run_inference(request)
    monkeypatch.setattr("sim.inference.setup.check_operators", lambda _: None)
    result = run_inference(request)
    assert result.stop_reason is StopReason.FIRMWARE_ERROR
    assert "operator 0 (LESS)" in (result.stop_detail or "")


@cache
def real_model(name: str) -> tuple[bytes, tuple[int, ...]]:
    """A real model, and the positions of its bytes that are not the values of large constants."""
    data = mltk_model(name)
    values = {
        position
        for tensor in Model.parse(data).tensors
        if tensor.data_size_bytes > 64
        for position in range(tensor.data_offset, tensor.data_offset + tensor.data_size_bytes)
    }
    return data, tuple(i for i in range(len(data)) if i not in values)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
def test_the_model_itself_is_accepted(build: Build) -> None:
    check_operators(Model.parse(build()))


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
def test_a_model_whose_fields_do_not_fit_is_refused_or_ends_orderly(
    build: Build, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("hostile")

    @settings(fuzz, max_examples=12)
    @given(data=hostile_models(build))
    def check(data: bytes) -> None:
        end_of_run(data, directory)

    check()


@pytest.mark.parametrize("name", REAL)
def test_a_damaged_real_model_is_refused_or_ends_orderly(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, structure = real_model(name)
    directory = tmp_path_factory.mktemp("damaged")

    @settings(fuzz, max_examples=25)
    @given(data=damaged_bytes(data, structure))
    def check(data: bytes) -> None:
        end_of_run(data, directory)

    check()
