"""Files that verbs write."""

from __future__ import annotations

from pathlib import Path

from sim.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Raises
    ------
    UsageError
        It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r}: {error.strerror}", "choose another file with --out"
        ) from error
