"""Models on the Cortex-M55 of QEMU, with kernels in vector instructions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import CapacityError, EnvironmentMissingError
from sim.inference import RunRequest, run_inference
from sim.machine.qemu.installation import find_qemu
from sim.result import Result, StopReason, Validity
from tests.support.models import mltk_model


@pytest.fixture(autouse=True)
def _qemu() -> None:
    try:
        find_qemu()
    except EnvironmentMissingError as error:
        pytest.skip(error.message)


def run(
    folder: Path, name: str, platform: str = "mps3-an547", engine: str = "qemu", **options: object
) -> Result:
    path = folder / f"{name}.tflite"
    path.write_bytes(mltk_model(name))
    request = RunRequest(platform=platform, engine=engine, model_path=path, inputs=["random:1"], **options)  # type: ignore[arg-type]
    return run_inference(request)


@pytest.mark.parametrize("name", ["keyword_spotting", "image_classification", "visual_wake_words"])
def test_a_model_answers_like_the_reference_interpreter(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, name, verify=True)
    assert (result.stop_reason, result.validity) == (StopReason.COMPLETED, Validity.VALID)
    assert result.verification is not None
    assert result.verification.equal


def test_vector_kernels_need_a_fraction_of_the_cycles_of_other_cores(tmp_path: Path) -> None:
    vector = run(tmp_path, "keyword_spotting")
    again = run(tmp_path, "keyword_spotting")
    scalar = run(tmp_path, "keyword_spotting", "mps2-an505", "embedded")
    assert vector.outputs == scalar.outputs
    assert vector.cycles == again.cycles
    assert vector.cycles is not None
    assert scalar.cycles is not None
    assert vector.cycles < scalar.cycles / 2


def test_a_model_that_does_not_fit_is_refused_although_its_need_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(CapacityError, match="arena"):
        run(tmp_path, "rock_paper_scissors.float32")
