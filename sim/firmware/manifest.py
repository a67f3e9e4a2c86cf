"""What is known about the prebuilt runner images: ``firmware/prebuilt/manifest.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import EnvironmentMissingError
from sim.resources import data_path
from sim.result import Runtime

_SAME_INSTRUCTIONS = {"cortex-m0": "cortex-m0plus"}
_REINSTALL = "reinstall the package, or rebuild the images with: python -m firmware.tools.refresh"


@dataclass(frozen=True, slots=True)
class PrebuiltImage:
    """One runner image.

    Attributes
    ----------
    core
        Core class that it was compiled for, such as ``cortex-m4f``.
    path
        The ELF file.
    sha256
        Digest that the file must have.
    """

    core: str
    path: Path
    sha256: str

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
    """

    runtime: Runtime
    toolchain: str
    source_sha256: str
    images: Mapping[str, PrebuiltImage]

    def image(self, core: str) -> PrebuiltImage:
        """Return the image for a core class.

        Raises
        ------
        EnvironmentMissingError
            There is none for this core.
        """
        try:
            return self.images[_SAME_INSTRUCTIONS.get(core, core)]
        except KeyError:
            raise EnvironmentMissingError(
                f"there is no prebuilt runner image for {core}",
                f"there are images for {', '.join(self.images)}",
            ) from None


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
            {
                core: PrebuiltImage(core, directory / image["file"], image["sha256"])
                for core, image in document["images"].items()
            },
        )
    except OSError as error:
        raise EnvironmentMissingError(
            f"cannot read the manifest of the runner images: {error.strerror}", _REINSTALL
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentMissingError(
            f"the manifest of the runner images is malformed: {error!r}", _REINSTALL
        ) from None
