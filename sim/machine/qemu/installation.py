"""Finds QEMU on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from sim.errors import EnvironmentMissingError
from sim.machine.installation import Installation

_PROGRAM = "qemu-system-arm"
_INSTALL = "install it: apt install qemu-system-arm"
_OLDEST = (6, 0)  # the first whose plugins say the size of a translation block as this one's plugin reads it
_VERSION_TIMEOUT_SECONDS = 20.0


def find_qemu() -> Installation:
    """Return the QEMU on PATH.

    Raises
    ------
    EnvironmentMissingError
        There is none, it does not start, or it is too old.
    """
    path = shutil.which(_PROGRAM)
    if path is None:
        raise EnvironmentMissingError(f"{_PROGRAM} is not on PATH", _INSTALL)
    return _look_at(path, Path(path).stat().st_mtime_ns)


@cache
def _look_at(path: str, _changed_ns: int) -> Installation:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentMissingError(f"{path} does not start: {error}", _INSTALL) from error
    match = re.search(r"version (\d+)\.(\d+)(\.\d+)*", answer)
    if match is None:
        raise EnvironmentMissingError(f"{path} does not say its version: {answer.strip()!r}", _INSTALL)
    version = match.group().removeprefix("version ")
    if (int(match[1]), int(match[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise EnvironmentMissingError(
            f"{path} is QEMU {version}, older than {oldest}", f"install QEMU {oldest} or newer"
        )
    return Installation(Path(path), version)
