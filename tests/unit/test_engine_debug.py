"""A debugger on the embedded engine: where it stops, what it sees, and what it may change."""

from __future__ import annotations

import pytest

from sim.debug.target import DebugTarget, Resume, Signal, StopCause, WatchKind, Watchpoint
from sim.errors import SimError, SimulationError
from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.registers import RegisterBank
from sim.machine.protocol import Level, RunLimits, Stop, StopReason
from tests.support.boards import PLENTY, AssembledBoard
from tests.support.scripted_debugger import Act, Script, beginning, go, kill, step, watching

RAM = 0x20004000
PROGRAM = f"""
start:
    ldr r4, ={RAM:#x}
    movs r0, #0
    movs r1, #7
loop:
    adds r0, #1
    str r0, [r4]
    ldr r2, [r4, #4]
    ldrb r3, [r4, #9]
    cmp r0, #5
    bne loop
    ldr r5, ={RAM + 0x100:#x}
    str r1, [r5]
    b stop_end
stop_end: b .
    .ltorg
"""


def debug(
    *acts: Act,
    program: str = PROGRAM,
    limits: RunLimits = PLENTY,
    level: Level = Level.FULL,
    held_seconds: float = 0.0,
) -> tuple[AssembledBoard, Script, Stop]:
    board = AssembledBoard(program, level=level)
    script = Script(acts, held_seconds)
    board.machine.attach(script)
    return board, script, board.machine.run(limits)


@pytest.mark.parametrize("level", list(Level))
def test_the_machine_waits_before_its_first_instruction(level: Level) -> None:
    _, script, stop = debug(level=level)
    assert script.stops == [(0, StopCause(Signal.TRAP))]
    assert stop.marker == "end"


def test_steps_go_from_one_instruction_to_the_next() -> None:
    _, script, _ = debug(step, step, step, step)
    assert [pc for pc, _ in script.stops] == [0, 2, 4, 6, 8]


def test_a_breakpoint_stops_before_its_instruction_each_time() -> None:
    seen = []

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        target.set_breakpoints([beginning(target) + 6])
        seen.append(target.read_register("r0"))
        return Resume.CONTINUE

    debug(*[look] * 6)
    assert seen[1:] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("point", "values"),
    [
        (Watchpoint(RAM, 4, WatchKind.WRITE), [1, 2, 3, 4, 5]),
        (Watchpoint(RAM + 3, 1, WatchKind.WRITE), [1, 2, 3, 4, 5]),
        (Watchpoint(RAM, 4, WatchKind.READ), []),
        (Watchpoint(RAM + 4, 4, WatchKind.READ), [1, 2, 3, 4, 5]),
        (Watchpoint(RAM + 8, 1, WatchKind.ACCESS), []),
        (Watchpoint(RAM + 9, 1, WatchKind.ACCESS), [1, 2, 3, 4, 5]),
    ],
)
def test_a_watchpoint_stops_behind_accesses_of_its_kind(point: Watchpoint, values: list[int]) -> None:
    seen = []

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        assert cause.watched == point
        seen.append(int.from_bytes(target.read_memory(RAM, 4), "little"))
        return Resume.CONTINUE

    debug(watching(point), *[look] * 10)
    assert seen == values


def test_cycles_are_those_of_each_instruction_and_of_a_run_without_a_debugger() -> None:
    alone = AssembledBoard(PROGRAM)
    alone.machine.run(PLENTY)
    cycles = []

    def count(target: DebugTarget, cause: StopCause) -> Resume:
        cycles.append(target.cycles)
        return Resume.STEP

    board, _, _ = debug(*[count] * 30)
    assert cycles == sorted(cycles)
    assert len(set(cycles[:6])) == 6
    assert board.machine.cycles == alone.machine.cycles


def test_registers_memory_and_the_program_counter_can_be_changed() -> None:
    def change(target: DebugTarget, cause: StopCause) -> Resume:
        target.write_register("r1", 99)
        target.write_register("d3", 0x4000_0000_0000_0000)
        target.write_register("xpsr", 0xF000_0000)
        assert target.read_register("d3") == 0x4000_0000_0000_0000
        assert target.read_register("xpsr") >> 28 == 0xF
        target.write_memory(RAM + 0x200, b"debugged")
        target.write_register("r0", 4)
        target.write_register("pc", beginning(target) + 6)
        return Resume.CONTINUE

    board, _, stop = debug(step, step, step, change)
    assert stop.marker == "end"
    assert board.words(RAM + 0x100, 1) == [99]
    assert board.machine.read_memory(RAM + 0x200, 8) == b"debugged"
    assert board.words(RAM, 1) == [5]


def test_system_registers_are_readable_and_addresses_without_anything_are_not() -> None:
    def look(target: DebugTarget, cause: StopCause) -> Resume:
        assert target.read_memory(0xE000ED00, 4) == bytes.fromhex("41c20f41")
        assert target.read_memory(0xE000ED01, 2) == bytes.fromhex("c20f")
        target.write_memory(0xE000ED08, (0x0800_0000).to_bytes(4, "little"))
        for address in (0x6000_0000, 0x4000_0000):
            with pytest.raises(SimError):
                target.read_memory(address, 4)
        return Resume.CONTINUE

    _, script, _ = debug(look)
    assert not script.acts


def test_registers_of_peripherals_are_readable_wherever_the_board_has_them() -> None:
    places = {0x4000_0000: 1, 0x1FFF_7590: 2, 0xA000_1000: 3, 0xE004_2000: 4}

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        for address, value in places.items():
            assert target.read_memory(address, 4) == value.to_bytes(4, "little")
            target.write_memory(address, bytes([value + 10]))
        assert target.read_memory(0xE000_ED00, 4) == bytes.fromhex("41c20f41")
        return Resume.CONTINUE

    banks = [RegisterBank(f"{address:#x}", address, 0x100, {0: value}) for address, value in places.items()]
    board = AssembledBoard(PROGRAM, bus=Bus(banks))
    script = Script([look])
    board.machine.attach(script)
    assert board.machine.run(PLENTY).marker == "end"
    assert not script.acts
    assert [bank.values[0] for bank in banks] == [11, 12, 13, 14]


def test_a_reset_starts_over_with_the_memory_and_the_cycles_of_the_beginning() -> None:
    cycles = []

    def reset(target: DebugTarget, cause: StopCause) -> Resume:
        target.set_watchpoints([])
        target.write_memory(RAM + 0x200, b"gone")
        return Resume.RESET

    def look(target: DebugTarget, cause: StopCause) -> Resume:
        cycles.append(target.cycles)
        assert target.read_memory(RAM, 4) == target.read_memory(RAM + 0x200, 4) == bytes(4)
        return Resume.CONTINUE

    watch = watching(Watchpoint(RAM, 4, WatchKind.WRITE))

    def first(target: DebugTarget, cause: StopCause) -> Resume:
        cycles.append(target.cycles)
        return watch(target, cause)

    board, script, stop = debug(first, reset, look)
    assert script.stops[2][0] == 0
    assert cycles[0] == cycles[1]
    assert stop.marker == "end"
    assert board.words(RAM, 1) == [5]


def test_a_fault_is_shown_before_the_run_ends_with_it() -> None:
    program = "start: mov.w r0, #0x60000000\n ldr r1, [r0]\n b .\n"
    board, script, stop = debug(go, program=program)
    assert stop.reason is StopReason.FAULT
    assert script.stops[1] == (4, StopCause(Signal.SEGV))
    board.machine.close()
    assert script.exit_code == 1


def test_a_machine_that_has_faulted_can_start_over_or_go_on_elsewhere() -> None:
    program = "start: mov.w r0, #0x60000000\n ldr r1, [r0]\n b stop_end\nstop_end: b .\n"

    def skip(target: DebugTarget, cause: StopCause) -> Resume:
        target.write_register("pc", beginning(target) + 6)
        return Resume.CONTINUE

    def reset(target: DebugTarget, cause: StopCause) -> Resume:
        return Resume.RESET

    _, script, stop = debug(go, reset, go, skip, program=program)
    assert [pc for pc, _ in script.stops] == [0, 4, 0, 4]
    assert stop.marker == "end"


def test_killing_ends_the_run_with_an_error() -> None:
    with pytest.raises(SimulationError, match="the debugger has ended the run"):
        debug(kill)


def test_an_interruption_at_the_keyboard_gets_through() -> None:
    def interrupt(target: DebugTarget, cause: StopCause) -> Resume:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        debug(interrupt)


def test_time_that_the_debugger_holds_the_machine_does_not_count_for_the_wall_clock_limit() -> None:
    limits = RunLimits(PLENTY.cycles, wall_seconds=-3000.0)  # what a session has left after an hour
    endless = "start: adds r0, #1\n b start\n"
    _, _, stop = debug(limits=limits, held_seconds=3600.0)
    assert stop.marker == "end"
    _, _, stop = debug(program=endless, limits=limits, held_seconds=0.0)
    assert stop.reason is StopReason.WALL_LIMIT
