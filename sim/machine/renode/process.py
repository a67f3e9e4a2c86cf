"""The life of a Renode process: started headless, waited for, and never left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path

from sim.errors import EnvironmentMissingError, SimulationError

# The shell holds the read end of a pipe: when this process ends, however it ends, the whole group goes.
_KEEPER = '( "$@" </dev/null; echo "exit status $?"; kill -KILL 0 ) & read -r _; kill -KILL 0'
_OPTIONS = ("--disable-xwt", "--plain")
_START_TIMEOUT_SECONDS = 300.0  # seconds of work, on a machine with much else to do
_START_ATTEMPTS = 3
_POLL_SECONDS = 0.05
_END_TIMEOUT_SECONDS = 10.0
_LAST_WORDS_SECONDS = 3.0  # a connection breaks before its process has ended
_TAIL_LINES = 6
# Renode 1.6 says that it listens before it tries to, and dies a moment later where the port is taken.
_SETTLING_SECONDS = 0.2
_LISTENING = "remote server is listening"
_PORT_TAKEN = re.compile(r"address already in use|could not start the http server", re.IGNORECASE)
_STACK_FRAME = re.compile(r"\s*at \S+")
_CONTROL_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class RenodeProcess:
    """A Renode that serves Robot Framework's remote protocol on a port of this machine.

    Parameters
    ----------
    program
        Renode's launcher.
    start_timeout_seconds
        How long it may take until it accepts connections.

    Attributes
    ----------
    port
        The port.
    folder
        A directory for files that are exchanged with it, which goes with the process.

    Raises
    ------
    EnvironmentMissingError
        It does not start.
    """

    def __init__(self, program: Path, *, start_timeout_seconds: float = _START_TIMEOUT_SECONDS) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="boardless-renode-")
        self.folder = Path(self._directory.name)
        self._log_path = self.folder / "renode.log"
        deadline = time.monotonic() + start_timeout_seconds
        for attempts_left in reversed(range(_START_ATTEMPTS)):
            self._launch(program)
            try:
                self._await_server(program, deadline)
            except EnvironmentMissingError:
                if attempts_left and not self.is_alive and self._lost_its_port():
                    self._forget()
                    continue
                self.close()
                raise
            except BaseException:
                self.close()
                raise
            return

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def log(self) -> list[str]:
        """Return the lines that Renode has printed."""
        try:
            text = self._log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [line for line in _CONTROL_SEQUENCES.sub("", text).splitlines() if line.strip()]

    def require_alive(self) -> None:
        """Raise SimulationError when the process has ended, or ends within a moment."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)
        if not self.is_alive:
            raise SimulationError(f"Renode ended in the middle of the run{self._said()}")

    def close(self) -> None:
        """End the process and everything that it has started, and remove its files."""
        self._end()

    def _launch(self, program: Path) -> None:
        self.port = _free_port()
        command = [str(program), *_OPTIONS, "--robot-server-port", str(self.port)]
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._end = weakref.finalize(self, _end, self._process, self._directory)

    def _forget(self) -> None:
        """Make room for another process in the place of one that has ended."""
        self._end.detach()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _lost_its_port(self) -> bool:
        """Whether somebody took the port between the choice and the start."""
        return any(_PORT_TAKEN.search(line) for line in self.log())

    def _await_server(self, program: Path, deadline: float) -> None:
        while True:
            if not self.is_alive:
                raise EnvironmentMissingError(
                    f"{program} ended while it started{self._said()}",
                    "start it by hand to see what it needs: libraries, .NET or Mono",
                )
            if self._accepts_connections():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_SETTLING_SECONDS)
                if self.is_alive:
                    return
            if time.monotonic() > deadline:
                raise EnvironmentMissingError(
                    f"{program} did not open its remote server in time{self._said()}",
                    "start it by hand with --robot-server-port to see why",
                )
            time.sleep(_POLL_SECONDS)

    def _accepts_connections(self) -> bool:
        if not any(_LISTENING in line for line in self.log()):
            return False  # whoever is behind the port, it is not this process
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _said(self) -> str:
        lines = [line for line in self.log() if not _STACK_FRAME.match(line)]
        tail = " / ".join(lines[-_TAIL_LINES:])
        return f"; it printed: {tail}" if tail else ""


def _end(process: subprocess.Popen[bytes], directory: tempfile.TemporaryDirectory[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_TIMEOUT_SECONDS)
    directory.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))  # Renode listens on all interfaces
        return int(probe.getsockname()[1])
