"""What is known about the prebuilt runner images: ``firmware/prebuilt/manifest.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import EnvironmentMissingError
from sim.resources import data_path
from sim.result import Runtime

FULL_VARIANT = "full"
"""The variant with every operator."""
_SAME_INSTRUCTIONS = {"cortex-m0": "cortex-m0plus"}
_REINSTALL = "reinstall the package, or rebuild the images with: python -m firmware.tools.refresh"


@dataclass(frozen=True, slots=True)
class PrebuiltImage:
    """One runner image.

    Attributes
    ----------
    core
        Core class that it was compiled for, such as ``cortex-m4f``.
    variant
        ``full``, or ``compact``: fewer operators, for small microcontrollers.
    path
        The ELF file.
    operators_path
        The list of operators that it has.
    sha256
        Digest that the file must have.
    flash_bytes, ram_bytes
        What it takes beside model and arena.
    """

    core: str
    variant: str
    path: Path
    operators_path: Path
    sha256: str
    flash_bytes: int
    ram_bytes: int

    def read(self) -> bytes:
        """Return the content of the ELF file.

        Raises
        ------
        EnvironmentMissingError
            The file is missing, or is not the one that the manifest describes.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise EnvironmentMissingError(
                f"cannot read the runner image {self.path.name}: {error.strerror}", _REINSTALL
            ) from None
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise EnvironmentMissingError(
                f"the runner image {self.path.name} differs from its manifest", _REINSTALL
            )
        return data


@dataclass(frozen=True, slots=True)
class Manifest:
    """The prebuilt images and where they come from.

    Attributes
    ----------
    runtime
        The inference runtime inside the images.
    toolchain
        Version of compiler and C library.
    source_sha256
        Digest of the sources that they were built from.
    images
        Of each core, the variants from the largest to the smallest.
    """

    runtime: Runtime
    toolchain: str
    source_sha256: str
    images: tuple[PrebuiltImage, ...]

    def variants(self, core: str) -> tuple[PrebuiltImage, ...]:
        """Return the images for a core, from the largest to the smallest.

        Raises
        ------
        EnvironmentMissingError
            There is none for this core.
        """
        core_class = _SAME_INSTRUCTIONS.get(core, core)
        found = tuple(image for image in self.images if image.core == core_class)
        if not found:
            cores = dict.fromkeys(image.core for image in self.images)
            raise EnvironmentMissingError(
                f"there is no prebuilt runner image for {core}", f"there are images for {', '.join(cores)}"
            )
        return found

    def image(self, core: str, variant: str = FULL_VARIANT) -> PrebuiltImage:
        """Return the image of a variant for a core.

        Raises
        ------
        EnvironmentMissingError
            There is none.
        """
        for image in self.variants(core):
            if image.variant == variant:
                return image
        raise EnvironmentMissingError(f"there is no {variant} runner image for {core}", _REINSTALL)


def load_manifest() -> Manifest:
    """Read the manifest of this installation.

    Raises
    ------
    EnvironmentMissingError
        It is missing or malformed.
    """
    directory = data_path("firmware")
    try:
        document: dict[str, Any] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        return Manifest(
            Runtime(**document["runtime"]),
            document["toolchain"],
            document["source_sha256"],
            tuple(
                PrebuiltImage(
                    core=image["core"],
                    variant=image["variant"],
                    path=directory / image["file"],
                    operators_path=directory / image["operators"],
                    sha256=image["sha256"],
                    flash_bytes=image["flash_bytes"],
                    ram_bytes=image["ram_bytes"],
                )
                for image in document["images"]
            ),
        )
    except OSError as error:
        raise EnvironmentMissingError(
            f"cannot read the manifest of the runner images: {error.strerror}", _REINSTALL
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentMissingError(
            f"the manifest of the runner images is malformed: {error!r}", _REINSTALL
        ) from None
