"""Whole runs: a model on the bundled runner, on a simulated board, against an independent interpreter."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.errors import CapacityError, ImageError, ModelError, UsageError
from sim.inference import Progress, RunRequest, WarmBoard, run_inference
from sim.inputs import load_inputs
from sim.model import Model
from sim.platform import platform_ids
from sim.result import Result, StopReason, Validity
from tests.support.models import mltk_model

SPEECH = "tflite_micro_speech"


@cache
def model_file(name: str = SPEECH) -> Path:
    """Return a model of the mltk package as a file."""
    path = Path(tempfile.mkdtemp()) / f"{name}.tflite"
    path.write_bytes(mltk_model(name))
    return path


def speech(**changes: object) -> RunRequest:
    request = RunRequest(platform="stm32l4r5", model_path=model_file(), inputs=["random:1"], level="timing")
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]


def without_host(result: Result) -> dict[str, object]:
    document = result.to_dict()
    del document["host"]
    return document


NOT_HERE = {"mps3-an547", "microbit"}  # only QEMU has the core; the runner is larger than the flash


@pytest.mark.parametrize("platform", [name for name in platform_ids() if name not in NOT_HERE])
def test_every_platform_answers_like_the_reference_interpreter(platform: str) -> None:
    result = run_inference(speech(platform=platform, level="full", verify=True))
    assert result.stop_reason is StopReason.COMPLETED
    assert result.verification is not None
    assert result.verification.equal
    assert result.validity is Validity.VALID


def test_a_board_whose_core_the_engine_lacks_is_refused_with_the_engine_that_has_it() -> None:
    with pytest.raises(UsageError, match="no cortex-m55") as refused:
        run_inference(speech(platform="mps3-an547"))
    assert "--engine qemu" in refused.value.hint


def test_both_kernel_sets_give_the_same_answer_at_a_different_cost() -> None:
    reference = run_inference(speech(kernels="reference"))
    optimized = run_inference(speech(kernels="optimized"))
    assert reference.outputs == optimized.outputs
    assert reference.cycles is not None
    assert optimized.cycles is not None
    assert optimized.cycles < reference.cycles / 3


def test_the_same_request_gives_the_same_document() -> None:
    request = speech(platform="stm32f746", level="full")
    assert without_host(run_inference(request)) == without_host(run_inference(request))


def test_a_warm_board_answers_bit_identically_to_a_cold_one() -> None:
    request = speech(level="full")
    board = WarmBoard(request)
    other = load_inputs(["random:2"], board.setup.model)
    first, second = board.run(), board.run(other)
    assert without_host(first) == without_host(run_inference(request))
    assert without_host(second) == without_host(run_inference(speech(level="full", inputs=["random:2"])))
    assert first.inputs != second.inputs


def test_a_warm_board_may_be_rewound_ahead_of_time() -> None:
    board = WarmBoard(speech(level="full", repeat=2, wall_timeout_seconds=1.0))
    first = board.run()
    board.rewind()
    time.sleep(1.1)  # which the limit does not count
    assert without_host(board.run()) == without_host(first)
    assert first.stop_reason is StopReason.COMPLETED


def test_the_end_of_the_last_inference_is_reported_before_its_result_is_made() -> None:
    signs: list[Progress] = []
    WarmBoard(speech(level="full", repeat=2)).run(progress=signs.append)
    assert [sign.fraction for sign in signs if sign.fraction == 1.0] == [1.0]
    assert signs[-1].phase == "accounting for what was executed"


def test_operators_add_up_to_the_inference() -> None:
    result = run_inference(speech(level="full"))
    assert result.cycles is not None
    assert result.energy_joules is not None
    assert sum(operator.cycles or 0 for operator in result.operators) == pytest.approx(
        result.cycles, rel=0.05
    )
    energies = [operator.energy_joules or 0.0 for operator in result.operators]
    assert sum(energies) == pytest.approx(result.energy_joules, rel=0.05)
    assert result.instruction_mix is not None
    assert sum(result.instruction_mix.values()) == result.instructions


def test_a_batch_and_repetitions_are_inferred_one_after_the_other(tmp_path: Path) -> None:
    request = speech()
    tensor = Model.load(model_file()).input_tensors[0]
    samples = np.random.default_rng(0).integers(-128, 128, (3, *tensor.shape[1:]), dtype=np.int8)
    np.save(tmp_path / "batch.npy", samples)
    result = run_inference(
        dataclasses.replace(request, inputs=[str(tmp_path / "batch.npy")], repeat=2, verify=True)
    )
    assert [inference.input_index for inference in result.inferences] == [0, 0, 1, 1, 2, 2]
    assert result.inferences[0].outputs == result.inferences[1].outputs
    assert result.verification is not None
    assert result.verification.equal


def test_a_slower_clock_needs_fewer_wait_states_and_more_time() -> None:
    fast = run_inference(speech(level="full"))
    slow = run_inference(speech(level="full", clock_hz=16_000_000))
    assert fast.cycles is not None
    assert slow.cycles is not None
    assert slow.cycles < fast.cycles
    assert (slow.latency_seconds or 0) > 4 * (fast.latency_seconds or 0)
    assert "clock.overridden" in [issue.code for issue in slow.issues]


def test_a_run_that_reaches_its_cycle_limit_says_so_and_keeps_what_it_knows() -> None:
    result = run_inference(speech(timeout_cycles=1_000_000, kernels="reference"))
    assert result.stop_reason is StopReason.CYCLE_LIMIT
    assert result.validity is Validity.INVALID
    assert result.cycles is None
    assert result.outputs == ()
    assert result.memory.arena_used_bytes is not None


def test_an_arena_that_is_too_small_is_refused_with_the_size_that_fits() -> None:
    fitting = run_inference(speech()).memory.arena_used_bytes
    with pytest.raises(CapacityError) as refused:
        run_inference(speech(arena_size_bytes=2048))
    assert f"{fitting:,}" in refused.value.message
    assert run_inference(speech(arena_size_bytes=(fitting or 0) + 16)).stop_reason is StopReason.COMPLETED


def test_a_model_too_large_for_the_flash_is_refused_with_boards_that_fit() -> None:
    with pytest.raises(CapacityError, match="more than stm32f103 has") as refused:
        run_inference(speech(platform="stm32f103", model_path=model_file("keyword_spotting_on_off_v3")))
    assert "stm32l4r5" in refused.value.hint
    assert "stm32f103" not in refused.value.hint


def test_a_model_too_large_for_the_ram_is_refused_with_boards_that_fit() -> None:
    with pytest.raises(CapacityError, match="needs an arena of") as refused:
        run_inference(speech(platform="stm32f103", model_path=model_file("image_classification")))
    assert "stm32l4r5" in refused.value.hint


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"platform": "stm32l4r"}, UsageError),
        ({"engine": "reno"}, UsageError),
        ({"kernels": "fast"}, UsageError),
        ({"repeat": 0}, UsageError),
        ({"timeout_cycles": -1}, UsageError),
        ({"wall_timeout_seconds": 0.0}, UsageError),
        ({"clock_hz": 500_000_000}, UsageError),
        ({"battery": "cr2032"}, UsageError),
        ({"model_path": Path("missing.tflite")}, ModelError),
        ({"runner_path": Path("missing.elf")}, ImageError),
    ],
)
def test_requests_that_make_no_sense_are_refused(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        run_inference(speech(**changes))


def test_a_file_that_is_no_runner_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runner.elf"
    path.write_bytes(b"\x7fELF nonsense")
    with pytest.raises(ImageError, match=r"runner\.elf"):
        run_inference(speech(runner_path=path))


def test_progress_tells_what_is_going_on() -> None:
    phases: list[str] = []

    def note(progress: Progress) -> None:
        phases.append(progress.phase)

    run_inference(speech(kernels="reference"), note)
    assert any(phase.startswith("inference 1 of 1") for phase in phases)


def test_an_exception_in_the_progress_report_cancels_the_run() -> None:
    class CancelledError(Exception):
        pass

    def cancel(_: Progress) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        run_inference(speech(kernels="reference"), cancel)
