"""Boards, models and benchmarks as text."""

from __future__ import annotations

import dataclasses

import pytest

from sim.bench import Benchmark, LevelSpeed, ModelSpeed
from sim.inspection import BoardFit, ModelFacts, OperatorFacts, TensorFacts
from sim.platform import list_platforms, load_platform, platform_ids
from sim.report.bench import render_benchmark
from sim.report.model import render_model
from sim.report.platforms import render_platform, render_platforms

FACTS = ModelFacts(
    path="models/kws.tflite",
    sha256="0" * 64,
    size_bytes=53_736,
    description="",
    inputs=(TensorFacts("input_1", "int8", (1, 49, 10, 1), 0.5, -3),),
    outputs=(TensorFacts("Identity", "float32", (1, 12), None, None),),
    operators=(
        OperatorFacts(0, "CONV_2D", 3, (1, 25, 5, 64), 320_000, None),
        OperatorFacts(1, "SOFTMAX", 1, (1, 12), 0, None),
        OperatorFacts(2, "FFT", 1, None, None, "custom operators are not supported"),
    ),
    macs=None,
    parameters=22_604,
    tensors_at_least_bytes=16_000,
    boards=(
        BoardFit("stm32l4r5", True, "full", 200_000, 2 << 20, 20_000, 600_000, None),
        BoardFit(
            "tiny",
            False,
            None,
            None,
            64 << 10,
            None,
            None,
            "runner and model take 133,000 bytes of flash, 67,464 more than tiny has",
        ),
    ),
)


def test_a_model_is_described_with_operators_and_boards() -> None:
    assert render_model(FACTS) == (
        "kws.tflite · 52.5 KiB\n"
        "\n"
        "  input        int8 1×49×10×1, scale 0.5, zero point -3 (input_1)\n"
        "  output       float32 1×12 (Identity)\n"
        "  parameters   22,604\n"
        "  MACs         –\n"
        "  tensors      15.6 KiB of RAM at the fullest moment\n"
        "  support      3 operators, 1 of them not supported by the bundled runner\n"
        "\n"
        "  #  operator  version  output        MACs\n"
        "  0  CONV_2D         3  1×25×5×64  320,000\n"
        "  1  SOFTMAX         1  1×12\n"
        "  2  FFT             1                   –  custom operators are not supported\n"
        "\n"
        "  board        flash      of     arena       of  runner\n"
        "  stm32l4r5  195 KiB   2 MiB  19.5 KiB  586 KiB  full    fits\n"
        "  tiny             –  64 KiB         –        –          too large\n"
        "  - runner and model take 133,000 bytes of flash, 67,464 more than tiny has\n"
    )


def test_a_model_without_unsupported_operators_says_so() -> None:
    supported = dataclasses.replace(FACTS, operators=FACTS.operators[:1])
    assert "1 operator, all supported by the bundled runner" in render_model(supported)


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_of_platforms_fits_the_terminal_and_names_each(width: int) -> None:
    lines = render_platforms(list_platforms(), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[1:]] == platform_ids()


@pytest.mark.parametrize("platform_id", platform_ids())
def test_the_description_of_a_platform_fits_80_columns_and_says_how_it_was_validated(
    platform_id: str,
) -> None:
    platform = load_platform(platform_id)
    text = render_platform(platform)
    assert max(map(len, text.splitlines())) <= 80
    assert platform.validation.status.value in text
    assert all(memory.name in text for memory in platform.memories)


def test_a_board_that_can_be_configured_names_its_variants() -> None:
    assert "variants     stm32l4r5-single-bank\n" in render_platform(load_platform("stm32l4r5"))
    assert "variants" not in render_platform(load_platform("stm32u575"))


def test_a_benchmark_is_shown_as_ratios() -> None:
    benchmark = Benchmark(
        platform="stm32l4r5",
        clock_hz=120_000_000,
        rounds=5,
        levels=(LevelSpeed("bare", 0.08, 3e8, 1.0), LevelSpeed("full", 0.2, 1.2e8, 0.4)),
        models=(ModelSpeed("kws.tflite", 0.042, 0.021, 2.0),),
    )
    assert render_benchmark(benchmark) == (
        "stm32l4r5 at 120 MHz · best of 5 rounds\n"
        "\n"
        "  level  host time  instructions  of bare\n"
        "  bare     80.0 ms       300 M/s     1.00\n"
        "  full      200 ms       120 M/s     0.40\n"
        "\n"
        "  model       board time  host time  speed vs. board\n"
        "  kws.tflite     42.0 ms    21.0 ms            2.00×\n"
    )
