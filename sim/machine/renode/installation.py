"""Finds Renode on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from sim.errors import EnvironmentMissingError
from sim.machine.installation import Installation

PATH_VARIABLE = "RENODE_PATH"
_PROGRAM = "renode"
_RENODE_RUN_CONFIG = ".config/renode/renode-run.json"  # renode_run/defaults.py of antmicro/renode-run
_INSTALL = (
    "install it: pip install git+https://github.com/antmicro/renode-run && renode-run download; "
    f"or set {PATH_VARIABLE} to its folder"
)
_VERSION_TIMEOUT_SECONDS = 60.0


def find_renode() -> Installation:
    """Return the Renode that ``RENODE_PATH`` names, the one on PATH, or the one that renode-run keeps.

    Raises
    ------
    EnvironmentMissingError
        There is none, or it does not start.
    """
    path = find_program()
    try:
        answer = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentMissingError(f"{path} does not start: {error}", _INSTALL) from error
    # Versions before 1.13 know no --version: they print their options, and work all the same.
    return Installation(path, parse_version(answer) or "version unknown")


def find_program() -> Path:
    """Return the path of Renode's launcher, without starting it.

    Raises
    ------
    EnvironmentMissingError
        There is none.
    """
    named = os.environ.get(PATH_VARIABLE)
    if named:
        for candidate in (Path(named), Path(named) / _PROGRAM):
            if candidate.is_file() and os.access(candidate, os.X_OK):
                return candidate
        raise EnvironmentMissingError(
            f"{PATH_VARIABLE} is {named!r}, where there is no program to start",
            f"set it to Renode's launcher, or to the folder of a program called {_PROGRAM!r}",
        )
    on_path = shutil.which(_PROGRAM)
    if on_path is not None:
        return Path(on_path)
    for folder in _kept_by_renode_run():
        if (folder / _PROGRAM).is_file():
            return folder / _PROGRAM
    raise EnvironmentMissingError("Renode is not on PATH, and renode-run keeps none", _INSTALL)


def parse_version(text: str) -> str | None:
    """Return the version in what Renode says of itself, such as ``1.16.1``."""
    match = re.search(r"\b(?:version |v)(\d+(?:\.\d+)+)", text)
    return match[1] if match is not None else None


def _kept_by_renode_run() -> list[Path]:
    """Return the folders that renode-run has installed to, its default first."""
    try:
        config = json.loads((Path.home() / _RENODE_RUN_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    folders = [*config.get("default", {}).values(), *config.get("installations", {})]
    return [Path(folder) for folder in folders]
