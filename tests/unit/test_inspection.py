"""What is said about a model before an inference, compared with what a run then finds."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from sim.cli import main
from sim.errors import ModelError, PlatformError
from sim.inference import RunRequest, run_inference
from sim.inspection import BoardFit, inspect_model
from sim.platform import platform_ids
from tests.support.single_operator import conv_2d, fully_connected
from tests.support.tflite_builder import ModelBuilder


def write_model(directory: Path, data: bytes) -> Path:
    path = directory / "model.tflite"
    path.write_bytes(data)
    return path


def fit(path: Path, platform: str) -> BoardFit:
    (board,) = inspect_model(path, [platform]).boards
    return board


def test_a_model_is_described_from_its_own_content(tmp_path: Path) -> None:
    data = conv_2d((1, 8, 8, 3), 4, (3, 3))
    facts = inspect_model(write_model(tmp_path, data), [])
    assert (facts.sha256, facts.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert facts.inputs[0].shape == (1, 8, 8, 3)
    assert (facts.inputs[0].dtype, facts.inputs[0].zero_point) == ("int8", -3)
    assert facts.outputs[0].shape == (1, 8, 8, 4)
    assert facts.macs == facts.operators[0].macs == 8 * 8 * 4 * 3 * 3 * 3
    assert facts.parameters == 4 * 3 * 3 * 3 + 4
    assert facts.boards == ()


@pytest.mark.parametrize("platform", ["stm32l4r5", "rp2040"])
def test_flash_and_arena_are_those_that_a_run_uses(tmp_path: Path, platform: str) -> None:
    path = write_model(tmp_path, conv_2d((1, 16, 16, 3), 8, (3, 3)))
    memory = run_inference(RunRequest(platform=platform, model_path=path)).memory
    board = fit(path, platform)
    assert board.fits
    assert board.flash_used_bytes == memory.flash_used_bytes
    assert board.arena_used_bytes == memory.arena_used_bytes
    assert board.arena_available_bytes == memory.arena_size_bytes


def test_a_small_model_fits_every_board(tmp_path: Path) -> None:
    facts = inspect_model(write_model(tmp_path, conv_2d()), platform_ids())
    assert all(board.fits for board in facts.boards)


def test_a_model_larger_than_the_flash_says_by_how_much(tmp_path: Path) -> None:
    path = write_model(tmp_path, fully_connected((1, 1024), 600))
    board = fit(path, "stm32g0b1")
    assert not board.fits
    assert board.flash_used_bytes is None
    assert board.problem is not None
    needed, excess = (int(number.replace(",", "")) for number in re.findall(r"[\d,]{5,}", board.problem))
    assert needed - excess == board.flash_total_bytes
    assert fit(path, "stm32l4r5").fits


def test_a_model_whose_arena_is_larger_than_the_ram_says_by_how_much(tmp_path: Path) -> None:
    path = write_model(tmp_path, conv_2d((1, 96, 96, 3), 8, (3, 3)))
    board = fit(path, "stm32f103")
    assert not board.fits
    assert board.arena_used_bytes is not None
    assert board.arena_available_bytes is not None
    assert board.problem is not None
    assert f"{board.arena_used_bytes - board.arena_available_bytes:,} more" in board.problem
    assert fit(path, "stm32l4r5").fits


def test_an_unsupported_operator_is_named_and_leaves_the_arena_unknown(tmp_path: Path) -> None:
    builder = ModelBuilder()
    x = builder.tensor((1, 4), scale=1.0)
    y = builder.tensor((1, 4), scale=1.0)
    builder.operator("RELU", [x], [y], version=99)
    facts = inspect_model(write_model(tmp_path, builder.build([x], [y])), ["stm32l4r5"])
    assert facts.operators[0].problem is not None
    assert "versions" in facts.operators[0].problem
    assert facts.boards[0].arena_used_bytes is None


def test_what_cannot_be_inspected_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        inspect_model(write_model(tmp_path, b"TFL3"), [])
    with pytest.raises(PlatformError):
        inspect_model(write_model(tmp_path, conv_2d()), ["stm32x999"])


def test_the_verb_prints_text_or_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_model(tmp_path, conv_2d())
    assert main(["inspect", str(path), "--platform", "stm32f746"]) == 0
    assert "1 operator, all supported" in capsys.readouterr().out
    assert main(["inspect", str(path), "--platform", "stm32f746", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["schema_version"]) == ("boardless.model", 1)
    assert [board["platform"] for board in document["model"]["boards"]] == ["stm32f746"]
