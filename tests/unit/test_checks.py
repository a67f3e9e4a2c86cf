"""Checks that suites make on a result."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sim.checks import (
    ARENA,
    CYCLES,
    ENERGY,
    LATENCY,
    Figure,
    require_below,
    require_budget,
    require_completed,
    require_label,
    require_operator_cycles_below,
    require_output,
    require_reference_output,
)
from sim.errors import CheckFailedError, SimulationError, UsageError
from sim.result import Result, StopReason, Verification, make_issue, output_from_raw
from tests.support.results import full_result


def with_output(values: list[float], shape: tuple[int, ...], scale: float | None = None) -> Result:
    raw = values if scale is None else [round(value / scale) for value in values]
    output = output_from_raw(
        index=0,
        name="y",
        dtype="float32" if scale is None else "int8",
        shape=shape,
        scale=scale,
        zero_point=None if scale is None else 0,
        values_raw=raw,
    )
    return dataclasses.replace(full_result(), outputs=(output,))


def test_below_is_strict_and_a_budget_is_not() -> None:
    result = full_result()
    assert result.cycles is not None
    require_below(result, CYCLES, result.cycles + 1)
    require_budget(result, {CYCLES: result.cycles})
    with pytest.raises(CheckFailedError, match="is not below"):
        require_below(result, CYCLES, result.cycles)
    with pytest.raises(CheckFailedError, match="over its budget"):
        require_budget(result, {CYCLES: result.cycles - 1})


@pytest.mark.parametrize(
    ("figure", "value", "limit", "sentence"),
    [
        (CYCLES, {"cycles": 1_690_145}, 1, "the cycle count of 1,690,145 cycles on {} is not below 1 cycle;"),
        (
            LATENCY,
            {"latency_seconds": 7.82475e-3},
            5e-3,
            "the latency of 7.82475 ms on {} is not below 5 ms;",
        ),
        (ENERGY, {"energy_joules": 0.0025}, 0.0005, "the energy of 2.5 mJ on {} is not below 500 µJ;"),
    ],
)
def test_a_failure_says_figure_board_and_limit(
    figure: Figure, value: dict[str, float], limit: float, sentence: str
) -> None:
    result = dataclasses.replace(full_result(), **value)  # type: ignore[arg-type]
    with pytest.raises(CheckFailedError) as failed:
        require_below(result, figure, limit)
    assert failed.value.message.startswith(sentence.format(result.platform.id))


def test_two_latencies_that_differ_by_a_cycle_are_written_differently() -> None:
    result = dataclasses.replace(full_result(), latency_seconds=1_690_145 / 216e6)
    with pytest.raises(CheckFailedError) as failed:
        require_below(result, LATENCY, 1_690_100 / 216e6)
    assert "7.82475 ms" in failed.value.message
    assert "7.82454 ms" in failed.value.message


def test_the_operators_that_cost_most_are_named_in_order() -> None:
    with pytest.raises(CheckFailedError) as failed:
        require_below(full_result(), CYCLES, 1)
    blame = failed.value.message.partition("; it goes mostly to ")[2]
    assert [part.rpartition(" ")[0].rpartition(" ")[0] for part in blame.split(", ")] == [
        "#0 CONV_2D",
        "#1 DEPTHWISE_CONV_2D",
        "#2 FULLY_CONNECTED",
    ]


def test_a_budget_reports_every_figure_that_is_over_and_no_other() -> None:
    with pytest.raises(CheckFailedError) as failed:
        require_budget(full_result(), {CYCLES: 1, LATENCY: 1e9, ARENA: 1})
    lines = failed.value.message.split("\n")
    assert [line.split(" of ")[0] for line in lines] == ["the cycle count", "the arena use"]


def with_inferences(*cycles: int | None) -> Result:
    """Return a result of several inferences; each one's outputs are its number and zeros."""
    result = full_result()
    (first,) = result.inferences
    inferences = tuple(
        dataclasses.replace(
            first,
            index=index,
            cycles=count,
            outputs=with_output([float(index), 0.0, 0.5], (1, 3)).outputs,
        )
        for index, count in enumerate(cycles)
    )
    return dataclasses.replace(result, cycles=cycles[0], inferences=inferences, outputs=inferences[0].outputs)


def test_the_costliest_inference_counts() -> None:
    result = with_inferences(100, 300, 200)
    require_below(result, CYCLES, 301)
    with pytest.raises(CheckFailedError) as failed:
        require_below(result, CYCLES, 300)
    assert failed.value.message == (
        f"the cycle count of 300 cycles of inference 1 on {result.platform.id} is not below 300 cycles"
    )
    with pytest.raises(
        CheckFailedError, match=r"of inference 1 on .* is 20\.0 % over its budget of 250 cycles"
    ):
        require_budget(result, {CYCLES: 250, ARENA: 1e9})


def test_operators_are_blamed_for_the_first_inference_only() -> None:
    with pytest.raises(CheckFailedError, match=r"of inference 0 .* goes mostly to #0"):
        require_below(with_inferences(300, 100), CYCLES, 1)


def test_one_inference_that_is_not_known_leaves_the_figure_unknown() -> None:
    with pytest.raises(CheckFailedError, match=r"the cycle count of inference 1 on .* is not known"):
        require_below(with_inferences(1, None, 3), CYCLES, math.inf)


def test_every_inference_has_to_answer_as_expected_unless_one_is_chosen() -> None:
    result = with_inferences(1, 1)
    require_output(result, [1.0, 0.0, 0.5], inference=1)
    require_label(result, "2", inference=0)
    with pytest.raises(CheckFailedError, match=r"output 0 in inference 0 on .*: \[0, 0\] is 0 instead of 1"):
        require_output(result, [1.0, 0.0, 0.5])
    with pytest.raises(CheckFailedError, match=r"predicts '0' \(value 1\) in inference 1 on .*, not '2'"):
        require_label(result, "2")
    with pytest.raises(UsageError, match="there is no inference 2") as refused:
        require_label(result, "2", inference=2)
    assert refused.value.hint == "the run has 2 inferences, from 0"


def test_a_figure_that_is_not_known_is_never_below_a_limit() -> None:
    result = dataclasses.replace(full_result(), energy_joules=None)
    with pytest.raises(CheckFailedError, match=r"the energy .* is not known"):
        require_below(result, ENERGY, math.inf)
    with pytest.raises(CheckFailedError, match=r"the energy .* is not known"):
        require_budget(result, {ENERGY: math.inf})


def test_an_operator_is_named_by_index_or_by_name() -> None:
    result = full_result()
    cycles = result.operators[1].cycles
    assert cycles is not None
    for name in ("1", result.operators[1].name):
        require_operator_cycles_below(result, name, cycles + 1)
        with pytest.raises(CheckFailedError, match=rf"operator #1 .* takes {cycles:,} cycles"):
            require_operator_cycles_below(result, name, cycles)


def test_every_operator_of_a_name_has_to_be_below_the_limit() -> None:
    result = full_result()
    cheap = dataclasses.replace(result.operators[0], cycles=1)
    dear = dataclasses.replace(result.operators[0], index=9, cycles=100)
    result = dataclasses.replace(result, operators=(cheap, dear))
    with pytest.raises(CheckFailedError, match="operator #9"):
        require_operator_cycles_below(result, cheap.name, 50)


def test_an_operator_that_the_model_lacks_is_answered_with_those_it_has() -> None:
    with pytest.raises(UsageError, match="no operator 'LSTM'") as refused:
        require_operator_cycles_below(full_result(), "LSTM", 1)
    assert "#0 CONV_2D" in refused.value.hint


@pytest.mark.parametrize(
    ("expected", "tolerance", "matches"),
    [
        ([1.0, 2.0], {}, True),
        ([1.0, 2.0 + 1e-6], {}, True),
        ([1.0, 2.0 + 1e-5], {}, False),
        ([1.0, 2.1], {"absolute": 0.11}, True),
        ([1.0, 2.1], {"absolute": 0.09}, False),
        ([1.0, 2.1], {"relative": 0.05}, True),
        ([1.05, 2.0], {"relative": 0.04}, False),
        ([1.0, math.nan], {"absolute": 9.0}, False),
        ([1.0, math.inf], {"relative": 9.0}, False),
    ],
)
def test_values_match_within_the_larger_tolerance(
    expected: list[float], tolerance: dict[str, float], matches: bool
) -> None:
    result = with_output([1.0, 2.0], (1, 2))
    if matches:
        require_output(result, expected, **tolerance)
    else:
        with pytest.raises(CheckFailedError, match="in 1 of 2 values"):
            require_output(result, expected, **tolerance)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_match_only_themselves(value: float) -> None:
    result = with_output([value, 0.0], (2,))
    require_output(result, [value, 0.0])
    with pytest.raises(CheckFailedError):
        require_output(result, [1.0, 0.0], relative=1e9, absolute=1e9)


def test_half_a_step_of_a_quantised_output_is_allowed_by_default() -> None:
    result = with_output([0.5, 0.25], (1, 2), scale=1 / 64)
    require_output(result, [0.5 + 1 / 129, 0.25])
    with pytest.raises(CheckFailedError, match=r"\[0, 0\] is 0\.5 instead of"):
        require_output(result, [0.5 + 1 / 127, 0.25])


def test_the_largest_differences_are_shown_first() -> None:
    result = with_output([0.0] * 6, (2, 3))
    with pytest.raises(CheckFailedError) as failed:
        require_output(result, [[1, 5, 0], [3, 4, 2]])
    assert "[0, 1] is 0 instead of 5, [1, 1] is 0 instead of 4, [1, 0] is 0 instead of 3, …" in str(
        failed.value
    )


@pytest.mark.parametrize(
    "expected", [[1.0], [[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0]], [[1.0], 2.0], ["one", "two"]]
)
def test_expected_values_of_another_shape_are_refused(expected: list[object]) -> None:
    with pytest.raises(UsageError):
        require_output(with_output([1.0, 2.0], (1, 2)), expected)


def test_an_output_that_the_model_lacks_is_refused() -> None:
    for index in (-1, 1):
        with pytest.raises(UsageError, match=f"there is no output {index}"):
            require_output(full_result(), [1.0], output=index)


def test_a_label_is_the_class_name_or_its_index() -> None:
    result = with_output([0.1, 0.7, 0.2], (1, 3))
    require_label(result, "1")
    (output,) = result.outputs
    named = dataclasses.replace(result, outputs=(dataclasses.replace(output, label="yes"),))
    require_label(named, "yes")
    with pytest.raises(CheckFailedError, match=r"predicts 'yes' \(value 0.7\)"):
        require_label(named, "no")


def test_an_output_without_classes_has_no_label() -> None:
    with pytest.raises(UsageError, match="predicts no class"):
        require_label(with_output([1.0, 2.0, 3.0, 4.0], (2, 2)), "1")


def test_a_difference_from_the_reference_names_where_it_starts() -> None:
    check = Verification(
        reference="ref 1",
        equal=False,
        compared_values=10,
        different_values=3,
        largest_difference=4,
        first_diverging_operator=2,
        first_diverging_name="ADD",
    )
    result = dataclasses.replace(full_result(), verification=check)
    with pytest.raises(CheckFailedError) as failed:
        require_reference_output(result)
    assert "3 of 10 output values" in failed.value.message
    assert failed.value.message.endswith(
        "differ from ref 1, by up to 4; the first operator that differs is #2 ADD"
    )
    require_reference_output(dataclasses.replace(result, verification=dataclasses.replace(check, equal=True)))
    with pytest.raises(UsageError, match="not compared"):
        require_reference_output(dataclasses.replace(result, verification=None))


def test_an_early_stop_is_told_with_its_reason() -> None:
    require_completed(full_result())
    stopped = dataclasses.replace(
        full_result(),
        stop_reason=StopReason.CYCLE_LIMIT,
        stop_detail=None,
        issues=(make_issue("run.cycle_limit"),),
    )
    with pytest.raises(SimulationError, match=r"stopped early \(cycle limit\)") as failed:
        require_completed(stopped)
    assert failed.value.hint == "raise --timeout-cycles"
