"""Resource names, such as ``runs/0f3a…``."""

from __future__ import annotations

import re

from sim.wire.errors import RequestError

_PATTERNS = {
    "platforms": re.compile(r"[a-z0-9][a-z0-9_-]{0,62}"),
    "artifacts": re.compile(r"[0-9a-f]{64}"),
    "runs": re.compile(r"[0-9a-f]{32}"),
    "sessions": re.compile(r"[0-9a-f]{32}"),
}
_EXAMPLES = {
    "platforms": "platforms/stm32f746",
    "artifacts": "artifacts/SHA256",
    "runs": "runs/ID",
    "sessions": "sessions/ID",
}
_FILENAME = re.compile(r"[^/\\:=\0-\x1f\x7f]{1,200}\.[A-Za-z0-9]{1,16}")


def resource_id(name: str, collection: str, field: str) -> str:
    """Return the last part of a resource name.

    Raises
    ------
    RequestError
        It is no name of that collection.
    """
    prefix, _, id_ = name.partition("/")
    if prefix != collection or not _PATTERNS[collection].fullmatch(id_):
        raise RequestError(
            f"{field} is {name[:80]!r}, which is no name in {collection}/",
            f"write it like {_EXAMPLES[collection]}",
            field=field,
        )
    return id_


def check_filename(filename: str, field: str) -> None:
    """Refuse anything but a plain file name with a suffix.

    Raises
    ------
    RequestError
        It names a directory, holds characters with a meaning of their own, or has no suffix.
    """
    if not _FILENAME.fullmatch(filename) or filename.startswith((".", "-")):
        raise RequestError(
            f"{field} is {filename[:80]!r}, which is no plain file name",
            "give a name with a suffix and without directories, such as model.tflite",
            field=field,
        )
