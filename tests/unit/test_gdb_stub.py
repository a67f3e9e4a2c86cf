"""The commands of GDB's protocol, on a machine that is a fake."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.debug.registers import registers
from sim.debug.stub import Stub
from sim.debug.target import Resume, Signal, StopCause, WatchKind, Watchpoint
from tests.support.fake_target import RAM_BASE, FakeTarget


@pytest.fixture
def target() -> FakeTarget:
    return FakeTarget()


@pytest.fixture
def stub() -> Stub:
    return Stub()


def document(stub: Stub, target: FakeTarget, name: str) -> ElementTree.Element:
    text = b""
    while True:
        part = stub.answer(target, f"qXfer:{name}:{len(text):x},40".encode())
        assert isinstance(part, bytes)
        text += part[1:]
        if part[:1] == b"l":
            return ElementTree.fromstring(text)


def test_registers_are_read_and_written_all_at_once_and_one_by_one(stub: Stub, target: FakeTarget) -> None:
    everything = stub.answer(target, b"g")
    assert isinstance(everything, bytes)
    assert everything.startswith(b"000000000100000002000000")
    assert stub.answer(target, b"pf") == b"0f000000"
    assert stub.answer(target, b"P3=78563412") == b"OK"
    assert target.values["r3"] == 0x12345678
    assert stub.answer(target, b"G" + everything) == b"OK"
    assert target.values["r3"] == 3
    assert stub.answer(target, b"p7f") == b"E45"
    assert stub.answer(target, b"P1=00") == b"E22"


def test_the_target_description_lists_the_registers_that_are_sent(stub: Stub, target: FakeTarget) -> None:
    described = document(stub, target, "features:read:target.xml")
    bits = [int(register.attrib["bitsize"]) for register in described.iter("reg")]
    everything = stub.answer(target, b"g")
    assert isinstance(everything, bytes)
    assert sum(bits) == len(everything) // 2 * 8
    assert [register.attrib["name"] for register in described.iter("reg")] == [
        register.name for register in registers(has_float=True)
    ]


def test_a_core_without_floating_point_has_no_such_registers(stub: Stub) -> None:
    described = document(stub, FakeTarget(has_float=False), "features:read:target.xml")
    assert "d0" not in [register.attrib["name"] for register in described.iter("reg")]


def test_the_memory_map_tells_rom_from_ram(stub: Stub, target: FakeTarget) -> None:
    areas = [area.attrib for area in document(stub, target, "memory-map:read:").iter("memory")]
    assert {"type": "ram", "start": "0x20000000", "length": "0x1000"} in areas
    assert {"type": "rom", "start": "0x0", "length": "0x10000"} in areas


def test_memory_is_read_and_written(stub: Stub, target: FakeTarget) -> None:
    assert stub.answer(target, b"m20000010,4") == b"10111213"
    assert stub.answer(target, b"M20000010,2:beef") == b"OK"
    assert stub.answer(target, b"X20000012,2:\x00#") == b"OK"
    assert target.memory[0x10:0x14] == b"\xbe\xef\x00#"
    assert stub.answer(target, b"X20000012,0:") == b"OK"  # how GDB asks whether X is known


@pytest.mark.parametrize(
    "packet", [b"m30000000,4", b"m20000ffe,4", b"M30000000,1:00", b"X30000000,1:a", b"mffffffff,ff"]
)
def test_addresses_without_memory_are_an_error(stub: Stub, target: FakeTarget, packet: bytes) -> None:
    assert stub.answer(target, packet) == b"E14"


@pytest.mark.parametrize(
    "packet",
    [
        *(
            b"m",
            b"m1",
            b"mxx,4",
            b"m20000000,-1",
            b"M20000000,2:00",
            b"M20000000,1:zz",
            b"P",
            b"Pzz=0",
            b"G00",
        ),
        *(
            b"Z0",
            b"Z0,zz,2",
            b"X",
            b"X1",
            b"X\xff,1:a",
            b"m123456789,1",
            b"qRcmd,zz",
            b"cxyz",
            b"c-4",
            b"p-1",
        ),
    ],
)
def test_what_makes_no_sense_is_an_error_and_changes_nothing(
    stub: Stub, target: FakeTarget, packet: bytes
) -> None:
    before = (dict(target.values), bytes(target.memory))
    answer = stub.answer(target, packet)
    assert isinstance(answer, bytes)
    assert answer.startswith(b"E")
    assert (target.values, bytes(target.memory)) == before


def test_breakpoints_and_watchpoints_are_set_and_removed(stub: Stub, target: FakeTarget) -> None:
    for packet in (b"Z0,8000101,2", b"Z1,8000200,2", b"Z2,20000000,4", b"Z3,20000004,1", b"Z4,20000008,2"):
        assert stub.answer(target, packet) == b"OK"
    assert target.breakpoints == [0x8000100, 0x8000200]
    assert target.watchpoints == [
        Watchpoint(0x20000000, 4, WatchKind.WRITE),
        Watchpoint(0x20000004, 1, WatchKind.READ),
        Watchpoint(0x20000008, 2, WatchKind.ACCESS),
    ]
    assert stub.answer(target, b"z0,8000100,2") == b"OK"
    assert stub.answer(target, b"z2,20000000,4") == b"OK"
    assert target.breakpoints == [0x8000200]
    assert len(target.watchpoints) == 2
    assert stub.answer(target, b"Z9,0,1") == b""


def test_breakpoints_have_a_limit(stub: Stub, target: FakeTarget) -> None:
    answers = [stub.answer(target, f"Z0,{2 * number:x},2".encode()) for number in range(300)]
    assert answers.count(b"OK") == 256
    assert answers[-1] == b"E22"
    assert len(target.breakpoints) == 256


@pytest.mark.parametrize(
    ("packet", "how"),
    [
        (b"c", Resume.CONTINUE),
        (b"s", Resume.STEP),
        (b"C05", Resume.CONTINUE),
        (b"vCont;s:1;c", Resume.STEP),
        (b"vCont;c", Resume.CONTINUE),
        (b"k", Resume.KILL),
        (b"qRcmd,7265736574", Resume.RESET),
    ],
)
def test_execution_goes_on_as_asked(stub: Stub, target: FakeTarget, packet: bytes, how: Resume) -> None:
    assert stub.answer(target, packet) is how


def test_continuing_elsewhere_moves_the_program_counter(stub: Stub, target: FakeTarget) -> None:
    assert stub.answer(target, b"c8000400") is Resume.CONTINUE
    assert target.values["pc"] == 0x8000400


def test_a_stop_names_its_signal_and_the_watched_address(stub: Stub, target: FakeTarget) -> None:
    assert stub.stop_reply(StopCause(Signal.SEGV)) == b"T0bthread:1;"
    watched = Watchpoint(RAM_BASE, 4, WatchKind.READ)
    assert stub.stop_reply(StopCause(Signal.TRAP, watched)) == b"T05rwatch:20000000;thread:1;"
    assert stub.answer(target, b"?") == b"T05rwatch:20000000;thread:1;"


def test_monitor_commands_answer_in_hex(stub: Stub, target: FakeTarget) -> None:
    def monitor(command: str) -> str:
        answer = stub.answer(target, b"qRcmd," + command.encode().hex().encode())
        assert isinstance(answer, bytes)
        return bytes.fromhex(answer.decode()).decode()

    assert monitor("cycles") == "1234\n"
    assert monitor("version") == "fake 1\n"
    assert "monitor cycles" in monitor("help")
    assert "no monitor command 'what'" in monitor("what")


def test_detaching_removes_all_breakpoints(stub: Stub, target: FakeTarget) -> None:
    stub.answer(target, b"Z0,8000100,2")
    assert stub.answer(target, b"D") == b"OK"
    assert stub.is_detached
    assert target.breakpoints == []


def test_commands_that_are_not_known_get_an_empty_answer(stub: Stub, target: FakeTarget) -> None:
    for packet in (b"", b"vMustReplyEmpty", b"qTStatus", b"!", b"R00", b"QPassSignals:"):
        assert stub.answer(target, packet) == b""


@given(
    st.one_of(
        st.binary(max_size=60), st.from_regex(rb"[gGpPmMXzZvqQHcsCS][0-9a-f,:;=]{0,20}", fullmatch=True)
    )
)
@settings(max_examples=400, deadline=None)
def test_no_packet_makes_the_stub_fail(packet: bytes) -> None:
    assert isinstance(Stub().answer(FakeTarget(), packet), bytes | Resume)


def test_a_register_that_the_emulator_does_not_show_is_unavailable() -> None:
    target = FakeTarget(has_float=False)
    target.values["xpsr"] = None  # type: ignore[assignment]
    assert Stub().answer(target, b"p10") == b"xxxxxxxx"
    assert Stub().answer(target, b"pf") == b"0f000000"
