"""Which runner images a run can use, and what is known about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.errors import ImageError
from sim.firmware.attributes import require_core
from sim.firmware.manifest import FULL_VARIANT, load_manifest
from sim.model import Model, SupportedOperator, load_operators, require_supported
from sim.result import Runtime


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner image.

    Attributes
    ----------
    data
        Content of the ELF file.
    variant
        Which of the bundled images of its core; None when the image is the user's own.
    runtime
        The inference runtime in it; None when the image is the user's own.
    operators
        What it has; None when that is only known when it loads the model.
    """

    name: str
    data: bytes
    sha256: str
    variant: str | None = None
    runtime: Runtime | None = None
    operators: tuple[SupportedOperator, ...] | None = None

    @property
    def is_bundled(self) -> bool:
        """Whether the image ships with this package."""
        return self.variant is not None

    @property
    def is_full(self) -> bool:
        """Whether there is none with more operators."""
        return self.variant in (None, FULL_VARIANT)


def find_runners(core: str, path: Path | None) -> Iterator[Runner]:
    """Return the user's runner image, or the bundled ones for a core from the largest to the smallest.

    Raises
    ------
    ImageError
        The user's file cannot be read, or is built for another core.
    EnvironmentMissingError
        The installation has no image for the core.
    """
    if path is not None:
        yield _own_runner(core, path)
        return
    manifest = load_manifest()
    for image in manifest.variants(core):
        yield Runner(
            image.path.name,
            image.read(),
            image.sha256,
            image.variant,
            manifest.runtime,
            load_operators(image.operators_path),
        )


def require_operators(core: str, model: Model) -> None:
    """Refuse a model with operators that none of the bundled runners has.

    Raises
    ------
    ModelError
        With the full list of what is missing.
    EnvironmentMissingError
        The installation has no image for the core.
    """
    largest = load_manifest().variants(core)[0]
    require_supported(model, load_operators(largest.operators_path))


def _own_runner(core: str, path: Path) -> Runner:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"cannot read the runner image {str(path)!r}: {error.strerror}",
            "give the .elf file of a runner built from firmware/",
        ) from error
    require_core(data, core, path.name)
    return Runner(path.name, data, hashlib.sha256(data).hexdigest())
