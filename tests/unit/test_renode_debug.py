"""A debugger on Renode: where the core stops and what it shows there, in front of a stand-in."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sim.debug import DebugRequest, GdbServer
from sim.debug.packet import encode
from sim.debug.target import DebugTarget, Resume, Signal, StopCause, WatchKind, Watchpoint
from sim.errors import EnvironmentMissingError, SimError, SimulationError, UsageError
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.protocol import Level, Marker, RunLimits, Stop, StopReason
from sim.machine.renode import machine as renode_machine
from sim.machine.renode.machine import RenodeMachine
from sim.platform import load_platform
from tests.support.assembler import assemble
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, install_fake_renode
from tests.support.gdb_client import Client, free_port
from tests.support.scripted_debugger import Act, Script, beginning, breaking, kill, step, watching

FLASH, RAM = 0x08000000, 0x20000000
CODE = FLASH + 0x100
PLENTY = RunLimits(1_000_000, 60)
BOARD = load_platform("stm32l4r5")
PROGRAM = f"""
start:
    ldr r4, ={RAM:#x}
    movs r0, #0
    b loop
    .balign 4
loop:
    adds r0, #1
    str r0, [r4]
    ldr r2, [r4, #4]
    cmp r0, #5
    bne loop
    movs r1, #7
    str r1, [r4, #8]
    b stop_here
stop_here:
    nop
    b stop_here
    .ltorg
"""
ENDLESS = "start: adds r0, #1\n b start\n"
LOOP, COMPARISON, END = 8, 14, 24
MARKERS = [Marker("end", CODE + END, stops=True)]

Create = Callable[..., RenodeMachine]


@pytest.fixture
def create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Create]:
    """Create a machine in a fake Renode, with a program, and with a scripted debugger in the place of GDB."""
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    machines: list[RenodeMachine] = []

    def create_it(script: Script | None, *, program: str = PROGRAM, behaviour: str = "") -> RenodeMachine:
        monkeypatch.setenv(BEHAVIOUR_VARIABLE, behaviour)
        if script is not None:
            monkeypatch.setattr(renode_machine, "GdbServer", lambda _: script)
        request = DebugRequest(free_port(), lambda _: None)
        machine = RenodeMachine(BOARD, BOARD.clock.default_hz, MARKERS, debug=request)
        machines.append(machine)
        load(machine, program)
        return machine

    yield create_it
    for machine in machines:
        machine.close()


def load(machine: EmbeddedMachine | RenodeMachine, text: str) -> None:
    machine.write_memory(FLASH, struct.pack("<2I", RAM + 0x2000, CODE | 1))
    machine.write_memory(CODE, assemble(text, BOARD.core))
    machine.reset(FLASH)


def test_the_machine_waits_before_its_first_instruction(create: Create) -> None:
    script = Script([])
    machine = create(script)
    assert machine.run(PLENTY) == Stop(StopReason.MARKER, marker="end")
    assert script.stops == [(0, StopCause(Signal.TRAP))]
    machine.close()
    assert script.exit_code == 0


def test_steps_go_from_one_instruction_to_the_next(create: Create) -> None:
    script = Script([step] * 4)
    create(script).run(PLENTY)
    assert [pc for pc, _ in script.stops] == [0, 4, 6, 8, 10]


def test_a_breakpoint_stops_before_its_instruction_each_time(create: Create) -> None:
    seen: list[int | None] = []

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        seen.append(target.read_register("r0"))
        return Resume.CONTINUE

    script = Script([breaking(COMPARISON), *[look] * 5])
    create(script).run(PLENTY)
    assert seen == [1, 2, 3, 4, 5]
    assert script.stops[1:] == [(COMPARISON, StopCause(Signal.TRAP))] * 5


@pytest.mark.parametrize(
    ("point", "values"),
    [
        (Watchpoint(RAM, 4, WatchKind.WRITE), [1, 2, 3, 4, 5]),
        (Watchpoint(RAM, 4, WatchKind.READ), []),
        (Watchpoint(RAM + 4, 2, WatchKind.READ), [1, 2, 3, 4, 5]),
        (Watchpoint(RAM + 8, 4, WatchKind.ACCESS), [5]),
    ],
)
def test_a_watchpoint_stops_behind_accesses_of_its_kind(
    create: Create, point: Watchpoint, values: list[int]
) -> None:
    seen = []

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        assert cause == StopCause(Signal.TRAP, point)
        seen.append(int.from_bytes(target.read_memory(RAM, 4), "little"))
        return Resume.CONTINUE

    create(Script([watching(point), *[look] * 10])).run(PLENTY)
    assert seen == values


def test_cycles_are_those_of_each_instruction_as_on_the_embedded_engine(create: Create) -> None:
    def record(cycles: list[int]) -> Act:
        def act(target: DebugTarget, cause: StopCause) -> Resume:
            cycles.append(target.cycles)
            return Resume.STEP

        return act

    ours: list[int] = []
    theirs: list[int] = []
    renode = create(Script([record(ours)] * 20))
    embedded = EmbeddedMachine(BOARD, BOARD.clock.default_hz, MARKERS, level=Level.TIMING)
    embedded.attach(Script([record(theirs)] * 20))
    load(embedded, PROGRAM)
    assert renode.run(PLENTY) == embedded.run(PLENTY)
    assert ours == theirs
    assert len(set(ours[:6])) == 6
    assert renode.cycles == embedded.cycles


def test_a_step_that_a_marker_comes_between_is_finished_by_the_next_run(create: Create) -> None:
    script = Script([breaking(END - 2), step])
    machine = create(script)
    assert machine.run(PLENTY).marker == "end"
    assert [pc for pc, _ in script.stops] == [0, END - 2]
    machine.run(RunLimits(machine.cycles + 10_000, 60))
    assert [pc for pc, _ in script.stops] == [0, END - 2, END + 2]


def test_registers_memory_and_the_program_counter_can_be_changed(create: Create) -> None:
    def change(target: DebugTarget, cause: StopCause) -> Resume:
        target.write_register("d3", 0x4000_0000_0000_0000)
        target.write_register("xpsr", 0xF000_0000)
        assert target.read_register("d3") == 0x4000_0000_0000_0000
        assert (target.read_register("xpsr") or 0) >> 24 == 0xF1
        assert target.read_register("msp") == target.read_register("sp") == RAM + 0x2000
        target.write_register("psp", RAM + 0x1000)
        assert target.read_register("psp") == RAM + 0x1000
        target.write_memory(RAM + 0x200, b"debugged")
        target.write_register("r0", 4)
        target.write_register("pc", beginning(target) + LOOP)
        return Resume.CONTINUE

    machine = create(Script([step, step, change]))
    assert machine.run(PLENTY).marker == "end"
    assert machine.read_memory(RAM + 0x200, 8) == b"debugged"
    assert machine.read_memory(RAM, 1) == b"\x05"


def test_system_registers_are_readable_and_addresses_without_anything_are_not(create: Create) -> None:
    def look(target: DebugTarget, cause: StopCause) -> Resume:
        assert target.read_memory(0xE000ED00, 4) == bytes.fromhex("41c20f41")
        assert target.read_memory(0xE000ED01, 2) == bytes.fromhex("c20f")
        with pytest.raises(SimError):
            target.read_memory(0x6000_0000, 4)
        assert any(area.base == FLASH and not area.is_writable for area in target.memory_areas())
        return Resume.CONTINUE

    script = Script([look])
    create(script).run(PLENTY)
    assert not script.acts


def test_a_fault_is_shown_before_the_run_ends_with_it(
    create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renode_machine, "_STALL_SECONDS", 0.3)
    script = Script([])
    machine = create(script, program="start: ldr r0, =0x30000001\n bx r0\n .ltorg")
    assert machine.run(PLENTY).reason is StopReason.FAULT
    assert script.stops[1] == (0x30000000 - CODE, StopCause(Signal.SEGV))
    machine.close()
    assert script.exit_code == 1


def test_killing_ends_the_run_with_an_error(create: Create) -> None:
    with pytest.raises(SimulationError, match="the debugger has ended the run"):
        create(Script([kill])).run(PLENTY)


class Interrupting(Script):
    """Interrupts the core once, while it runs."""

    def wants_to_stop(self) -> bool:
        return len(self.stops) < 2


def test_a_core_that_runs_is_interrupted(create: Create) -> None:
    script = Interrupting([])
    create(script, program=ENDLESS).run(RunLimits(10**12, 1.0))
    assert [cause.signal for _, cause in script.stops] == [Signal.TRAP, Signal.INT]


def test_time_that_the_debugger_holds_the_machine_does_not_count_for_the_wall_clock_limit(
    create: Create,
) -> None:
    limits = RunLimits(10**12, wall_seconds=-3000.0)  # what a session has left after an hour
    assert create(Script([], held_seconds=3600.0)).run(limits).marker == "end"
    assert create(Script([]), program=ENDLESS).run(limits).reason is StopReason.WALL_LIMIT


def test_without_the_probe_there_is_no_debugging(create: Create) -> None:
    with pytest.raises(EnvironmentMissingError, match="There was an error in the middle") as caught:
        create(Script([]), behaviour="refuses:include")
    assert "mono-mcs" in caught.value.hint


def test_a_port_in_use_is_refused_when_the_run_begins(
    create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(
            renode_machine, "GdbServer", lambda request: GdbServer(DebugRequest(port, request.announce))
        )
        with pytest.raises(UsageError, match=f"port {port} is in use"):
            create(None).run(PLENTY)


def test_a_debugger_that_vanishes_leaves_a_machine_that_runs_on(
    create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops = []

    def debug(line: str) -> None:
        def work() -> None:
            with suppress(OSError):
                client = Client(int(line.rpartition(":")[2]))
                client.ask(f"Z0,{CODE + LOOP:x},2".encode())
                stops.append(client.ask(b"c"))
                client.socket.sendall(encode(b"c"))
                client.socket.close()

        threading.Thread(target=work, daemon=True).start()

    monkeypatch.setattr(
        renode_machine, "GdbServer", lambda request: GdbServer(DebugRequest(request.port, debug))
    )
    assert create(None).run(PLENTY).marker == "end"
    assert stops == [b"T05thread:1;"]
