"""Comparing with measured boards: what is found, what is computed, what is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sim.errors import SimulationError, UsageError
from sim.mlperf import MlperfReport, MlperfRequest
from sim.platform import load_platform
from sim.report.validation import render_validation, validation_page
from sim.validation import Validation, find_measurements, run_validation, update_platform_files
from sim.validation.published import variant_of_image

BOARDS = [load_platform(name) for name in ("stm32l4r5", "stm32f746")]


def checkout(folder: Path) -> Path:
    """A folder laid out like the published results, with one measured image and three traps."""
    vendor = folder / "closed" / "vendor"
    write(
        vendor / "results/NUCLEO_L4R5ZI_int8/kws/performance/results.txt",
        "x: Median throughput is 1.000 inf./sec.\nx: Median throughput is   20.000 inf./sec.\n",
    )
    write(
        vendor / "results/NUCLEO_L4R5ZI_int8/kws/energy/results.txt",
        "x: Median energy cost is 2000.000 uJ/inf.\nx: Median throughput is 21.000 inf./sec.\n",
    )
    write(vendor / "code/NUCLEO_L4R5ZI_int8/keyword_spotting/Binaries/KWS01-Performance.bin", "")
    write(vendor / "code/NUCLEO_L4R5ZI_int8/keyword_spotting/Binaries/KWS01-Energy.bin", "")
    write(vendor / "code/NUCLEO_L4R5ZI_int8/readme.txt", "")
    # No image, a board that nobody simulates, and results without a figure.
    write(vendor / "results/DISCO_F746NG/ad/performance/results.txt", "Median throughput is 5 inf./sec.")
    write(vendor / "results/OTHER_BOARD/ic/performance/results.txt", "Median throughput is 5 inf./sec.")
    write(vendor / "results/NUCLEO_L4R5ZI_int8/ic/performance/results.txt", "it broke")
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def table(folder: Path, *lines: str) -> Path:
    write(folder / "images.csv", "\n".join(("file,platform,benchmark,inferences_per_second", *lines)) + "\n")
    return folder


def report(**figures: Any) -> MlperfReport:
    fields = {field.name: None for field in dataclasses.fields(MlperfReport)}
    simulated_by = {"boardless_version": "9.9", "timing_model": "another"}
    return MlperfReport(**{**fields, **simulated_by, **figures})  # type: ignore[arg-type]


@pytest.fixture
def validation(tmp_path: Path) -> Validation:
    """Two boards: one image 10 % slow and 20 % dear, one 5 % fast, one that does not run."""
    answers = {
        "a.bin": report(latency_seconds=0.11, energy_joules=2.4e-3, image_sha256="a"),
        "b.bin": report(latency_seconds=0.095, energy_joules=1.0, image_sha256="b"),
    }

    def run(request: MlperfRequest) -> MlperfReport:
        if request.firmware.name not in answers:
            raise SimulationError("the firmware did not say 'm-ready'")
        return answers[request.firmware.name]

    write(
        tmp_path / "images.csv",
        "file,platform,benchmark,inferences_per_second,microjoules_per_inference\n"
        "a.bin,stm32l4r5,kws,10,2000\nb.bin,stm32f746,ad,10,\nc.bin,stm32f746,ic,10,\n",
    )
    return run_validation(find_measurements(tmp_path, BOARDS), "a bench", run=run)


def test_published_results_are_found_with_their_images_and_medians(tmp_path: Path) -> None:
    found = find_measurements(checkout(tmp_path), BOARDS)
    (measurement,) = found.measurements
    assert measurement.image.name == "KWS01-Performance.bin"
    assert (measurement.platform, measurement.benchmark) == ("stm32l4r5", "kws")
    assert measurement.system == "vendor NUCLEO_L4R5ZI_int8"
    assert measurement.inferences_per_second == 20.0
    assert measurement.joules == pytest.approx(2e-3)


@pytest.mark.parametrize(
    ("notes", "platform"),
    [
        ("Operating at 1.8V / Single Bank Mode Activated", "stm32l4r5-single-bank"),
        ("Operating at 1.8V / Dual Bank Mode Activated", "stm32l4r5"),
    ],
)
def test_a_board_measured_in_single_bank_mode_is_simulated_in_it(
    tmp_path: Path, notes: str, platform: str
) -> None:
    description = f'{{\n\t"Hardware Notes": "{notes}",\n\t"Software Notes": ""\n}}\n'
    write(checkout(tmp_path) / "closed/vendor/systems/NUCLEO_L4R5ZI_int8.json", description)
    (measurement,) = find_measurements(tmp_path, BOARDS).measurements
    assert measurement.platform == platform
    assert (variant_of_image(measurement.image, "stm32l4r5") or "stm32l4r5") == platform
    assert variant_of_image(measurement.image, "stm32f746") is None  # it has no such variant
    assert load_platform(measurement.platform).id == "stm32l4r5"
    assert ("single-bank" in measurement.system) == ("single-bank" in platform)


def test_an_image_outside_a_checkout_is_for_the_board_as_it_is(tmp_path: Path) -> None:
    assert variant_of_image(tmp_path / "KWS01-Performance.bin", "stm32l4r5") is None


def test_a_system_is_recognised_without_the_package_of_its_part(tmp_path: Path) -> None:
    vendor = tmp_path / "closed/vendor"
    write(
        vendor / "results/NUCLEO_H7A3ZI_float/ic/performance/results.txt", "Median throughput is 5 inf./sec."
    )
    write(vendor / "code/NUCLEO_H7A3ZI_float/ic/image.hex", "")
    (measurement,) = find_measurements(tmp_path, [load_platform("stm32h7a3")]).measurements
    assert measurement.platform == "stm32h7a3"


def test_a_result_on_a_known_board_without_an_image_is_named(tmp_path: Path) -> None:
    assert find_measurements(checkout(tmp_path), BOARDS).skipped == ("vendor DISCO_F746NG ad: no image",)


def test_boards_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no measured images"):
        find_measurements(checkout(tmp_path), [load_platform("rp2040")])


def test_two_images_for_one_result_are_not_guessed_between(tmp_path: Path) -> None:
    write(checkout(tmp_path) / "closed/vendor/code/NUCLEO_L4R5ZI_int8/kws/other.hex", "")
    with pytest.raises(UsageError):
        find_measurements(tmp_path, BOARDS)


def test_a_table_of_ones_own_is_read_line_by_line(tmp_path: Path) -> None:
    (measurement,) = find_measurements(table(tmp_path, "x.elf,stm32f746,vww,2.5"), BOARDS).measurements
    assert measurement.image == tmp_path / "x.elf"
    assert (measurement.inferences_per_second, measurement.joules) == (2.5, None)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("x.elf,stm32f746,vww,", "line 2: nothing in column inferences_per_second"),
        ("x.elf,stm32f746,mnist,5", "unknown benchmark 'mnist'"),
        ("x.elf,stm32f746,vww,fast", "'fast' is no positive number"),
        ("x.elf,stm32f746,vww,-1", "'-1' is no positive number"),
        ("x.elf,stm32f746,vww,nan", "'nan' is no positive number"),
    ],
)
def test_a_wrong_line_of_a_table_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        find_measurements(table(tmp_path, line), BOARDS)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no directory"):
        find_measurements(tmp_path / "nowhere", BOARDS)


def test_errors_are_simulated_over_measured_less_one(validation: Validation) -> None:
    slow, fast, failed = validation.comparisons
    assert slow.latency_error == pytest.approx(0.10)
    assert slow.energy_error == pytest.approx(0.20)
    assert fast.latency_error == pytest.approx(-0.05)
    assert fast.energy_error is None
    assert failed.latency_error is None
    assert failed.failure == "the firmware did not say 'm-ready'"


def test_summaries_take_absolute_errors_of_what_ran(validation: Validation) -> None:
    by_name = {summary.name: summary for summary in validation.platforms}
    assert by_name["stm32f746"].images == 1
    assert by_name["stm32f746"].worst_latency_error == pytest.approx(0.05)
    assert by_name["stm32f746"].mean_energy_error is None
    assert {summary.name for summary in validation.cores} == {"cortex-m4f", "cortex-m7f"}


def test_the_report_and_the_page_show_errors_and_failures(validation: Validation) -> None:
    for text in (render_validation(validation, width=120), validation_page(validation)):
        assert "+10.0 %" in text
        assert "-5.0 %" in text
        assert "did not run: the firmware did not say" in text
    assert validation.date in validation_page(validation)


def test_images_of_one_vendor_can_be_told_apart_in_80_columns(validation: Validation) -> None:
    first, *_ = validation.comparisons
    systems = [f"STMicroelectronics NUCLEO_L4R5ZI_{kind}" for kind in ("int8", "float", "int8_min_ram")]
    same = dataclasses.replace(
        validation, comparisons=tuple(dataclasses.replace(first, system=system) for system in systems)
    )
    lines = render_validation(same).splitlines()[2:6]
    assert max(map(len, lines)) <= 80
    shown = [line.split()[1].removeprefix("…") for line in lines[1:]]
    assert all(system.endswith(end) for system, end in zip(systems, shown, strict=True))
    assert len(set(shown)) == len(systems)


def test_platform_files_get_the_errors_and_still_load(tmp_path: Path, validation: Validation) -> None:
    for board in BOARDS:
        (tmp_path / f"{board.id}.toml").write_bytes(board.path.read_bytes())
    written = update_platform_files(validation, tmp_path)
    assert sorted(path.stem for path in written) == ["stm32f746", "stm32l4r5"]
    updated = load_platform(tmp_path / "stm32l4r5.toml")
    assert updated.validation.note.startswith("1 measured image (a bench, ")
    assert "latency 10.0 % off on average, 10.0 % at worst" in updated.validation.note
    assert "energy 20.0 %" in updated.validation.note
    before = load_platform("stm32l4r5")
    differing = {"validation", "path", "sha256"}
    for field in dataclasses.fields(before):
        if field.name not in differing:
            assert getattr(updated, field.name) == getattr(before, field.name)


def test_a_platform_file_without_the_table_is_refused(tmp_path: Path, validation: Validation) -> None:
    write(tmp_path / "stm32f746.toml", "[power]\n")
    write(tmp_path / "stm32l4r5.toml", "[power]\n")
    with pytest.raises(UsageError, match="has 0 tables"):
        update_platform_files(validation, tmp_path)
