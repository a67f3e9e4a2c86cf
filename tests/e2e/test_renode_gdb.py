"""A real GDB controls runs in real Renode, where both are installed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sim.debug.packet import encode
from sim.errors import EnvironmentMissingError
from sim.machine.renode.installation import find_renode
from tests.e2e.test_gdb import debug
from tests.support.firmware import build_firmware
from tests.support.gdb_client import Client, free_port

_PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def real_renode() -> None:
    """Skip without Renode on this machine."""
    try:
        find_renode()
    except EnvironmentMissingError as error:
        pytest.skip(f"{error.message}; {error.hint}")


@pytest.fixture(scope="module")
def elf() -> Path:
    return build_firmware("debuggee.c") / "app.elf"


def firmware(elf: Path) -> list[str]:
    return ["--platform", "stm32l4r5", "--engine", "renode", "--firmware", str(elf)]


def test_a_session_from_reset_to_the_end(elf: Path) -> None:
    printed, result, code = debug(
        [*firmware(elf), "--until-symbol", "finish"],
        elf,
        [
            'printf "at reset %d\\n", $pc == (int)&reset - ((int)&reset & 1)',
            "break count_to",
            "continue",
            'printf "limit %d\\n", $r0',
            "p/x *(unsigned *)0xe000ed00",
            "set var $r9 = 0x1234",
            'printf "r9 %x\\n", $r9',
            "delete",
            "watch *(unsigned *)&counter",
            "continue",
            "continue",
            "continue",
            'printf "counter %d\\n", *(unsigned *)&counter',
            "delete",
            "rwatch *(unsigned *)&sink",
            "continue",
            "delete",
            "stepi",
            "stepi",
            "monitor cycles",
            "stepi",
            "monitor cycles",
            "set var *(unsigned *)&counter = 995",
            "continue",
        ],
    )
    text = "\n".join(printed)
    assert "at reset 1" in printed
    assert "limit 1000" in printed
    assert "r9 1234" in printed
    assert "= 0x41" in text  # the implementer in CPUID; which core it is depends on Renode's version
    assert "Old value = 1" in text
    assert "counter 3" in printed
    assert "Hardware read watchpoint" in text
    first, second = (int(line) for line in printed if line.isdigit())
    assert 20 < first < second < first + 10
    assert "exited normally" in text
    assert (code, result["stop_reason"], result["engine"]["name"]) == (0, "completed", "renode")


def test_cycles_under_a_debugger_that_stops_where_functions_begin_are_those_of_the_embedded_engine() -> None:
    runner = Path("firmware/prebuilt/runner-cortex-m4f.elf").resolve()
    steps = ["break *sim_mark_op_begin", "continue", "continue", 'printf "operator %d\\n", $r0']
    model = ["--platform", "stm32l4r5", "--kernels", "reference", "--memory-model", "timing"]
    results = []
    for engine in ("renode", "embedded"):
        printed, result, _ = debug(
            [*model, "--engine", engine], runner, [*steps, "monitor cycles", "delete", "continue"]
        )
        assert "operator 1" in printed
        results.append(
            (result["cycles"], result["instructions"], [line for line in printed if line.isdigit()])
        )
    assert results[0] == results[1]


def test_a_reset_goes_back_to_the_beginning_even_from_a_fault(elf: Path) -> None:
    printed, result, code = debug(
        [*firmware(elf), "--until-symbol", "finish"],
        elf,
        [
            "break count_to",
            "continue",
            "set var $pc = 0x60000000",
            "continue",
            "monitor reset",
            "maintenance flush register-cache",
            'printf "at reset %d\\n", $pc == (int)&reset - ((int)&reset & 1)',
            "monitor cycles",
            "delete",
            "continue",
        ],
    )
    assert any("SIGSEGV" in line for line in printed)
    assert "at reset 1" in printed
    assert "0" in printed
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_debugger_that_leaves_does_not_end_the_run(elf: Path) -> None:
    arguments = [*firmware(elf), "--until-symbol", "finish"]
    _, result, code = debug(arguments, elf, ["break count_to", "continue", "detach"])
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_debugger_that_kills_ends_it(elf: Path) -> None:
    _, result, code = debug(firmware(elf), elf, ["kill"])
    assert (code, result) == (3, {})


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """Firmware that counts forever under a debugger, which has let it go."""
    port = free_port()
    elf = build_firmware("debuggee.c", defines=("ENDLESS",)) / "app.elf"
    command = [sys.executable, "-m", "sim", "run", *firmware(elf), "--gdb", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stderr is not None
            run.stderr.readline()
            client = Client(port)
            client.socket.sendall(encode(b"c"))
            yield run, client
        finally:
            run.kill()


def descendants(process: int) -> set[int]:
    """Return the processes that a process has started, directly or not."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {process, *found}} - found:
        found |= more
    return found


def are_gone(processes: set[int]) -> bool:
    """Wait for processes to end."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_firmware_that_never_ends_is_interrupted_and_killed(
    running: tuple[subprocess.Popen[str], Client],
) -> None:
    run, client = running
    children = descendants(run.pid)
    client.socket.sendall(b"\x03")
    assert client.read() == b"T02thread:1;"
    assert client.ask(b"s") == b"T05thread:1;"
    client.socket.sendall(encode(b"k"))
    assert run.wait(_PATIENCE_SECONDS) == 3
    assert children
    assert are_gone(children)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_is_left_behind_by_a_run_that_is_ended_under_a_debugger(
    running: tuple[subprocess.Popen[str], Client], sent: signal.Signals, code: int
) -> None:
    run, _ = running
    children = descendants(run.pid)
    run.send_signal(sent)
    assert run.wait(_PATIENCE_SECONDS) == code
    assert children
    assert are_gone(children)
