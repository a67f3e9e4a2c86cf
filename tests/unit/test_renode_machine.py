"""Renode as an engine, against a stand-in whose core is the embedded engine: both must say the same."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from sim.errors import EnvironmentMissingError, ImageError, SimulationError
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.fault import FaultKind
from sim.machine.protocol import Level, Machine, Marker, RunLimits, Stop, StopReason
from sim.machine.renode import machine as renode_machine
from sim.machine.renode.counters import parse_dump
from sim.machine.renode.machine import RenodeMachine
from sim.platform import load_platform
from tests.support.assembler import assemble
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, install_fake_renode

FLASH, RAM = 0x08000000, 0x20000000
CODE = FLASH + 0x100
PLENTY = RunLimits(1_000_000, 60)
BOARD = load_platform("stm32g0b1")  # Cortex-M0+: its block costs do not depend on registers
LOOP = """
    ldr r1, =0x20000000
    movs r0, #0
loop:
    adds r0, #1
    stm r1!, {r0}
    cmp r0, #20
    bne loop
    nop
inner:
    b work
    .balign 4
work:
    adds r0, #3
    bl leaf
    adds r0, #4
done:
    b done
leaf:
    bx lr
    .ltorg
"""
WORK, LEAF, DONE = 16, 26, 24

AnyMachine = TypeVar("AnyMachine", bound=Machine)
Create = Callable[..., RenodeMachine]


@pytest.fixture
def create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Create]:
    """Create a machine in a fake Renode that behaves as asked."""
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    machines: list[RenodeMachine] = []

    def create_it(
        markers: list[Marker] | None = None, behaviour: str = "", **options: object
    ) -> RenodeMachine:
        monkeypatch.setenv(BEHAVIOUR_VARIABLE, behaviour)
        machines.append(RenodeMachine(BOARD, BOARD.clock.default_hz, markers or [], **options))  # type: ignore[arg-type]
        return machines[-1]

    yield create_it
    for machine in machines:
        machine.close()


def load(machine: AnyMachine, text: str) -> AnyMachine:
    machine.write_memory(FLASH, struct.pack("<2I", RAM + 0x2000, CODE | 1))
    machine.write_memory(CODE, assemble(text, BOARD.core))
    machine.reset(FLASH)
    return machine


def markers() -> list[Marker]:
    code = assemble(LOOP, BOARD.core)
    assert code[WORK : WORK + 2] == assemble("adds r0, #3", BOARD.core)
    assert code[DONE : DONE + 2] == assemble("b .", BOARD.core)
    return [
        Marker("work", CODE + WORK, stops=False),
        Marker("leaf", CODE + LEAF, stops=True),
        Marker("done", CODE + DONE, stops=True),
    ]


def test_stops_hits_and_cycles_are_those_of_the_embedded_engine(create: Create) -> None:
    embedded = load(EmbeddedMachine(BOARD, BOARD.clock.default_hz, markers(), level=Level.TIMING), LOOP)
    renode = load(create(markers()), LOOP)
    for _ in range(2):
        assert renode.run(PLENTY) == embedded.run(PLENTY)
        assert renode.cycles == embedded.cycles
    ours, theirs = renode.profile(), embedded.profile()
    assert [(hit.name, hit.argument, hit.cycles) for hit in ours.hits] == [
        (hit.name, hit.argument, hit.cycles) for hit in theirs.hits
    ]
    assert [hit.name for hit in ours.hits] == ["work", "leaf", "done"]
    assert ours.span(ours.hits[0], ours.hits[2]) == theirs.span(theirs.hits[0], theirs.hits[2])
    assert [(block.address, block.size_bytes) for block in ours.blocks] == [
        (block.address, block.size_bytes) for block in theirs.blocks
    ]
    assert renode.read_memory(RAM, 80) == embedded.read_memory(RAM, 80)
    assert renode.profile().hits == ()


def test_counters_can_be_read_without_a_marker(create: Create) -> None:
    machine = load(create(markers()), LOOP)
    begin = machine.hit("reset")
    machine.run(PLENTY)
    end = machine.hit("now")
    assert (begin.name, begin.cycles) == ("reset", 0)
    assert (end.name, end.cycles) == ("now", machine.cycles)
    span = machine.profile().span(begin, end)
    assert span.cycles == machine.cycles
    assert span.instructions > 80  # the loop alone has 20 times four


def test_code_that_firmware_has_copied_to_ram_costs_what_it_is(create: Create) -> None:
    text = """
        ldr r0, =function
        ldr r1, =0x08000100
        adds r0, r1
        ldr r1, =0x20000100
        movs r2, #8
    copy:
        ldrh r3, [r0]
        strh r3, [r1]
        adds r0, #2
        adds r1, #2
        subs r2, #1
        bne copy
        ldr r0, =0x20000101
        blx r0
    wait:
        adds r3, #1
        b wait
        .balign 4
    function:
        muls r0, r0
        push {r0-r7}
        pop {r0-r7}
        bx lr
        nop
        nop
        nop
        .ltorg
    """
    embedded = load(EmbeddedMachine(BOARD, BOARD.clock.default_hz, level=Level.TIMING), text)
    renode = load(create(), text)
    assert renode.run(RunLimits(2000, 60)) == embedded.run(RunLimits(2000, 60))
    ours = {b.address: b.timing.class_counts for b in renode.profile().blocks if b.address >= RAM}
    theirs = {b.address: b.timing.class_counts for b in embedded.profile().blocks if b.address >= RAM}
    assert ours == theirs
    assert RAM + 0x100 in ours


def test_the_version_is_renodes_own(create: Create) -> None:
    assert create().version == "Renode 1.16.1.12345"


def test_memory_reads_back_what_was_written(create: Create) -> None:
    data = np.random.default_rng(0).bytes(70_000)
    machine = create()
    machine.write_memory(RAM + 12, data)
    machine.write_memory(FLASH + 4096, data[:5])
    assert machine.read_memory(RAM + 12, len(data)) == data
    assert machine.read_memory(FLASH + 4096, 5) == data[:5]


def test_an_address_without_memory_is_refused_before_renode_hides_it(create: Create) -> None:
    machine = create()
    with pytest.raises(ImageError, match="0x30000000"):
        machine.read_memory(0x30000000, 4)
    with pytest.raises(ImageError, match="0x30000000"):
        machine.write_memory(0x30000000, b"\0")


def test_a_run_ends_at_its_cycle_limit(create: Create) -> None:
    machine = load(create(), "loop: adds r0, #1\n b loop")
    assert machine.run(RunLimits(20_000)) == Stop(StopReason.CYCLE_LIMIT)
    assert 20_000 <= machine.cycles < 40_000


def test_a_run_ends_at_its_wall_limit(create: Create) -> None:
    machine = load(create(), "loop: adds r0, #1\n b loop")
    assert machine.run(RunLimits(10**15, 0.1)) == Stop(StopReason.WALL_LIMIT)
    assert machine.cycles > 0


def test_progress_is_reported_and_may_end_the_run(create: Create) -> None:
    seen: list[int] = []

    def cancel(cycles: int) -> None:
        seen.append(cycles)
        if len(seen) == 2:
            raise KeyboardInterrupt

    machine = load(create(on_progress=cancel), "loop: adds r0, #1\n b loop")
    with pytest.raises(KeyboardInterrupt):
        machine.run(RunLimits(10**15))
    assert 0 < seen[0] < seen[1]


def test_going_back_to_a_snapshot_repeats_the_run(create: Create) -> None:
    machine = load(create(markers()), LOOP)
    machine.run(PLENTY)
    machine.profile()
    snapshot = machine.snapshot()
    runs = []
    for _ in range(2):
        machine.restore(snapshot)
        assert machine.cycles == snapshot.cycles
        stop = machine.run(PLENTY)
        hits = [(hit.name, hit.argument, hit.cycles) for hit in machine.profile().hits]
        runs.append((stop, machine.cycles, hits, machine.read_memory(RAM, 4096)))
    assert runs[0] == runs[1]
    assert runs[0][0].marker == "done"


def test_code_outside_memory_is_a_fault(create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renode_machine, "_STALL_SECONDS", 0.3)
    machine = load(create(), "ldr r0, =0x30000001\n bx r0\n .ltorg")
    stop = machine.run(PLENTY)
    assert stop.reason is StopReason.FAULT
    assert stop.fault is not None
    assert (stop.fault.kind, stop.fault.pc) == (FaultKind.FETCH_UNMAPPED, 0x30000000)


def test_a_core_that_sleeps_for_good_is_idle(create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renode_machine, "_STALL_SECONDS", 0.3)
    assert load(create(), "wfi\n b .").run(PLENTY) == Stop(StopReason.IDLE)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("refuses:machine LoadPlatformDescription", "Renode refuses 'machine LoadPlatformDescription"),
        ("refuses:emulation", "Renode refuses 'emulation"),
        ("dies-at:include", "Renode ended in the middle of the run"),
        ("dies-at:mach create", "Renode ended in the middle of the run"),
    ],
)
def test_a_board_that_cannot_be_set_up_leaves_nothing_behind(
    create: Create, behaviour: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[object] = []
    close = renode_machine.RenodeProcess.close
    monkeypatch.setattr(
        renode_machine.RenodeProcess, "close", lambda process: (close(process), closed.append(process))
    )
    with pytest.raises(SimulationError, match=reason):
        create(behaviour=behaviour)
    assert len(closed) == 1


def test_a_renode_that_ends_in_the_middle_of_a_run_is_reported(create: Create) -> None:
    machine = load(create(behaviour="dies-at:sysbus.cpu ProbeWait"), LOOP)
    with pytest.raises(SimulationError, match="Renode ended in the middle of the run"):
        machine.run(PLENTY)


def test_without_renode_the_machine_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RENODE_PATH", str(tmp_path))
    with pytest.raises(EnvironmentMissingError):
        RenodeMachine(BOARD, BOARD.clock.default_hz)


@pytest.mark.parametrize("level", [Level.TIMING, Level.FULL])
def test_the_machine_says_what_it_accounts_for(create: Create, level: Level) -> None:
    accounting = create(level=level).accounting
    assert accounting.level is Level.TIMING
    assert bool(accounting.shortfall) == (level is Level.FULL)


def test_a_dump_is_read_block_by_block_and_hit_by_hit() -> None:
    registers = list(range(100, 115))
    blocks = [(0x100, 4, 2, *registers), (0x200, 6, 3, *registers)]
    head = struct.pack("<Qq", 2, 1)
    dump = head + b"".join(struct.pack("<18I", *block) for block in blocks)
    dump += struct.pack("<qQQ", -1, 7, 2) + struct.pack("<8Q", 5, 1, 2, 3, 6, 0, 0, 0)
    dump += struct.pack("<qQQ", 1, 9, 1) + struct.pack("<4Q", 4, 1, 2, 3)
    parsed = parse_dump(dump)
    assert [(block.address, block.size_bytes, block.registers) for block in parsed.blocks] == [
        (0x100, 4, tuple(registers)),
        (0x200, 6, tuple(registers)),
    ]
    assert parsed.unfinished == 1
    assert (parsed.now.marker, parsed.now.executions.tolist(), parsed.now.taken.tolist()) == (
        -1,
        [5, 6],
        [1, 0],
    )
    (hit,) = parsed.hits
    assert (hit.marker, hit.argument, hit.executions.tolist()) == (1, 9, [4])
    assert (hit.mispredicts_forward.tolist(), hit.mispredicts_backward.tolist()) == ([2], [3])
