"""The engines by name. Each is imported only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.debug import DebugRequest
    from sim.machine.protocol import FirmwareMachine, Level, Machine, Marker
    from sim.platform import Platform

_MACHINES = {
    "embedded": ("sim.machine.embedded.engine", "EmbeddedMachine"),
    "qemu": ("sim.machine.qemu.machine", "QemuMachine"),
    "renode": ("sim.machine.renode.machine", "RenodeMachine"),
}
_FIRMWARE_MACHINES = {
    "qemu": ("sim.machine.qemu.firmware", "QemuFirmwareMachine"),
    "renode": ("sim.machine.renode.firmware", "RenodeFirmwareMachine"),
}
ENGINES = tuple(_MACHINES)
DEFAULT_ENGINE = "embedded"


def check_engine(name: str) -> None:
    """Raise UsageError when there is no engine called `name`."""
    if name not in ENGINES:
        close = difflib.get_close_matches(name, ENGINES, n=1)
        meant = f"did you mean {close[0]}? " if close else ""
        raise UsageError(f"there is no engine called {name!r}", f"{meant}engines: {', '.join(ENGINES)}")


def create_machine(
    name: str,
    platform: Platform,
    clock_hz: int,
    markers: Sequence[Marker],
    *,
    level: Level,
    image_sha256: str,
    data_only_flash: range | None,
    on_progress: Callable[[int], None] | None,
    debug: DebugRequest | None = None,
) -> Machine:
    """Create a machine of the named engine; see :class:`sim.machine.embedded.engine.EmbeddedMachine`.

    Raises
    ------
    UsageError
        There is no such engine, or it has no such board, or the debugger's port is in use.
    EnvironmentMissingError
        The program behind the engine is not installed.
    """
    create: Callable[..., Machine] = _machine_class(name, _MACHINES)
    return create(
        platform,
        clock_hz,
        markers,
        level=level,
        image_sha256=image_sha256,
        data_only_flash=data_only_flash,
        on_progress=on_progress,
        debug=debug,
    )


def create_firmware_machine(
    name: str,
    platform: Platform,
    clock_hz: int,
    markers: Sequence[Marker],
    *,
    level: Level,
    image_sha256: str,
    on_progress: Callable[[int], None] | None,
    debug: DebugRequest | None,
) -> FirmwareMachine:
    """Create a machine with the peripherals of an engine other than the embedded one.

    Raises
    ------
    UsageError
        There is no such engine, or it has no such board, or the debugger's port is in use.
    EnvironmentMissingError
        The program behind the engine is not installed.
    """
    create: Callable[..., FirmwareMachine] = _machine_class(name, _FIRMWARE_MACHINES)
    return create(
        platform,
        clock_hz,
        markers,
        level=level,
        image_sha256=image_sha256,
        on_progress=on_progress,
        debug=debug,
    )


def _machine_class(name: str, places: Mapping[str, tuple[str, str]]) -> Any:
    check_engine(name)
    module, machine = places[name]
    return getattr(importlib.import_module(module), machine)
