"""Reads platform files, and puts a file that extends a bundled board on top of that board's."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import PlatformError
from sim.platform.table import did_you_mean
from sim.resources import data_path

SUFFIX = ".toml"
_VARIANTS = "variants"
_FORMAT_HINT = "docs/platforms.md describes the format"


def platform_ids() -> list[str]:
    """Return the IDs of the bundled platforms, sorted."""
    return sorted(path.stem for path in data_path("platforms").glob(f"*{SUFFIX}"))


def variant_ids() -> list[str]:
    """Return the IDs of bundled boards in another configuration than that of the factory, sorted."""
    return sorted(path.stem for path in (data_path("platforms") / _VARIANTS).glob(f"*{SUFFIX}"))


def bundled_path(id_: str) -> Path:
    """Return where the file of a bundled platform is, or of one in another configuration."""
    folder = data_path("platforms")
    return (folder / _VARIANTS if id_ in variant_ids() else folder) / f"{id_}{SUFFIX}"


def read_source(path: Path) -> tuple[dict[str, Any], str]:
    """Return the content of a platform file, and the SHA-256 of everything that was read for it.

    With ``extends = "<id>"``, keys and tables of the file change those of that bundled board; arrays of
    tables are replaced whole.

    Raises
    ------
    PlatformError
        A file cannot be read or is no TOML, or there is no such board.
    """
    content = _read(path)
    values = _decode(content, path.name)
    base = values.pop("extends", None)
    if base is None:
        return values, hashlib.sha256(content).hexdigest()
    known = platform_ids()
    if base not in known:
        raise PlatformError(
            f"{path.name}: extends: unknown platform {base!r}", did_you_mean(str(base), known)
        )
    base_path = bundled_path(base)
    base_content = _read(base_path)
    merged = _merge(_decode(base_content, base_path.name), values)
    return merged, hashlib.sha256(base_content + content).hexdigest()


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[key] = _merge(before, value)
        else:
            merged[key] = value
    return merged


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"{path} cannot be read: {error.strerror}",
            "give the ID of a board or the path of a platform file",
        ) from error


def _decode(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise PlatformError(
            f"{file} is not UTF-8 text: {error.reason} at byte {error.start}", _FORMAT_HINT
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise PlatformError(f"{file} is not valid TOML: {error}", _FORMAT_HINT) from error
