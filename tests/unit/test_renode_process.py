"""Renode's process: it starts or says why not, it answers or is given up, and it never stays behind."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.errors import EnvironmentMissingError, SimulationError
from sim.machine.renode import process as renode_process
from sim.machine.renode.monitor import Monitor, path_token, refusal
from sim.machine.renode.process import RenodeProcess
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, PORT_TAKEN_STARTS, install_fake_renode

PATIENCE_SECONDS = 20.0
ROOT = Path(__file__).resolve().parents[2]

Start = Callable[..., RenodeProcess]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a fake Renode that behaves as asked."""
    launcher = install_fake_renode(tmp_path)
    started: list[RenodeProcess] = []

    def start_it(behaviour: str = "", timeout_seconds: float = 60.0) -> RenodeProcess:
        monkeypatch.setenv(BEHAVIOUR_VARIABLE, behaviour)
        started.append(RenodeProcess(launcher, start_timeout_seconds=timeout_seconds))
        return started[-1]

    yield start_it
    for process in started:
        process.close()


def is_gone(pid: int) -> bool:
    """Whether a process ends within a patient wait; zombies that nobody collects count as ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_commands_reach_the_monitor(start: Start) -> None:
    assert Monitor(start()).execute("version").startswith("Renode v1.16.1")


def test_a_renode_that_ends_at_once_is_reported_with_what_it_printed(start: Start) -> None:
    with pytest.raises(EnvironmentMissingError, match="libgtk-3") as raised:
        start("dies")
    assert "exit status 127" in raised.value.message


def test_a_renode_that_never_opens_its_server_is_given_up(start: Start) -> None:
    with pytest.raises(EnvironmentMissingError, match="did not open its remote server"):
        start("silent", timeout_seconds=0.5)


def test_a_port_that_somebody_took_meanwhile_is_replaced(start: Start, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    process = start(f"port-taken:{starts}")
    ports = [int(port) for port in starts.read_text(encoding="ascii").split()]
    assert len(ports) == PORT_TAKEN_STARTS
    assert ports[-1] == process.port
    assert Monitor(process).execute("version")


def test_a_port_of_another_server_is_not_mistaken_for_renodes_own(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(renode_process, "_free_port", lambda: other.getsockname()[1])
        with pytest.raises(EnvironmentMissingError, match="Address already in use"):
            start()


def test_closing_ends_what_renode_has_started_and_removes_its_folder(start: Start, tmp_path: Path) -> None:
    child = tmp_path / "child"
    process = start(f"forks:{child}")
    assert process.folder.is_dir()
    process.close()
    assert is_gone(int(child.read_text(encoding="utf-8")))
    assert not process.folder.exists()


def test_a_process_that_nobody_holds_any_more_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    monkeypatch.setenv(BEHAVIOUR_VARIABLE, f"forks:{child}")
    process = RenodeProcess(install_fake_renode(tmp_path))
    folder = process.folder
    del process
    gc.collect()
    assert is_gone(int(child.read_text(encoding="utf-8")))
    assert not folder.exists()


def test_nothing_stays_behind_when_python_is_killed(tmp_path: Path) -> None:
    launcher = install_fake_renode(tmp_path)
    child = tmp_path / "child"
    program = (
        "import pathlib, sys, time\n"
        "from sim.machine.renode.process import RenodeProcess\n"
        f"process = RenodeProcess(pathlib.Path({str(launcher)!r}))\n"
        "print('started', flush=True)\n"
        "time.sleep(1000)\n"
    )
    environment = {**os.environ, BEHAVIOUR_VARIABLE: f"forks:{child}", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, text=True
    ) as python:
        assert python.stdout is not None
        assert python.stdout.readline() == "started\n"
        python.send_signal(signal.SIGKILL)
    assert is_gone(int(child.read_text(encoding="utf-8")))


def test_a_refused_command_gives_the_reason_on_one_line(start: Start) -> None:
    with pytest.raises(SimulationError) as raised:
        Monitor(start()).execute("sysbus.uart9 Size")
    assert raised.value.message == (
        "Renode refuses 'sysbus.uart9 Size': No such command or device: sysbus.uart9"
    )


def test_control_characters_in_an_answer_do_no_harm(start: Start) -> None:
    with pytest.raises(SimulationError, match=r"There was an error in the middle\."):
        Monitor(start("refuses:version")).execute("version")


def test_a_renode_that_ends_during_a_command_is_reported_with_what_it_printed(start: Start) -> None:
    monitor = Monitor(start("dies-at:version"))
    with pytest.raises(SimulationError, match="OutOfMemoryException"):
        monitor.execute("version")


def test_a_renode_that_hangs_is_given_up(start: Start) -> None:
    monitor = Monitor(start("hangs-at:version"), timeout_seconds=0.3)
    with pytest.raises(SimulationError, match=r"did not finish 'version' within 0\.3 seconds"):
        monitor.execute("version")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "KeywordException: Could not execute command 'x': Parameters did not\nmatch",
            "Parameters did not match",
        ),
        ("KeywordException: There was an error when executing command 'x': no file", "no file"),
        (
            "KeywordException: Could not execute command 'include @x.cs': There was an error executing "
            "command 'include @x.cs'File does not exist: x.cs\n",
            "File does not exist: x.cs",
        ),
        (
            "KeywordException: Could not execute command 'python \"open('x', 'w')\"': There was an error "
            "executing command 'python \"open('x', 'w')\"'Error E20: Undefined reference 'missing'.",
            "Error E20: Undefined reference 'missing'.",
        ),
        ("NullReferenceException: Object reference not set", "Object reference not set"),
        (
            "KeywordException: Could not execute command 'x': TargetInvocationException: Exception has been "
            "thrown by the target of an invocation.\nInvalidOperationException: Unknown cpu type\n",
            "Unknown cpu type",
        ),
        ("", "it does not say why"),
    ],
)
def test_error_texts_of_all_kinds_become_a_reason(text: str, reason: str) -> None:
    assert refusal(text) == reason


def test_spaces_in_paths_are_escaped_for_the_monitor() -> None:
    assert path_token(Path("/my files/a.bin")) == r"@/my\ files/a.bin"
