"""The engine qemu gives the answers and the account of the embedded one, and cleans up after itself."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import EnvironmentMissingError, SimulationError, UsageError
from sim.inference import RunRequest, WarmBoard, run_inference
from sim.inference.session import RunnerSession, RunStoppedError
from sim.inference.setup import prepare
from sim.machine.engines import create_machine
from sim.machine.fault import FaultKind
from sim.machine.profile import Profile
from sim.machine.protocol import Level, RunLimits
from sim.machine.protocol import StopReason as MachineStop
from sim.machine.qemu.installation import find_qemu
from sim.platform import load_platform, platform_ids
from sim.result import Result, StopReason
from tests.support.boards import PLENTY, AssembledBoard

_NOT_ON_BOTH = {"mps3-an547"}  # whose core only QEMU has
BOARDS = [
    name
    for name in platform_ids()
    if load_platform(name).qemu_machine is not None and name not in _NOT_ON_BOTH
]


@pytest.fixture(autouse=True)
def _qemu() -> None:
    try:
        find_qemu()
    except EnvironmentMissingError as error:
        pytest.skip(error.message)


def account(result: Result) -> dict[str, object]:
    """Return everything in a result that does not name the engine or the host."""
    document = result.to_dict()
    del document["host"], document["engine"]
    return document


def executions(profile: Profile, first: str, last: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Return by block what was executed, and left by a taken branch, between two markers."""
    begin = next(hit for hit in profile.hits if hit.name == first)
    end = next(hit for hit in profile.hits if hit.name == last)
    counters = []
    for name in ("executions", "taken"):
        counts = getattr(end, name).astype(np.int64)
        counts[: len(begin.executions)] -= getattr(begin, name).astype(np.int64)
        counters.append(counts.tolist())
    blocks = profile.blocks[: len(end.executions)]
    return {
        (block.address, block.size_bytes): (executed, taken)
        for block, executed, taken in zip(blocks, *counters, strict=True)
        if executed
    }


def session(
    engine: str, board: str = "mps2-an386", level: Level = Level.TIMING, **limits: float
) -> RunnerSession:
    setup = prepare(RunRequest(platform=board))
    return RunnerSession(
        setup.platform,
        setup.placement,
        setup.model.data,
        RunLimits(int(limits.get("cycles", 10**9)), limits.get("wall_seconds", 60.0)),
        clock_hz=setup.clock_hz,
        engine=engine,
        level=level,
    )


DIGIT = prepare(RunRequest(platform="mps2-an386")).inputs[0].to_bytes()


@pytest.mark.parametrize("level", ["timing", "full"])
@pytest.mark.parametrize("board", BOARDS)
def test_a_run_has_the_same_outputs_cycles_and_memory_events_on_both_engines(board: str, level: str) -> None:
    request = RunRequest(platform=board, level=level, repeat=2)
    here = run_inference(request)
    there = run_inference(dataclasses.replace(request, engine="qemu"))
    assert there.engine.name == "qemu"
    assert there.stop_reason is StopReason.COMPLETED
    assert account(there) == account(here)


@pytest.mark.parametrize("level", [Level.COUNTERS, Level.TIMING])
def test_every_basic_block_is_executed_equally_often_on_both_engines(level: Level) -> None:
    counts = []
    for engine in ("embedded", "qemu"):
        runner = session(engine, level=level)
        runner.boot()
        runner.machine.profile()
        runner._write_inputs(DIGIT)
        runner._run_to("done")
        found = executions(runner.machine.profile(), "invoke_begin", "invoke_end")
        counts.append(found if level is Level.TIMING else {block: n for block, (n, _) in found.items()})
        runner.machine.close()
    assert counts[0] == counts[1]
    assert len(counts[0]) > 300


def test_the_bare_level_answers_the_same_without_counting() -> None:
    timed, bare = session("qemu"), session("qemu", level=Level.BARE)
    timed.boot()
    bare.boot()
    record = bare.infer(DIGIT)
    assert record.outputs == timed.infer(DIGIT).outputs
    assert record.span.instructions == 0


def test_a_warm_board_answers_again_and_again_alike() -> None:
    board = WarmBoard(RunRequest(platform="mps2-an500", engine="qemu"))
    first, second = board.run(), board.run()
    board.close()
    assert account(first) == account(second)


def test_a_board_stopped_elsewhere_comes_back_to_its_snapshot() -> None:
    runner = session("qemu")
    runner.boot()
    snapshot = runner.snapshot()
    undisturbed = runner.infer(DIGIT)
    runner.restore(snapshot)
    booted = runner.machine.cycles
    runner._limits = RunLimits(booted + 100_000, 60.0)
    with pytest.raises(RunStoppedError) as stopped:
        runner.infer(DIGIT)
    assert stopped.value.stop.reason is MachineStop.CYCLE_LIMIT
    assert runner.operator_under_way() is not None
    runner._limits = RunLimits(10**9, 60.0)
    runner.restore(snapshot)
    assert runner.infer(DIGIT) == undisturbed


def test_a_run_ends_at_its_wall_clock_limit() -> None:
    board = AssembledBoard("start: b start", "mps2-an386", engine="qemu")
    stop = board.machine.run(RunLimits(2**63, 0.2))
    assert stop.reason is MachineStop.WALL_LIMIT
    assert board.machine.run(RunLimits(board.machine.cycles + 1000, 10.0)).reason is MachineStop.CYCLE_LIMIT


def test_a_core_that_sleeps_for_good_is_idle() -> None:
    board = AssembledBoard("start: wfi\n b start", "mps2-an386", engine="qemu")
    assert board.machine.run(PLENTY).reason is MachineStop.IDLE


@pytest.mark.parametrize(
    ("program", "kind", "address"),
    [
        ("start: ldr r0, =0x60000000\n movs r1, #1\n ldr r2, [r0, #8]", FaultKind.READ_UNMAPPED, 0x60000008),
        ("start: ldr r0, =0x60000000\n movs r1, #1\n str r2, [r0]", FaultKind.WRITE_UNMAPPED, 0x60000000),
        ("start: nop\n udf #0", FaultKind.UNDEFINED, None),
        ("start: ldr r0, =0x20000004\n bx r0", FaultKind.NO_THUMB_BIT, None),
    ],
)
def test_a_fault_is_named_as_on_the_embedded_engine(
    program: str, kind: FaultKind, address: int | None
) -> None:
    faults = []
    for engine in ("embedded", "qemu"):
        source = f"{program}\n b start\nend: b end\n .ltorg"
        board = AssembledBoard(source, "mps2-an386", handlers={3: "end"}, engine=engine)
        stop = board.machine.run(PLENTY)
        assert stop.reason is MachineStop.FAULT
        faults.append(stop.fault)
    assert faults[0] == faults[1]
    assert faults[1].kind is kind
    assert faults[1].address == address


def test_a_fault_without_a_handler_is_a_lock_up() -> None:
    board = AssembledBoard("start: udf #0", "mps2-an386", engine="qemu")
    with pytest.raises(SimulationError, match="locked up"):
        board.machine.run(PLENTY)


def test_accesses_to_devices_do_not_disturb_the_count_of_blocks() -> None:
    program = """
start:
    ldr r4, =0xe000e000
    b log_begin
log_begin:
    movs r0, #50
1:  ldr r1, [r4, #0x10]
    adds r2, r1, #1
    ldr r1, [r4, #0x14]
    subs r0, #1
    str r1, [r4, #0x14]
    bne 1b
    b stop_end
stop_end:
    b stop_end
    .ltorg
"""
    counts = []
    for engine in ("embedded", "qemu"):
        board = AssembledBoard(program, "mps2-an386", level=Level.TIMING, engine=engine)
        assert board.machine.run(PLENTY).marker == "end"
        counts.append(executions(board.machine.profile(), "begin", "end"))
    assert counts[0] == counts[1]


def test_a_board_that_qemu_does_not_have_is_refused_with_some_that_it_has() -> None:
    with pytest.raises(UsageError, match="QEMU has no board like stm32f746"):
        run_inference(RunRequest(platform="stm32f746", engine="qemu"))


def test_an_image_that_qemu_would_not_boot_from_is_refused() -> None:
    board = load_platform("mps2-an386")
    machine = create_machine(
        *("qemu", board, board.clock.default_hz, []),
        level=Level.BARE,
        image_sha256="",
        data_only_flash=None,
        on_progress=None,
    )
    with pytest.raises(SimulationError, match="vector table is at 0x00010000"):
        machine.reset(0x10000)


def test_a_missing_qemu_is_an_error_of_the_environment_that_names_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["run", "--platform", "mps2-an386", "--engine", "qemu"]) == 4
    assert "apt install qemu-system-arm" in capsys.readouterr().err


def test_a_missing_compiler_is_an_error_of_the_environment_that_names_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "qemu-system-arm").symlink_to(find_qemu().path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EnvironmentMissingError) as missing:
        run_inference(RunRequest(platform="mps2-an386", engine="qemu"))
    assert "apt install gcc" in missing.value.hint


def test_a_program_that_is_no_qemu_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    impostor = tmp_path / "qemu-system-arm"
    impostor.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
    impostor.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentMissingError, match="does not say its version"):
        find_qemu()


class StopNowError(Exception):
    """Raised by a progress callback."""


def children() -> list[int]:
    """Return the processes that this one has started and that still run."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def test_no_process_is_left_after_an_exception_in_the_middle_of_a_run() -> None:
    before = children()

    def interrupt(_cycles: int) -> None:
        assert children() != before
        raise StopNowError

    board = AssembledBoard("start: b start", "mps2-an386", engine="qemu", on_progress=interrupt)
    with pytest.raises(StopNowError):
        board.machine.run(PLENTY)
    assert children() == before


def test_qemu_ends_with_a_process_that_was_killed() -> None:
    program = (
        "import json, os\n"
        "from tests.e2e.test_qemu_engine import AssembledBoard, children\n"
        "from sim.machine.protocol import RunLimits\n"
        "def report(cycles): print(json.dumps(children()), flush=True)\n"
        "board = AssembledBoard('start: b start', 'mps2-an386', engine='qemu', on_progress=report)\n"
        "board.machine.run(RunLimits(2**63, 60.0))\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    (qemu,) = json.loads(host.stdout.readline())
    host.send_signal(signal.SIGKILL)
    host.communicate()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{qemu}/cmdline").exists() and Path(f"/proc/{qemu}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "QEMU still runs"
        time.sleep(0.05)


def test_the_plugin_compiles_without_a_warning_for_both_versions_of_the_interface(tmp_path: Path) -> None:
    root = Path(__file__).parents[2] / "sim" / "machine"
    source = root / "qemu" / "plugin" / "counting.c"
    flags = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fPIC", "-fomit-frame-pointer"]
    for interface in (1, 2):
        command = ["cc", "-std=gnu11", "-O2", "-c", *flags, f"-DSIM_QEMU_API={interface}"]
        command += [f"-I{root / 'embedded'}", str(source), "-o", str(tmp_path / "counting.o")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_cache_that_cannot_be_written_is_an_error_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "boardless").write_text("in the way", encoding="ascii")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EnvironmentMissingError, match="cannot be written") as missing:
        run_inference(RunRequest(platform="mps2-an386", engine="qemu"))
    assert "XDG_CACHE_HOME" in missing.value.hint


def test_a_core_that_ends_in_the_loop_of_the_fault_handler_without_a_fault_is_idle() -> None:
    program = "start: nop\n b end\nend: wfi\n b end"
    board = AssembledBoard(program, "mps2-an386", handlers={3: "end"}, engine="qemu")
    assert board.machine.run(PLENTY).reason is MachineStop.IDLE


def test_interrupts_are_taken_and_left_again_and_come_at_the_same_block_every_time() -> None:
    program = """
start:
    ldr r4, =0xe000e010     @ SysTick: every 1000 cycles
    ldr r0, =999
    str r0, [r4, #4]
    str r0, [r4, #8]
    movs r0, #7
    str r0, [r4]
    movs r5, #0
1:  cmp r5, #5
    bne 1b
    b stop_end
stop_end:
    b stop_end
tick:
    adds r5, #1
    bx lr
    .ltorg
"""
    counts = []
    for _ in range(2):
        board = AssembledBoard(
            program, "mps2-an386", level=Level.TIMING, handlers={15: "tick"}, engine="qemu"
        )
        assert board.machine.run(PLENTY).marker == "end"
        (hit,) = board.machine.profile().hits
        counts.append((hit.cycles, hit.executions.tolist()))
    assert counts[0] == counts[1]
