"""Fitting energy constants: what is recovered, what stays, and that the file written means what it says."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sim.calibrate import calibrate_board, overlay_text, read_measurements
from sim.energy import EnergyModel
from sim.energy.calibration import Calibration, Sample, calibrate
from sim.errors import UsageError
from sim.platform import Platform, load_platform
from sim.report.calibration import render_calibration
from sim.timing.instruction import InstructionClass

CLOCK_HZ = 120_000_000
FOUR_FIFTHS = 0.8 * load_platform("stm32l4r5").power.picojoules_per_cycle
THRIFTY = f"[power]\npicojoules_per_cycle = {FOUR_FIFTHS}\n"


@dataclass(frozen=True)
class Counts:
    """A span by hand."""

    cycles: int
    class_counts: tuple[int, ...]
    memory_events: dict[str, int] = field(default_factory=dict)


def counts(cycles: int, lines: int = 0, **classes: int) -> Counts:
    mix = tuple(classes.get(kind.name.lower(), 0) for kind in InstructionClass)
    return Counts(cycles, mix, {"flash_fetch_lines": lines})


SPANS = [
    counts(1_000_000, alu=300_000, load=400_000, branch=60_000),
    counts(1_000_000, alu=600_000, mac=200_000, load=100_000),
    counts(2_000_000, lines=300_000, alu=400_000, load=100_000, store=100_000),
    counts(1_500_000, lines=10_000, alu=200_000, load=900_000, branch=90_000),
    counts(1_000_000, alu=100_000, store=500_000, branch=100_000),
    counts(3_000_000, lines=500_000, alu=900_000, mac=700_000, load=300_000),
]


@pytest.fixture
def board() -> Platform:
    return load_platform("stm32l4r5")


def truth(folder: Path, changes: str) -> Platform:
    path = folder / "truth.toml"
    path.write_text(f'extends = "stm32l4r5"\n{changes}', encoding="utf-8")
    return load_platform(path)


def samples(platform: Platform, error: float = 0.0) -> list[Sample]:
    model = EnergyModel(platform, CLOCK_HZ)
    signs = itertools.cycle((1 + error, 1 - error))
    return [
        Sample(f"span {i}", span, CLOCK_HZ, model.energy_of(span).joules * sign)
        for i, (span, sign) in enumerate(zip(SPANS, signs, strict=False))
    ]


def written(board: Platform, calibration: Calibration, folder: Path) -> Platform:
    table = folder / "table.csv"
    table.write_text("x", encoding="utf-8")
    path = folder / "fitted.toml"
    path.write_text(overlay_text(board, calibration, table), encoding="utf-8")
    return load_platform(path)


def test_measurements_that_the_shipped_constants_explain_change_nothing(board: Platform) -> None:
    fitted = calibrate(board, samples(board))
    assert fitted.picojoules_per_cycle == pytest.approx(board.power.picojoules_per_cycle)
    assert fitted.static_watts == pytest.approx(board.power.static_watts)
    assert fitted.picojoules_per_line == pytest.approx(board.flash_energy.picojoules_per_line)
    assert fitted.class_weights["load"] == pytest.approx(1.80)


def test_a_board_that_draws_a_fifth_less_is_met_and_its_shape_stays(board: Platform, tmp_path: Path) -> None:
    thrifty = truth(tmp_path, THRIFTY)
    fitted = calibrate(board, samples(thrifty))
    assert fitted.picojoules_per_cycle == pytest.approx(FOUR_FIFTHS, rel=0.02)
    assert fitted.class_weights["load"] == pytest.approx(1.80, rel=0.1)
    assert all(abs(residual.after) < 0.01 for residual in fitted.residuals)
    assert max(abs(residual.before) for residual in fitted.residuals) > 0.2


def test_a_dear_class_is_found(board: Platform, tmp_path: Path) -> None:
    dear = truth(tmp_path, "[power.class_weights]\nload = 2.7\n")
    fitted = calibrate(board, samples(dear))
    assert fitted.class_weights["load"] > 1.3 * fitted.class_weights["store"] * 1.80 / 2.08
    assert all(abs(residual.after) < 0.02 for residual in fitted.residuals)


def test_what_was_never_executed_keeps_its_ratio_to_a_cycle(board: Platform, tmp_path: Path) -> None:
    thrifty = truth(tmp_path, THRIFTY)
    assert calibrate(board, samples(thrifty)).class_weights["fp_div"] == pytest.approx(1.55)


def test_constants_are_never_negative(board: Platform) -> None:
    loads_cost_nothing = [
        Sample("with", counts(1_000_000, load=900_000), CLOCK_HZ, 100e-6),
        Sample("without", counts(1_000_000, alu=900_000), CLOCK_HZ, 300e-6),
    ]
    weights = calibrate(board, loads_cost_nothing).class_weights
    assert weights["load"] < 0.2
    assert all(weight >= 0 for weight in weights.values())


def test_measurements_that_leave_no_energy_for_a_cycle_are_refused(board: Platform) -> None:
    absurd = [Sample("a", SPANS[0], CLOCK_HZ, 1e-3), Sample("b", SPANS[1], CLOCK_HZ, 1e-7)]
    with pytest.raises(UsageError, match="contradict the model"):
        calibrate(board, absurd)


def test_the_held_out_error_is_that_of_a_fit_without_the_sample(board: Platform, tmp_path: Path) -> None:
    noisy = samples(truth(tmp_path, THRIFTY), error=0.03)
    fitted = calibrate(board, noisy)
    others = calibrate(board, noisy[1:])
    joules = EnergyModel(written(board, others, tmp_path), CLOCK_HZ).energy_of(SPANS[0]).joules
    assert fitted.residuals[0].held_out == pytest.approx(joules / noisy[0].joules - 1, rel=1e-3)
    assert calibrate(board, noisy[:1]).residuals[0].held_out is None


def test_the_file_gives_the_energies_that_were_fitted(board: Platform, tmp_path: Path) -> None:
    measured = samples(truth(tmp_path, THRIFTY), error=0.03)
    fitted = calibrate(board, measured)
    model = EnergyModel(written(board, fitted, tmp_path), CLOCK_HZ)
    for sample, residual in zip(measured, fitted.residuals, strict=True):
        error = model.energy_of(sample.span).joules / sample.joules - 1
        assert error == pytest.approx(residual.after, abs=2e-4)


def test_nothing_measured_is_refused(board: Platform) -> None:
    with pytest.raises(UsageError, match="nothing to calibrate"):
        calibrate(board, [])


def test_a_table_runs_from_model_to_report(board: Platform, tmp_path: Path) -> None:
    from sim.demo import demo_model_path

    table = tmp_path / "mine.csv"
    table.write_text(f"model,microjoules,clock\n{demo_model_path()},90,80MHz\n", encoding="utf-8")
    (item,) = read_measurements(table)
    assert item.clock_hz == 80_000_000
    fitted = calibrate_board(board, [item])
    assert abs(fitted.residuals[0].after) < abs(fitted.residuals[0].before)
    assert "1 measurement" in render_calibration(board, fitted)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("model,joules\nx,1\n", "unknown column 'joules'"),
        ("model,microjoules\n", "holds no measurements"),
        ("model,microjoules\n,5\n", "line 2: name either a model or a firmware image"),
        ("model,firmware,microjoules\na,b,5\n", "name either"),
        ("model,microjoules\na,0\n", "'0' is no positive number"),
        ("model,microjoules\na,\n", "no positive number"),
        ("model,microjoules\na,inf\n", "no positive number"),
        ("firmware,benchmark,microjoules\na,mnist,5\n", "'mnist' is no benchmark"),
        ("firmware,input,microjoules\na,b,5\n", "an input goes with a model"),
        ("model,clock,microjoules\na,fast,5\n", "line 2.*fast"),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_measurements(table)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read '.*nowhere.csv': No such file or directory$"):
        read_measurements(tmp_path / "nowhere.csv")


def test_a_file_that_is_no_text_is_refused_without_words_of_python(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(UsageError, match=r"it is no table in UTF-8 text$"):
        read_measurements(tmp_path / "x.npy")
