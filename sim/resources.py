"""Where the package's data files are: beside the sources in a clone, inside the package in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_path(name: str) -> Path:
    """Return the directory or file called ``name``, such as ``platforms``."""
    bundled = _PACKAGE / "_data" / name
    return bundled if bundled.exists() else _PACKAGE.parent / name
