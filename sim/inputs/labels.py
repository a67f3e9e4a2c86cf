"""Names of a model's classes."""

from __future__ import annotations

from pathlib import Path

from sim.errors import InputError

_LABELS_HINT = "give a text file with one label per line"


def read_labels(path: Path) -> list[str]:
    """Read the names of classes from a text file, one per line.

    Raises
    ------
    InputError
        The file cannot be read as text, or is empty.
    """
    try:
        labels = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"cannot read labels from {str(path)!r}: {error.strerror}", _LABELS_HINT) from error
    except UnicodeDecodeError as error:
        raise InputError(f"labels file {str(path)!r} is not UTF-8 text", _LABELS_HINT) from error
    while labels and not labels[-1].strip():
        labels.pop()
    if not labels:
        raise InputError(f"labels file {str(path)!r} is empty", _LABELS_HINT)
    return [label.strip() for label in labels]
