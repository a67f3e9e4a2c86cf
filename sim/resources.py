"""Where the package's data files are: inside the package in a wheel, beside the sources in a clone."""

from __future__ import annotations

from pathlib import Path

from sim.errors import EnvironmentMissingError

_PACKAGE = Path(__file__).resolve().parent
_IN_CLONE = {"firmware": "firmware/prebuilt", "platforms": "platforms"}


def data_path(name: str) -> Path:
    """Return the directory of one kind of data files.

    Parameters
    ----------
    name
        ``"firmware"`` (prebuilt runner images and their manifest) or ``"platforms"`` (board descriptions).

    Raises
    ------
    EnvironmentMissingError
        If the installation lacks the directory.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / _IN_CLONE[name]):
        if candidate.is_dir():
            return candidate
    raise EnvironmentMissingError(
        f"this installation of boardless has no {name} files",
        "reinstall the package, or run from a full clone",
    )
