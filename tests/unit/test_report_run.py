"""What the text report says, and how it keeps within the terminal."""

from __future__ import annotations

import dataclasses

import pytest

from sim.report.outputs import answer_entries
from sim.report.run import render_run
from sim.report.style import PLAIN, Style
from sim.report.table import Column, bar, render_table
from sim.result import Inference, Input, Operator, Output, output_from_raw
from tests.support.results import full_result, small_result


def float_output(values: list[float], shape: tuple[int, ...], index: int = 0) -> Output:
    return output_from_raw(
        index=index, name=None, dtype="float32", shape=shape, scale=None, zero_point=None, values_raw=values
    )


@pytest.mark.parametrize("width", [60, 72, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long_names = tuple(
        dataclasses.replace(operator, name="UNIDIRECTIONAL_SEQUENCE_LSTM", output_shape=(1, 1000, 1000, 1000))
        for operator in full_result().operators
    )
    result = dataclasses.replace(
        full_result(), operators=long_names, outputs=(float_output([1 / 3] * 5000, (50, 100)),)
    )
    lines = render_run(result, width=width).splitlines()
    table_minimum = 73
    assert max(len(line) for line in lines) <= max(width, table_minimum)


def test_an_unknown_figure_leaves_no_trace_in_the_summary() -> None:
    text = render_run(small_result())
    assert "None" not in text
    assert "energy" not in text


def test_an_operator_without_figures_shows_dashes_instead_of_zeros() -> None:
    result = dataclasses.replace(small_result(), operators=(Operator(index=0, name="CONV_2D"),))
    row = next(line for line in render_run(result).splitlines() if "CONV_2D" in line)
    assert row.count("–") == 3
    assert "0.0" not in row


def test_a_distribution_is_shown_as_a_percentage_and_a_score_as_a_number() -> None:
    probable = dataclasses.replace(full_result(), outputs=(float_output([0.25, 0.75], (1, 2)),))
    assert dict(answer_entries(probable, 60)) == {"prediction": "1 (75.0 %)"}
    score = dataclasses.replace(full_result(), outputs=(float_output([-3.0, 12.5], (1, 2)),))
    assert dict(answer_entries(score, 60)) == {"output": "float32 1×2: -3, 12.5 (largest at 1: 12.5)"}


def test_a_label_replaces_the_class_number() -> None:
    output = dataclasses.replace(float_output([0.25, 0.75], (1, 2)), label="yes")
    entries = dict(answer_entries(dataclasses.replace(full_result(), outputs=(output,)), 60))
    assert entries == {"prediction": "yes (75.0 %)"}


def test_a_long_output_is_cut_and_says_so() -> None:
    result = dataclasses.replace(full_result(), outputs=(float_output([0.5] * 100, (10, 10)),))
    (text,) = dict(answer_entries(result, 40)).values()
    assert text.startswith("float32 10×10: 0.5, 0.5")
    assert text.endswith(", …")
    assert len(text) <= 40


def test_a_short_output_is_shown_whole() -> None:
    result = dataclasses.replace(full_result(), outputs=(float_output([0.5, -1.0], (2, 1)),))
    assert dict(answer_entries(result, 40)) == {"output": "float32 2×1: 0.5, -1"}


def test_several_outputs_are_numbered() -> None:
    outputs = (float_output([0.25, 0.75], (1, 2)), float_output([3.5], (1,), index=1))
    entries = dict(answer_entries(dataclasses.replace(full_result(), outputs=outputs), 60))
    assert entries == {"prediction 0": "1 (75.0 %)", "output 1": "float32 1: 3.5"}


def test_several_inferences_get_a_table_and_many_are_cut_short() -> None:
    inferences = tuple(
        Inference(index=i, input_index=0, latency_seconds=1e-3, outputs=full_result().outputs)
        for i in range(23)
    )
    text = render_run(dataclasses.replace(full_result(), inferences=inferences))
    assert "1.000 ms" in text
    assert "… and 3 more inferences" in text


def test_one_inference_gets_no_table_of_inferences() -> None:
    assert "answer" not in render_run(full_result())


def test_a_picture_that_does_not_fit_beside_the_summary_goes_above_it() -> None:
    wide = Input(
        index=0,
        dtype="int8",
        shape=(1, 8, 32, 1),
        kind="image",
        sha256="0" * 64,
        preview=((0, 255) * 16,) * 8,
    )
    lines = render_run(dataclasses.replace(full_result(), inputs=(wide,)), width=60).splitlines()
    assert lines[2].strip(" █") == ""
    assert next(i for i, line in enumerate(lines) if "prediction" in line) > 5


def test_a_picture_with_an_odd_number_of_rows_is_complete() -> None:
    tall = Input(
        index=0,
        dtype="int8",
        shape=(1, 21, 20, 1),
        kind="image",
        sha256="0" * 64,
        preview=((255,) * 20,) * 21,
    )
    text = render_run(dataclasses.replace(full_result(), inputs=(tall,)))
    assert text.count("█" * 20) == 10
    assert text.count("▒" * 20) == 1


def test_a_cut_table_keeps_its_numbers() -> None:
    columns = [Column("name", min_width=4), Column("n", right=True)]
    assert render_table(columns, [["abcdefgh", "12345"]], width=13) == ["  name      n", "  abc…  12345"]


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, ""), (1, "████"), (0.5, "██"), (0.03125, "▏"), (7.0, "████"), (-1.0, "")]
)
def test_bars_grow_in_eighths(fraction: float, text: str) -> None:
    assert bar(fraction, 4) == text


def test_styles_only_show_with_colour() -> None:
    assert PLAIN("x", "bold") == "x"
    assert Style(colour=True)("x", "bold", "red") == "\033[1;31mx\033[0m"


def test_names_from_a_model_cannot_steer_the_terminal() -> None:
    operator = Operator(index=0, name="\033[2J\rEVIL\n")
    label = dataclasses.replace(float_output([0.25, 0.75], (1, 2)), label="\033]0;title\a")
    text = render_run(dataclasses.replace(full_result(), operators=(operator,), outputs=(label,)))
    assert all(line.isprintable() for line in text.splitlines())
    assert "EVIL" in text
