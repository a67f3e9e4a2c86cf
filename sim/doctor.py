"""What is installed on this machine, and what is missing."""

from __future__ import annotations

import importlib
import platform
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING

from sim.errors import EnvironmentMissingError, SimError

if TYPE_CHECKING:
    from sim.machine.installation import Installation


class Status(StrEnum):
    """Outcome of a check."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked for.

    Attributes
    ----------
    name
        What was looked for.
    status
        Whether it is there.
    required
        Whether ``sim run`` needs it.
    detail
        What was found.
    hint
        What to do when it is not there; empty when it is.
    """

    name: str
    status: Status
    required: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A distribution that ``sim run`` imports: a module of it to try, and the versions that work."""

    name: str
    module: str
    at_least: str
    below: str | None = None

    @property
    def requirement(self) -> str:
        """The requirement as ``pip`` takes it."""
        return f"{self.name}>={self.at_least}" + ("" if self.below is None else f",<{self.below}")


DEPENDENCIES = (
    Dependency("unicorn", "unicorn", at_least="2.1.1", below="2.1.4"),
    Dependency("capstone", "capstone", at_least="5.0.1", below="6"),
    Dependency("numpy", "numpy", at_least="1.26"),
    Dependency("pillow", "PIL", at_least="10"),
)
_EXTRAS = (
    ("reference kernels", "tflite-micro", "for --verify: pip install 'boardless[verify]'"),
    ("service", "grpcio", "for sim serve and --server: pip install 'boardless[serve]'"),
    ("Robot Framework", "robotframework", "for suites: pip install 'boardless[robot]'"),
    ("calibration", "scipy", "for sim calibrate: pip install 'boardless[calibrate]'"),
)
_TOOLS = (
    ("cross-compiler", ("arm-none-eabi-gcc",), "to build your own runner: apt install gcc-arm-none-eabi"),
    ("GDB", ("gdb-multiarch", "arm-none-eabi-gdb"), "for sim run --gdb: apt install gdb-multiarch"),
)


def check_environment() -> list[Check]:
    """Look for everything that Boardless needs or can use; required things first."""
    return [
        Check("Python", Status.OK, True, platform.python_version()),
        *map(check_dependency, DEPENDENCIES),
        _check_import(
            "C extension", "sim.machine.embedded._hot", "loaded", "pip install --force-reinstall boardless"
        ),
        _check_images(),
        *(_check_extra(*extra) for extra in _EXTRAS),
        check_qemu(),
        check_renode(),
        *(_check_tool(*tool) for tool in _TOOLS),
    ]


def check_qemu() -> Check:
    """Check whether ``--engine qemu`` can run: QEMU itself, and the plugin that counts."""
    from sim.machine.qemu.installation import find_qemu
    from sim.machine.qemu.plugin_build import build_plugin

    check = _check_engine("qemu", find_qemu)
    if check.status is not Status.OK:
        return check
    try:
        build_plugin(find_qemu())
    except EnvironmentMissingError as error:
        return Check(check.name, Status.BROKEN, False, f"{check.detail}, but {error.message}", error.hint)
    return check


def check_renode() -> Check:
    """Check whether ``--engine renode`` can run."""
    from sim.machine.renode.installation import find_renode

    return _check_engine("renode", find_renode)


def _check_engine(name: str, find: Callable[[], Installation]) -> Check:
    try:
        found = find()
    except EnvironmentMissingError as error:
        return Check(f"engine {name}", Status.MISSING, False, error.message, error.hint)
    return Check(f"engine {name}", Status.OK, False, f"{found.version}, {found.path}")


def check_dependency(dependency: Dependency) -> Check:
    """Check that a distribution is installed in a version that works, and can be imported."""
    hint = f"pip install '{dependency.requirement}'"
    try:
        version = metadata.version(dependency.name)
    except metadata.PackageNotFoundError:
        return Check(
            dependency.name, Status.MISSING, True, f"{dependency.requirement} is not installed", hint
        )
    too_new = dependency.below is not None and _numbers(version) >= _numbers(dependency.below)
    if too_new or _numbers(version) < _numbers(dependency.at_least):
        return Check(
            dependency.name, Status.BROKEN, True, f"{version}, but {dependency.requirement} is needed", hint
        )
    return _check_import(dependency.name, dependency.module, version, f"{hint} --force-reinstall")


def _check_import(name: str, module: str, detail: str, hint: str) -> Check:
    try:
        importlib.import_module(module)
    except (ImportError, OSError) as error:
        return Check(name, Status.BROKEN, True, f"cannot be loaded: {error}", hint)
    return Check(name, Status.OK, True, detail)


def _check_images() -> Check:
    from sim.firmware.manifest import load_manifest

    name = "runner images"
    try:
        manifest = load_manifest()
        for image in manifest.images:
            image.read()
    except SimError as error:
        return Check(name, Status.BROKEN, True, error.message, error.hint)
    return Check(name, Status.OK, True, ", ".join(dict.fromkeys(image.core for image in manifest.images)))


def _check_extra(name: str, distribution: str, hint: str) -> Check:
    try:
        return Check(name, Status.OK, False, f"{distribution} {metadata.version(distribution)}")
    except metadata.PackageNotFoundError:
        return Check(name, Status.MISSING, False, f"{distribution} is not installed", hint)


def _check_tool(name: str, programs: Sequence[str], hint: str) -> Check:
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        return Check(name, Status.MISSING, False, f"{' or '.join(programs)} is not installed", hint)
    return Check(name, Status.OK, False, path)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
