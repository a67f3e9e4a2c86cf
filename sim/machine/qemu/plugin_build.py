"""Builds the plugin for the QEMU that is installed, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sim.errors import EnvironmentMissingError
from sim.machine.embedded import block_cache
from sim.machine.installation import Installation

_SOURCES = Path(__file__).resolve().parent / "plugin"
_COUNTING_CORE = _SOURCES.parents[1] / "embedded"
_FLAGS = (
    *("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden"),
    "-fomit-frame-pointer",  # its register holds the address of the processor's state
)
_BUILD_TIMEOUT_SECONDS = 120.0
_SECOND_INTERFACE = 9  # QEMU 9.0 dropped version 1 of the plugin interface


def build_plugin(qemu: Installation) -> Path:
    """Return the compiled plugin, from the cache where it is there already.

    Raises
    ------
    EnvironmentMissingError
        There is no C compiler, or it refuses the plugin.
    """
    interface = 1 if int(qemu.version.split(".")[0]) < _SECOND_INTERFACE else 2
    sources = [*sorted(_SOURCES.glob("*.[ch]")), *sorted(_COUNTING_CORE.glob("hot_*.h"))]
    key = hashlib.sha256(f"{qemu.version} {interface} {_FLAGS}".encode())
    for source in sources:
        key.update(source.read_bytes())
    directory = (block_cache.cache_directory() or Path(tempfile.gettempdir()) / "boardless") / "qemu"
    plugin = directory / f"counting-{key.hexdigest()[:32]}.so"
    if not plugin.exists():
        directory.mkdir(parents=True, exist_ok=True)
        _compile(plugin, interface)
    return plugin


def _compile(plugin: Path, interface: int) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise EnvironmentMissingError(
            "the engine qemu needs a C compiler, once, and there is none on PATH",
            "install one: apt install gcc libc6-dev",
        )
    unfinished = plugin.with_suffix(f".{os.getpid()}")  # renamed when complete: other processes build as well
    command = (
        *(compiler, *_FLAGS, f"-DSIM_QEMU_API={interface}", f"-I{_COUNTING_CORE}"),
        *(str(_SOURCES / "counting.c"), "-o", str(unfinished)),
    )
    built = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_TIMEOUT_SECONDS)
    if built.returncode:
        raise EnvironmentMissingError(
            f"the plugin for QEMU does not compile: {_first_error(built.stderr)}",
            "install a compiler with the C library's headers: apt install gcc libc6-dev",
        )
    unfinished.replace(plugin)


def _first_error(output: str) -> str:
    lines = output.strip().splitlines() or ["the compiler does not say why"]
    return next((line for line in lines if "error" in line), lines[0])
