"""The benchmark's three modes, its data sets, and its accuracy."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sim.errors import InputError, SimulationError, UsageError
from sim.mlperf import MlperfRequest, run_mlperf
from sim.mlperf.accuracy import area_under_curve, measure_accuracy
from sim.mlperf.dataset import read_dataset
from sim.report.mlperf import render_mlperf
from tests.support.firmware import build_firmware

KWS_BYTES = 490
WORK_INSTRUCTIONS = 60_000


@pytest.fixture(scope="module")
def latency_image() -> Path:
    return build_firmware("serial_device.c", defines=("FAST_SERIAL",)) / "app.bin"


@pytest.fixture(scope="module")
def energy_image() -> Path:
    return build_firmware("serial_device.c", defines=("FAST_SERIAL", "ENERGY")) / "app.bin"


def dataset(folder: Path, labels: list[int], input_bytes: int = KWS_BYTES) -> Path:
    lines = []
    for number, label in enumerate(labels):
        (folder / f"{number}.bin").write_bytes(bytes([number]) * input_bytes)
        lines.append(f"{number}.bin, 2, {label}\n")
    (folder / "y_labels.csv").write_text("".join(lines), encoding="utf-8")
    return folder


def request(image: Path, **options: object) -> MlperfRequest:
    base = MlperfRequest("stm32l4r5", image, "kws", iterations=2, warmups=0, wall_timeout_seconds=60.0)
    return dataclasses.replace(base, **options)  # type: ignore[arg-type]


def test_an_energy_image_is_accounted_for_between_the_falls_of_its_pin(
    energy_image: Path, latency_image: Path
) -> None:
    report = run_mlperf(request(energy_image, mode="energy"))
    by_lines = run_mlperf(request(latency_image))
    assert report.instructions == pytest.approx(WORK_INSTRUCTIONS, rel=0.01)
    assert report.energy_joules == pytest.approx(by_lines.energy_joules, rel=0.01)
    assert report.firmware_latency_seconds is None
    assert "timestamps on a pin" in render_mlperf(report)


@pytest.mark.parametrize(("mode", "other"), [("latency", "energy"), ("energy", "latency")])
def test_the_wrong_kind_of_image_is_refused_with_the_right_mode(
    energy_image: Path, latency_image: Path, mode: str, other: str
) -> None:
    image = energy_image if other == "energy" else latency_image
    with pytest.raises(SimulationError, match=f"measurements of {other}, not {mode}") as refused:
        run_mlperf(request(image, mode=mode))
    assert refused.value.hint == f"give --mode {other}"


def test_up_to_five_inputs_give_a_window_each_and_the_median_counts(
    latency_image: Path, tmp_path: Path
) -> None:
    report = run_mlperf(request(latency_image, dataset=dataset(tmp_path, [0] * 7)))
    assert [window.input for window in report.windows] == [f"{i}.bin" for i in range(5)]
    latencies = sorted(window.latency_seconds for window in report.windows)
    assert report.latency_seconds == latencies[2]
    assert "median of 5 windows" in render_mlperf(report)


def test_accuracy_runs_every_input_once(latency_image: Path, tmp_path: Path) -> None:
    # The firmware always answers [0.25, 0.75]: class 1.
    report = run_mlperf(request(latency_image, mode="accuracy", dataset=dataset(tmp_path, [1, 0, 1, 1, 1])))
    assert report.accuracy is not None
    assert (report.accuracy.metric, report.accuracy.value) == ("top-1", 0.8)
    assert (report.accuracy.target, report.accuracy.inputs) == (0.90, 5)
    assert report.uart.count("m-results") == 5
    assert "top-1 80.0 % over 5 inputs" in render_mlperf(report)


def test_only_the_first_inputs_run_when_a_number_is_given(latency_image: Path, tmp_path: Path) -> None:
    folder = dataset(tmp_path, [1, 0, 0, 0])
    report = run_mlperf(request(latency_image, mode="accuracy", dataset=folder, inputs=2))
    assert report.accuracy is not None
    assert (report.accuracy.value, report.accuracy.inputs) == (0.5, 2)


def test_accuracy_without_labels_and_two_sources_of_inputs_are_refused(latency_image: Path) -> None:
    with pytest.raises(UsageError, match="accuracy needs labelled inputs"):
        run_mlperf(request(latency_image, mode="accuracy"))
    with pytest.raises(UsageError, match="exclude each other"):
        run_mlperf(request(latency_image, input_data=bytes(KWS_BYTES), dataset=Path()))


def test_one_file_can_hold_overlapping_inputs(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(20)))
    (tmp_path / "y_labels.csv").write_text("a.bin,2,1,8,4\n", encoding="utf-8")
    (item,) = read_dataset(tmp_path, 8)
    assert [window[0] for window in item.windows] == [0, 4, 8, 12]
    assert all(len(window) == 8 for window in item.windows)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", "lists no inputs"),
        ("a.bin,2\n", "line 1: 'a.bin,2' is not file, classes, label"),
        ("a.bin,2,one\n", "is not file, classes, label"),
        ("b.bin,2,1\n", "line 1: cannot read 'b.bin'"),
        ("../a.bin,2,1\n", "'../a.bin' is not in the folder"),
        ("a.bin,2,1\n", "has 490 bytes, not 20"),
        ("a.bin,2,1,490,10\n", "has 490 bytes"),
        ("a.bin,2,1,8,0\n", "need a stride"),
    ],
)
def test_a_wrong_data_set_is_refused_by_line(tmp_path: Path, table: str, complaint: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.bin").write_bytes(bytes(20))
    (tmp_path / "a.bin").write_bytes(bytes(KWS_BYTES))
    (folder / "y_labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_dataset(folder, KWS_BYTES)


def test_a_folder_without_a_table_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"y_labels\.csv"):
        read_dataset(tmp_path, KWS_BYTES)


def test_the_area_under_the_curve_counts_pairs() -> None:
    # Positives 0.9 and 0.4, negatives 0.5 and 0.4: three of four pairs right, one of them a tie.
    assert area_under_curve([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.4]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert area_under_curve([1, 1], [0.1, 0.2]) is None


def test_anomalies_are_judged_by_the_area_under_the_curve() -> None:
    accuracy = measure_accuracy("ad", [0, 1, 0, 1], [[1.0], [3.0], [2.0], [4.0]])
    assert (accuracy.metric, accuracy.value, accuracy.target) == ("AUC", 1.0, 0.85)
