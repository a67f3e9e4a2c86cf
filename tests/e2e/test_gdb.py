"""A real GDB controls runs: breakpoints, registers, memory, steps, watchpoints, faults."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.debug.packet import encode
from tests.support.firmware import build_firmware
from tests.support.gdb_client import Client, free_port

_TIMEOUT_SECONDS = 90


def gdb_program() -> str:
    found = shutil.which("gdb-multiarch") or shutil.which("arm-none-eabi-gdb")
    if found is None:
        pytest.skip("neither gdb-multiarch nor arm-none-eabi-gdb is installed")
    return found


def debug(arguments: Sequence[str], symbols: Path, commands: Sequence[str]) -> tuple[list[str], dict, int]:
    """Return what GDB printed, the result document, and the exit code of `sim run`."""
    gdb, port = gdb_program(), free_port()
    command = [sys.executable, "-m", "sim", "run", *arguments, "--json", "--gdb", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stderr is not None
            assert f"target remote :{port}" in run.stderr.readline()
            script = ["set confirm off", "set pagination off", f"target remote :{port}", *commands]
            batch = [gdb, "-nx", "-batch", *(part for line in script for part in ("-ex", line)), str(symbols)]
            done = subprocess.run(
                batch,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
            out, _ = run.communicate(timeout=_TIMEOUT_SECONDS)
        finally:
            run.kill()
    return done.stdout.splitlines(), json.loads(out) if out else {}, run.returncode


@pytest.fixture(scope="module")
def elf() -> Path:
    return build_firmware("debuggee.c") / "app.elf"


def firmware(elf: Path) -> list[str]:
    return ["--platform", "stm32l4r5", "--firmware", str(elf), "--until-symbol", "finish"]


def test_a_session_from_reset_to_the_end(elf: Path) -> None:
    printed, result, code = debug(
        firmware(elf),
        elf,
        [
            'printf "at reset %d\\n", $pc == (int)&reset - ((int)&reset & 1)',
            "break count_to",
            "continue",
            'printf "limit %d\\n", $r0',
            "p/x *(unsigned *)0xe000ed00",
            "p $d0",
            "delete",
            "watch *(unsigned *)&counter",
            "continue",
            "continue",
            "continue",
            'printf "counter %d\\n", *(unsigned *)&counter',
            "delete",
            "stepi",
            "stepi",
            "set var *(unsigned *)&counter = 995",
            "monitor cycles",
            "continue",
        ],
    )
    text = "\n".join(printed)
    assert "at reset 1" in printed
    assert "limit 1000" in printed
    assert "0x410fc241" in text
    assert "Old value = 1" in text
    assert "counter 3" in printed
    assert any(line.isdigit() and int(line) > 20 for line in printed)
    assert "exited normally" in text
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_run_under_a_debugger_costs_what_it_costs_without(elf: Path) -> None:
    command = [sys.executable, "-m", "sim", "run", *firmware(elf), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    alone = json.loads(done.stdout)
    steps = [
        "break count_to",
        "continue",
        "stepi",
        "stepi",
        "stepi",
        "watch *(unsigned *)&sink",
        "continue",
        "delete",
    ]
    _, result, _ = debug(firmware(elf), elf, [*steps, "continue"])
    for figure in ("cycles", "instructions", "energy_joules", "instruction_mix", "memory"):
        assert result[figure] == alone[figure], figure


def test_a_reset_goes_back_to_the_beginning(elf: Path) -> None:
    printed, result, code = debug(
        firmware(elf),
        elf,
        [
            "monitor cycles",
            "watch *(unsigned *)&counter",
            "continue",
            "continue",
            "monitor cycles",
            "monitor reset",
            "maintenance flush register-cache",
            'printf "counter %d\\n", *(unsigned *)&counter',
            "monitor cycles",
            "delete",
            "continue",
        ],
    )
    assert "counter 0" in printed
    first, later, again = (int(line) for line in printed if line.isdigit())
    assert later > first == again
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_fault_is_shown_where_it_happened_and_then_ends_the_run() -> None:
    elf = build_firmware("debuggee.c", defines=("FAULTS",)) / "app.elf"
    arguments = ["--platform", "stm32l4r5", "--firmware", str(elf), "--timeout-cycles", "10M"]
    printed, result, code = debug(arguments, elf, ["continue", "info symbol $pc", "continue"])
    assert any("SIGSEGV" in line for line in printed)
    assert any(line.startswith("fault in section") for line in printed)
    assert (code, result["stop_reason"]) == (3, "fault")


def test_a_debugger_that_leaves_does_not_end_the_run(elf: Path) -> None:
    _, result, code = debug(firmware(elf), elf, ["break count_to", "continue", "detach"])
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_debugger_that_kills_ends_it(elf: Path) -> None:
    _, result, code = debug(firmware(elf), elf, ["kill"])
    assert (code, result) == (3, {})


def test_a_model_run_is_debugged_through_the_markers_of_its_runner() -> None:
    runner = Path("firmware/prebuilt/runner-cortex-m4f.elf").resolve()
    printed, result, code = debug(
        ["--platform", "stm32l4r5"],
        runner,
        [
            "break sim_mark_op_begin",
            "continue",
            "continue",
            'printf "operator %d\\n", $r0',
            "delete",
            "continue",
        ],
    )
    assert "operator 1" in printed
    assert (code, result["stop_reason"]) == (0, "completed")


def test_a_run_on_qemu_is_debugged_through_its_own_stub() -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    runner = Path("firmware/prebuilt/runner-cortex-m4f.elf").resolve()
    arguments = ["--platform", "mps2-an386", "--engine", "qemu"]
    moved = ["symbol-file", f"add-symbol-file {runner} -o -0x08000000"]
    steps = ["break sim_mark_op_begin", "continue", "info symbol $pc", "delete", "continue"]
    printed, result, code = debug(arguments, runner, [*moved, *steps])
    assert any(line.startswith("sim_mark_op_begin in section") for line in printed)
    assert (code, result["stop_reason"], result["engine"]["name"]) == (0, "completed", "qemu")


def test_an_interrupt_stops_firmware_that_never_ends(elf: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "sim", "run", "--platform", "stm32l4r5", "--firmware", str(elf)]
    with subprocess.Popen([*command, "--gdb", str(port)], stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stderr is not None
            run.stderr.readline()
            client = Client(port)
            client.socket.sendall(encode(b"c"))
            client.socket.sendall(b"\x03")
            assert client.read() == b"T02thread:1;"
            client.socket.sendall(b"$$$garbage#00")  # the machine stays where it is, and the stub answers
            assert client.ask(b"?") == b"T02thread:1;"
            client.socket.sendall(encode(b"k"))
            assert run.wait(_TIMEOUT_SECONDS) == 3
        finally:
            run.kill()


def test_waiting_for_a_debugger_ends_with_an_interrupt_at_the_keyboard(elf: Path) -> None:
    command = [sys.executable, "-m", "sim", "run", "--platform", "stm32l4r5", "--firmware", str(elf)]
    with subprocess.Popen([*command, "--gdb", str(free_port())], stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stderr is not None
            run.stderr.readline()
            time.sleep(1.0)  # until it waits; an earlier interrupt ends it as well
            run.send_signal(signal.SIGINT)
            assert run.wait(_TIMEOUT_SECONDS) == 130
        finally:
            run.kill()
