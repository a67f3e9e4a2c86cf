"""Which runner image a run uses, and what is known about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sim.errors import ImageError
from sim.firmware.attributes import require_core
from sim.firmware.manifest import load_manifest
from sim.model import Model, load_operators, require_supported
from sim.resources import data_path
from sim.result import Runtime


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner image.

    Attributes
    ----------
    data
        Content of the ELF file.
    runtime
        The inference runtime in it; None when the image is the user's own.
    """

    name: str
    data: bytes
    sha256: str
    runtime: Runtime | None

    @property
    def is_bundled(self) -> bool:
        """Whether the image ships with this package."""
        return self.runtime is not None


def find_runner(core: str, path: Path | None) -> Runner:
    """Return the user's runner image, or the bundled one for a core.

    Raises
    ------
    ImageError
        The user's file cannot be read, or is built for another core.
    EnvironmentMissingError
        The installation has no image for the core.
    """
    if path is None:
        manifest = load_manifest()
        data = manifest.image(core).read()
        return Runner(f"runner-{core}.elf", data, manifest.image(core).sha256, manifest.runtime)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"cannot read the runner image {str(path)!r}: {error.strerror}",
            "give the .elf file of a runner built from firmware/",
        ) from error
    require_core(data, core, path.name)
    return Runner(path.name, data, hashlib.sha256(data).hexdigest(), None)


def require_operators(runner: Runner, model: Model) -> None:
    """Refuse a model with operators that the bundled runner does not have.

    What a user's own image has is only known when it loads the model.

    Raises
    ------
    ModelError
        With the full list of what is missing.
    """
    if runner.is_bundled:
        require_supported(model, load_operators(data_path("firmware") / "operators.json"))
