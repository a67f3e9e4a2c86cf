"""Builds the plugin for the QEMU that is installed, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
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
        There is no C compiler, or it refuses the plugin, or there is no place for it.
    """
    interface = 1 if int(qemu.version.split(".")[0]) < _SECOND_INTERFACE else 2
    sources = [*sorted(_SOURCES.glob("*.[ch]")), *sorted(_COUNTING_CORE.glob("hot_*.h"))]
    key = hashlib.sha256(f"{qemu.version} {interface} {_FLAGS}".encode())
    for source in sources:
        key.update(source.read_bytes())
    cache = block_cache.cache_directory()
    if cache is None:
        raise EnvironmentMissingError(
            "there is no place for the plugin for QEMU", "set XDG_CACHE_HOME to a directory of yours"
        )
    plugin = cache / "qemu" / f"counting-{key.hexdigest()[:32]}.so"
    try:
        if not plugin.exists():
            plugin.parent.mkdir(parents=True, exist_ok=True)
            _compile(plugin, interface)
    except OSError as error:
        raise EnvironmentMissingError(
            f"the plugin for QEMU cannot be written to {plugin.parent}: {error.strerror}",
            "set XDG_CACHE_HOME to a directory of yours",
        ) from error
    return plugin


def _compile(plugin: Path, interface: int) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise EnvironmentMissingError(
            "the engine qemu needs a C compiler, once, and there is none on PATH",
            "install one: apt install gcc libc6-dev",
        )
    # Renamed when complete: others may build it as well.
    unfinished = plugin.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
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
