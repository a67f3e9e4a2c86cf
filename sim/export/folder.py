"""The folder that an export writes."""

from __future__ import annotations

from pathlib import Path

from sim.errors import UsageError


def write_folder(folder: Path, files: dict[str, bytes]) -> tuple[Path, ...]:
    """Write files into a folder, which is made when it is not there, and return their paths.

    Raises
    ------
    UsageError
        The folder or a file cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise UsageError(
            f"cannot write to {str(folder)!r}: {error.strerror}", "choose another folder with --out"
        ) from error
    return tuple(folder / name for name in files)
