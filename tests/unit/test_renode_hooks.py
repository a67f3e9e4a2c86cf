"""A Renode that cannot compile the block probe: hooks at markers, and cycles that are an estimate."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from sim.boot import BootRequest, run_firmware
from sim.image import load_image
from sim.inference import RunRequest, WarmBoard, run_inference
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.protocol import Level, Machine, Marker, RunLimits, Stop, StopReason
from sim.machine.renode.firmware import RenodeFirmwareMachine
from sim.machine.renode.machine import RenodeMachine
from sim.platform import load_platform
from sim.timing.typical import typical_cycles_per_instruction
from tests.support.assembler import assemble
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, install_fake_renode
from tests.support.firmware import build_firmware

FLASH, RAM = 0x08000000, 0x20000000
CODE = FLASH + 0x100
PLENTY = RunLimits(1_000_000, 60)
BOARD = load_platform("stm32g0b1")
LOOP = """
    movs r0, #0
    b loop
loop:
    adds r0, #1
    cmp r0, #20
    bne loop
    bl leaf
done:
    movs r0, #7
    b done
leaf:
    bx lr
"""
LOOP_BEGIN, DONE, LEAF = 4, 14, 18
NO_COMPILER = "refuses:include"

AnyMachine = TypeVar("AnyMachine", bound=Machine)
Create = Callable[..., RenodeMachine]


@pytest.fixture
def create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Create]:
    """Create a machine in a fake Renode without a compiler, or that behaves as asked."""
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    machines: list[RenodeMachine] = []

    def create_it(behaviour: str = NO_COMPILER, **options: object) -> RenodeMachine:
        monkeypatch.setenv(BEHAVIOUR_VARIABLE, behaviour)
        machines.append(RenodeMachine(BOARD, BOARD.clock.default_hz, MARKERS, **options))  # type: ignore[arg-type]
        return machines[-1]

    yield create_it
    for machine in machines:
        machine.close()


@pytest.fixture
def no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine find a fake Renode that cannot compile the probe."""
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    monkeypatch.setenv(BEHAVIOUR_VARIABLE, NO_COMPILER)


MARKERS = [
    Marker("turn", CODE + LOOP_BEGIN, stops=False),
    Marker("leaf", CODE + LEAF, stops=True),
    Marker("done", CODE + DONE, stops=True),
]


def load(machine: AnyMachine, text: str = LOOP) -> AnyMachine:
    machine.write_memory(FLASH, struct.pack("<2I", RAM + 0x2000, CODE | 1))
    machine.write_memory(CODE, assemble(text, BOARD.core))
    machine.reset(FLASH)
    return machine


def estimate(instructions: int) -> int:
    return round(instructions * typical_cycles_per_instruction(BOARD.core))


@pytest.mark.parametrize("refused", ["include", "sysbus.cpu ProbeInstall"])
def test_a_refused_probe_is_replaced_and_the_reason_is_kept(create: Create, refused: str) -> None:
    accounting = create(f"refuses:{refused}").accounting
    assert accounting.level is Level.INSTRUCTIONS
    assert "There was an error in the middle." in accounting.shortfall


def test_stops_arguments_and_instructions_are_those_of_the_embedded_engine(create: Create) -> None:
    embedded = load(EmbeddedMachine(BOARD, BOARD.clock.default_hz, MARKERS, level=Level.TIMING))
    renode = load(create())
    for _ in range(3):
        assert renode.run(PLENTY) == embedded.run(PLENTY)
    ours, theirs = renode.profile(), embedded.profile()
    assert [(hit.name, hit.argument) for hit in ours.hits] == [
        (hit.name, hit.argument) for hit in theirs.hits
    ]
    assert [hit.name for hit in ours.hits] == ["turn"] * 20 + ["leaf", "done", "done"]
    for begin, end in ((0, 1), (0, 20), (20, 21), (21, 22)):
        span = ours.span(ours.hits[begin], ours.hits[end])
        assert span.instructions == theirs.span(theirs.hits[begin], theirs.hits[end]).instructions
    assert renode.profile().hits == ()


def test_cycles_are_instructions_times_what_is_typical_and_classes_are_unknown(create: Create) -> None:
    machine = load(create())
    begin = machine.hit("reset")
    machine.run(PLENTY)
    span = machine.profile().span(begin, machine.hit("end"))
    assert span.instructions == 2 + 20 * 3 + 1
    assert span.cycles == machine.cycles == estimate(63)
    assert span.class_counts == ()


def test_a_run_ends_soon_behind_its_cycle_limit(create: Create) -> None:
    machine = load(create(), "loop: adds r0, #1\n b loop")
    assert machine.run(RunLimits(20_000)) == Stop(StopReason.CYCLE_LIMIT)
    assert machine.cycles >= 20_000


def test_a_run_ends_at_its_wall_limit(create: Create) -> None:
    machine = load(create(), "loop: adds r0, #1\n b loop")
    assert machine.run(RunLimits(10**15, 0.1)) == Stop(StopReason.WALL_LIMIT)


def test_going_back_to_a_snapshot_repeats_the_run(create: Create) -> None:
    machine = load(create())
    assert machine.run(PLENTY).marker == "leaf"
    machine.profile()
    snapshot = machine.snapshot()
    runs = []
    for _ in range(2):
        machine.restore(snapshot)
        stop = machine.run(PLENTY)
        profile = machine.profile()
        runs.append((stop, [(hit.name, hit.argument) for hit in profile.hits]))
        machine.run(PLENTY)
        machine.profile()
    assert runs == [(Stop(StopReason.MARKER, marker="done"), [("done", 20)])] * 2


def test_a_reset_does_not_set_back_the_cycles(create: Create) -> None:
    machine = load(create())
    machine.run(PLENTY)
    machine.reset(FLASH)
    machine.run(PLENTY)
    assert machine.cycles == estimate(2 * 63)


@pytest.mark.usefixtures("no_compiler")
def test_a_result_says_that_its_cycles_are_an_estimate() -> None:
    estimated = run_inference(RunRequest(platform="rp2040", engine="renode", wall_timeout_seconds=400))
    exact = run_inference(RunRequest(platform="rp2040", level="timing"))
    issue = next(issue for issue in estimated.issues if issue.code == "timing.estimated")
    assert "There was an error in the middle." in issue.message
    assert (estimated.engine.level, estimated.validity.value) == ("instructions", "degraded")
    assert "timing.level_reduced" not in [issue.code for issue in estimated.issues]
    assert estimated.outputs == exact.outputs
    assert estimated.instructions == exact.instructions
    assert [o.instructions for o in estimated.operators] == [o.instructions for o in exact.operators]
    assert estimated.instruction_mix is estimated.energy_joules is estimated.battery is None
    assert estimated.provenance.timing_model == "cortex-m0plus 1.74 cycles per instruction"


@pytest.mark.usefixtures("no_compiler")
def test_a_warm_board_repeats_itself() -> None:
    board = WarmBoard(RunRequest(platform="rp2040", engine="renode", wall_timeout_seconds=400))
    try:
        first, second = board.run(), board.run()
    finally:
        board.close()
    assert (first.cycles, first.operators, first.outputs) == (second.cycles, second.operators, second.outputs)


@pytest.mark.usefixtures("no_compiler")
def test_firmware_talks_and_its_figures_are_estimates() -> None:
    result = run_firmware(
        BootRequest(
            "stm32f103",
            build_firmware("usart_echo.c", "cortex-m3") / "app.elf",
            engine="renode",
            until="> ",
            profile_from="work",
            profile_to="worked",
            wall_timeout_seconds=400,
        )
    )
    assert result.uart == "ready\n> "
    assert result.cycles == round((result.instructions or 0) * typical_cycles_per_instruction("cortex-m3"))
    assert result.instruction_mix is result.energy_joules is None
    assert result.functions == ()
    assert "timing.estimated" in [issue.code for issue in result.issues]


@pytest.mark.usefixtures("no_compiler")
def test_what_is_fed_reaches_the_firmware() -> None:
    board = load_platform("stm32f103")
    image = load_image(build_firmware("usart_echo.c", "cortex-m3") / "app.elf", board)
    machine = RenodeFirmwareMachine(board, board.clock.default_hz, [], level=Level.TIMING)
    port = machine.ports["usart1"]

    def look() -> None:
        if port.sent.endswith(end):
            machine.request_stop()

    port.on_sent = look
    try:
        for segment in image.segments:
            machine.write_memory(segment.address, segment.data)
        machine.reset(image.vector_table)
        end = b"> "
        machine.run(RunLimits(500_000_000, 60))
        end = b"HELLO\n"
        port.feed(b"hello\n")
        assert machine.run(RunLimits(500_000_000, 60)) == Stop(StopReason.REQUEST)
        assert b"HELLO\n" in port.sent
    finally:
        machine.close()
