"""QEMU without the plugin, on the same board, image and clock: what the plugin is measured against."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.errors import EnvironmentMissingError
from sim.machine.installation import Installation

_WARM_UP_INSTRUCTIONS = 20_000_000
_WARM_UP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_ROUND_SECONDS = 0.1


class PlainQemu:
    """A QEMU that runs firmware which never ends, a round at a time.

    Attributes
    ----------
    best_rate
        Instructions per second of host time in the fastest round.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._commands, self._answers = process.stdin, process.stdout
        self._answers.readline()  # the greeting
        self._execute("qmp_capabilities")
        self.best_rate = 0.0

    def warm_up(self) -> None:
        """Run until the code has been translated."""
        self._execute("cont")
        give_up = time.monotonic() + _WARM_UP_SECONDS
        while self._instructions() < _WARM_UP_INSTRUCTIONS and time.monotonic() < give_up:
            time.sleep(_POLL_SECONDS)
        self._execute("stop")

    def measure(self) -> None:
        """Run one round."""
        self._execute("cont")
        first, started = self._instructions(), time.perf_counter()
        time.sleep(_ROUND_SECONDS)
        rate = (self._instructions() - first) / (time.perf_counter() - started)
        self._execute("stop")
        self.best_rate = max(self.best_rate, rate)

    def _instructions(self) -> int:
        return int(self._execute("query-replay")["icount"])

    def _execute(self, command: str) -> dict[str, Any]:
        try:
            self._commands.write(json.dumps({"execute": command}) + "\n")
            self._commands.flush()
            while True:
                answer = json.loads(self._answers.readline())
                if "error" in answer:
                    raise ValueError(answer["error"].get("desc", command))
                if "return" in answer:  # anything else is an event
                    return dict(answer["return"])
        except (OSError, ValueError) as error:
            raise EnvironmentMissingError(
                f"QEMU does not answer {command}: {error}", "`sim doctor` says which versions work"
            ) from error


@contextlib.contextmanager
def plain_qemu(
    qemu: Installation, arguments: Sequence[str], contents: Sequence[tuple[int, bytes]]
) -> Iterator[PlainQemu]:
    """Start QEMU without the plugin, held before its first instruction.

    Parameters
    ----------
    arguments
        Of its command line: the machine, and ``-icount``, by which instructions are counted.
    contents
        Base addresses and initial bytes of memories.

    Raises
    ------
    EnvironmentMissingError
        QEMU does not start, or does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="sim-qemu-") as name:
        command = [str(qemu.path), *arguments, "-display", "none", "-nodefaults", "-S"]
        command += ["-chardev", "stdio,id=control,signal=off", "-mon", "chardev=control,mode=control"]
        for number, (address, data) in enumerate(contents):
            file = Path(name, f"memory-{number}")
            file.write_bytes(data)
            command += ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]
        with subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield PlainQemu(process)
            finally:
                process.kill()
