"""Monitor commands as Renode's scripts have them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.backends import LocalBackend
from sim.errors import SimError, UsageError
from sim.inference import RunRequest
from sim.robot.boards import Boards, BoardUnderTest
from sim.robot.monitor import Monitor
from sim.robot.monitor_text import parse_seconds, script_commands, split_commands

SHELL = Path(__file__).resolve().parents[2] / "firmware/shell/shell.elf"
CREATE = "mach create; machine LoadPlatformDescription @platforms/cpus/stm32l4r5.repl"


class Bench:
    """A monitor, and the boards that it has created."""

    def __init__(self) -> None:
        self.boards = Boards()
        self.monitor = Monitor(self.boards, self._create)
        self.created: list[tuple[str, str]] = []

    def _create(self, platform: str, name: str) -> None:
        self.created.append((platform, name))
        request = RunRequest(platform=platform)
        self.boards.add(BoardUnderTest(name, request, LocalBackend()))

    def fails(self, command: str) -> SimError:
        with pytest.raises(SimError) as failed:
            self.monitor.execute(command)
        return failed.value


class LoadedBench(Bench):
    """A bench with one machine that has the shell."""

    def __init__(self) -> None:
        super().__init__()
        self.monitor.execute(CREATE)
        self.monitor.execute(f"sysbus LoadELF @{SHELL}")


def test_a_platform_is_known_by_the_name_of_its_description() -> None:
    bench = Bench()
    for path in ("@platforms/cpus/stm32l4r5.repl", "@platforms/boards/stm32f7_discovery-bb.repl"):
        bench.monitor.execute("mach create")
        bench.monitor.execute(f"machine LoadPlatformDescription {path}")
    assert bench.created == [("stm32l4r5", "machine-0"), ("stm32f746", "machine-1")]


def test_a_machine_needs_a_platform_before_anything_else() -> None:
    bench = Bench()
    assert "no machine without a platform" in bench.fails("machine LoadPlatformDescription @x.repl").message
    bench.monitor.execute('mach create "left"')
    for command in ("sysbus LoadELF @x.elf", "mach create"):
        assert bench.fails(command).message == "machine 'left' has no platform yet"


def test_memory_is_read_and_written_by_any_width() -> None:
    bench = LoadedBench()
    execute = bench.monitor.execute
    execute("sysbus WriteQuadWord 0x20010000 0x8877665544332211")
    execute("sysbus WriteByte 0x20010001 0x1AA")
    assert execute("sysbus ReadByte 0x20010001") == "0xAA"
    assert execute("sysbus ReadWord 0x20010000") == "0xAA11"
    assert execute("sysbus ReadDoubleWord 0x20010004") == "0x88776655"
    assert execute("sysbus ReadQuadWord 0x20010000") == "0x887766554433AA11"
    assert "no memory of 4 bytes" in bench.fails("sysbus ReadDoubleWord 0x70000000").message


def test_all_machines_run_for_an_interval() -> None:
    bench = LoadedBench()
    bench.monitor.execute(CREATE)
    bench.monitor.execute(f"sysbus LoadELF @{SHELL}")
    bench.monitor.execute('emulation RunFor "00:00:00.005"')
    uptimes = [board.firmware.board.uptime_seconds for board in bench.boards]
    assert uptimes == pytest.approx([0.005, 0.005], abs=1e-6)


def test_a_binary_beside_the_image_is_data(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"model")
    bench = LoadedBench()
    bench.monitor.execute(f"sysbus LoadBinary @{tmp_path}/model.bin 0x08100000")
    assert bench.monitor.execute("sysbus ReadByte 0x08100000") == f"0x{ord('m'):02X}"
    assert int(bench.monitor.execute("sysbus ReadDoubleWord 0x08000000"), 0) == 0x2000_4000


def test_variables_macros_and_scripts_work_together(tmp_path: Path) -> None:
    (tmp_path / "inner.resc").write_text("echo $ORIGIN ; echo $name", encoding="utf-8")
    script = tmp_path / "outer.resc"
    script.write_text(
        ':name: outer\n# comment\n$name?="default"\n$path=@inner.resc\n'
        'macro twice\n"""\n    include $path\n    echo "a; b"\n"""\nrunMacro $twice\n',
        encoding="utf-8",
    )
    bench = Bench()
    bench.monitor.execute("$name=given")
    assert bench.monitor.execute_script(script) == f"{tmp_path}\ngiven\na; b"


def test_a_script_that_includes_itself_ends(tmp_path: Path) -> None:
    script = tmp_path / "loop.resc"
    script.write_text("include @loop.resc", encoding="utf-8")
    with pytest.raises(UsageError, match="included over and over"):
        Bench().monitor.execute_script(script)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("cpu Step 5", "the monitor command 'cpu Step' is not supported"),
        ("sysbus LoadELF", "the command takes a file, not 0 words"),
        ("sysbus LoadELF @https://example.org/a.elf", "is not on this machine"),
        ("sysbus LoadBinary @x.bin", "takes a file and an address"),
        ("sysbus ReadByte there", "'there' is no number"),
        ("sysbus WriteByte 1", "takes an address and a value"),
        ("emulation RunFor soon", "'soon' is no time interval"),
        ("echo $nothing", "there is no variable $nothing"),
        ("runMacro $nothing", "there is no macro 'nothing'"),
        ("include @nowhere.resc", "cannot read the script 'nowhere.resc'"),
        ("mach set other", "there is no board 'other'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(command: str, message: str) -> None:
    assert message in LoadedBench().fails(command).message


def test_a_command_that_is_close_is_suggested() -> None:
    assert "did you mean 'sysbus LoadELF'?" in Bench().fails("sysbus loadElf @x").hint


@pytest.mark.parametrize(
    ("text", "seconds"), [("0.1", 0.1), ("2", 2), ("00:00:01.5", 1.5), ("01:02:03", 3723), ("2:03", 123)]
)
def test_intervals_are_seconds_or_clock_times(text: str, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


def test_words_strings_and_semicolons_are_told_apart() -> None:
    assert split_commands('mach create "a b"; echo @my\\ file;;') == [
        ["mach", "create", "a b"],
        ["echo", "@my file"],
    ]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_executed_or_refused(text: str) -> None:
    bench = Bench()
    for command in script_commands(text):
        with contextlib.suppress(SimError):
            bench.monitor.execute(command)
