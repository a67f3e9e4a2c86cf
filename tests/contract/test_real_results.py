"""What a real run writes keeps the contract of the result document."""

from __future__ import annotations

import json

import jsonschema
import pytest

from sim.inference import RunRequest, run_inference
from sim.report.run import render_run
from sim.result import Result
from sim.result.schema import SCHEMA_PATH
from tests.support.single_operator import conv_2d


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("model") / "conv.tflite"
    path.write_bytes(conv_2d())
    return run_inference(
        RunRequest(platform="stm32l4r5", model_path=path, battery="cr2032", period_seconds=10.0)
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("model") / "conv.tflite"
    path.write_bytes(conv_2d((1, 16, 16, 3), 8))
    return run_inference(RunRequest(platform="rp2040", model_path=path, timeout_cycles=100_000))


@pytest.mark.parametrize("name", ["result", "stopped"])
def test_a_real_result_conforms_to_the_schema_and_survives_json(
    name: str, request: pytest.FixtureRequest
) -> None:
    real: Result = request.getfixturevalue(name)
    text = real.to_json()
    jsonschema.validate(json.loads(text), json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    assert Result.from_json(text) == real


@pytest.mark.parametrize("name", ["result", "stopped"])
def test_a_real_result_can_be_reported_on_a_small_terminal(name: str, request: pytest.FixtureRequest) -> None:
    lines = render_run(request.getfixturevalue(name), width=80).splitlines()
    assert max(map(len, lines)) <= 80


def test_the_document_of_a_finished_run_has_every_figure(result: Result) -> None:
    document = result.to_dict()
    figures = (
        "cycles",
        "instructions",
        "cpi",
        "latency_seconds",
        "energy_joules",
        "energy_uncertainty",
        "power_watts",
    )
    assert all(document[figure] > 0 for figure in figures)
    memory = (
        "arena_used_bytes",
        "stack_high_water_bytes",
        "flash_used_bytes",
        "ram_used_bytes",
        "stall_cycles",
    )
    assert all(document["memory"][figure] is not None for figure in memory)


def test_figures_of_a_result_agree_with_each_other(result: Result) -> None:
    assert result.cycles is not None
    assert result.instructions is not None
    assert result.latency_seconds is not None
    assert result.energy_joules is not None
    assert result.instruction_mix is not None
    assert result.cpi == pytest.approx(result.cycles / result.instructions)
    assert result.latency_seconds == pytest.approx(result.cycles / result.platform.clock_hz)
    assert result.power_watts == pytest.approx(result.energy_joules / result.latency_seconds)
    assert sum(result.instruction_mix.values()) == result.instructions
    assert sum(operator.cycles or 0 for operator in result.operators) <= result.cycles
    assert sum(operator.share or 0 for operator in result.operators) == pytest.approx(1, abs=0.05)
    assert result.inferences[0].outputs == result.outputs
    assert result.inferences[0].cycles == result.cycles


def test_a_run_that_stopped_has_no_figures_instead_of_zeros(stopped: Result) -> None:
    assert (stopped.cycles, stopped.energy_joules, stopped.outputs, stopped.operators) == (None, None, (), ())
    assert stopped.validity == "invalid"
