"""Which of the bundled runners a run takes: the largest that fits beside the model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sim.demo import demo_model_path
from sim.errors import CapacityError, ModelError
from sim.firmware.manifest import load_manifest
from sim.inference import RunRequest, run_inference
from sim.inference.selection import choose_runner
from sim.inspection import inspect_model
from sim.model import Model, load_operators
from sim.platform import Platform, load_platform
from sim.resources import data_path
from sim.result import Result, StopReason
from tests.support.runner_models import CORES
from tests.support.tflite_builder import ModelBuilder

_KIB = 1024
_NOT_IN_COMPACT = "ABS"


def board(name: str, *, flash_kib: int | None = None, ram_kib: int | None = None) -> Platform:
    """Return a bundled board with other memory sizes."""
    platform = load_platform(name)
    sizes = {platform.image_memory.name: flash_kib, platform.data_memory.name: ram_kib}
    memories = tuple(
        dataclasses.replace(memory, size_bytes=size * _KIB) if size is not None else memory
        for memory, size in ((memory, sizes.get(memory.name)) for memory in platform.memories)
    )
    return dataclasses.replace(platform, memories=memories)


def demo() -> Model:
    return Model.load(demo_model_path())


def absolute_values(path: Path) -> Path:
    """Write a model of one operator that the compact runner lacks."""
    builder = ModelBuilder()
    x, y = (builder.tensor((1, 8), "float32", name=name) for name in "xy")
    builder.operator(_NOT_IN_COMPACT, [x], [y])
    file = path / "model.tflite"
    file.write_bytes(builder.build([x], [y]))
    return file


def variant(platform: Platform) -> str | None:
    return choose_runner(platform, demo()).runner.variant


@pytest.mark.parametrize(
    ("name", "flash_kib", "ram_kib", "expected"),
    [
        ("microbit", None, None, "compact"),
        ("microbit", 512, 32, "full"),
        ("stm32f103", None, None, "full"),
        ("stm32f103", 256, 64, "compact"),
        ("stm32f103", 128, 20, "compact"),
        ("stm32l4r5", 256, 64, "compact"),
        ("stm32g0b1", None, None, "full"),
        ("stm32g0b1", 128, 36, "compact"),
        ("stm32g0b1", 512, 8, "compact"),
    ],
)
def test_the_largest_runner_that_fits_flash_and_ram_is_taken(
    name: str, flash_kib: int | None, ram_kib: int | None, expected: str
) -> None:
    assert variant(board(name, flash_kib=flash_kib, ram_kib=ram_kib)) == expected


def test_a_board_that_is_too_small_for_every_runner_is_refused_with_boards_that_are_not() -> None:
    with pytest.raises(CapacityError, match="runner and model take") as refused:
        variant(board("stm32f103", flash_kib=64))
    assert "stm32l4r5" in refused.value.hint


def test_an_arena_that_only_the_compact_runner_leaves_room_for_gets_it() -> None:
    small = board("stm32g0b1", ram_kib=16)
    assert choose_runner(small, demo(), arena_size_bytes=12_000).runner.variant == "compact"
    assert choose_runner(small, demo(), arena_size_bytes=4_000).runner.variant == "full"
    with pytest.raises(CapacityError, match="an arena of"):
        choose_runner(small, demo(), arena_size_bytes=16_000)


def test_an_image_of_the_users_own_is_never_exchanged() -> None:
    own = load_manifest().image("cortex-m0plus").path
    with pytest.raises(CapacityError):
        choose_runner(load_platform("microbit"), demo(), own)


def test_an_operator_that_only_the_full_runner_has_is_named_with_boards_that_have_room_for_it(
    tmp_path: Path,
) -> None:
    request = RunRequest(platform="microbit", model_path=absolute_values(tmp_path))
    with pytest.raises(ModelError, match="ABS is not in the compact runner that fits the 256 KiB") as refused:
        run_inference(request)
    assert "rp2040" in refused.value.hint
    assert run_inference(dataclasses.replace(request, platform="rp2040")).stop_reason is StopReason.COMPLETED


def test_an_inspection_says_which_runner_fits_and_what_it_lacks(tmp_path: Path) -> None:
    (microbit, rp2040) = inspect_model(absolute_values(tmp_path), ["microbit", "rp2040"]).boards
    assert (rp2040.fits, rp2040.runner) == (True, "full")
    assert (microbit.fits, microbit.runner) == (False, None)
    assert microbit.problem is not None
    assert "ABS" in microbit.problem
    (microbit,) = inspect_model(demo_model_path(), ["microbit"]).boards
    assert (microbit.fits, microbit.runner) == (True, "compact")


def compact_notes(result: Result) -> list[str]:
    return [issue.message for issue in result.issues if issue.code == "firmware.compact_runner"]


def test_a_result_names_the_compact_runner_and_its_operators() -> None:
    result = run_inference(RunRequest(platform="microbit"))
    assert result.provenance.image_name == "runner-cortex-m0plus-compact.elf"
    (note,) = compact_notes(result)
    for operator in load_operators(load_manifest().image("cortex-m0plus", "compact").operators_path):
        assert operator.name in note
    assert compact_notes(run_inference(RunRequest(platform="rp2040"))) == []


def test_both_runners_give_the_same_outputs() -> None:
    compact = run_inference(RunRequest(platform="microbit"))
    full = run_inference(RunRequest(platform="rp2040"))
    assert compact.outputs == full.outputs
    assert compact.memory.arena_used_bytes == full.memory.arena_used_bytes


def test_a_model_whose_arena_the_full_runner_leaves_no_room_for_runs_with_the_compact_one(
    tmp_path: Path,
) -> None:
    """The demo takes 9.5 KiB of arena: 16 KiB of RAM hold that beside 3.7 KiB, and not beside 11.7 KiB."""
    text = (data_path("platforms") / "microbit.toml").read_text(encoding="utf-8")
    file = tmp_path / "roomy-flash.toml"
    file.write_text(
        text.replace("0x40000\n", "0x80000\n").replace('"microbit"', '"roomy-flash"', 1), encoding="utf-8"
    )
    result = run_inference(RunRequest(platform=str(file)))
    assert result.stop_reason is StopReason.COMPLETED
    assert result.provenance.image_name == "runner-cortex-m0plus-compact.elf"
    assert compact_notes(result)
    (fit,) = inspect_model(demo_model_path(), [str(file)]).boards
    assert (fit.fits, fit.runner) == (True, "compact")


@pytest.mark.parametrize("core", CORES)
def test_a_compact_runner_leaves_a_16_kib_model_room_in_128_kib_of_flash(core: str) -> None:
    full, compact = load_manifest().variants(core)
    assert compact.flash_bytes < 112 * _KIB
    assert compact.ram_bytes < 4 * _KIB
    assert full.flash_bytes > compact.flash_bytes


def test_the_compact_operators_are_those_of_the_full_runner_with_the_same_versions_and_types() -> None:
    full, compact = (load_operators(image.operators_path) for image in load_manifest().variants("cortex-m3"))
    assert set(compact) < set(full)
