"""Uploaded files, under the digest of their content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class ArtifactFolder:
    """A folder of files named by their SHA-256.

    Parameters
    ----------
    root
        The folder; it is created.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for leftover in self._incoming.iterdir():
            leftover.unlink()

    def path(self, digest: str) -> Path:
        """Return where the content with a digest is, or would be."""
        return self._root / digest[:2] / digest

    def remove(self, digest: str) -> None:
        """Delete the content with a digest."""
        self.path(digest).unlink(missing_ok=True)

    def receive(self) -> IncomingFile:
        """Return a file to write an upload into."""
        return IncomingFile(self, self._incoming)


class IncomingFile:
    """An upload in progress: it becomes an artifact by :meth:`commit`, and vanishes otherwise."""

    def __init__(self, folder: ArtifactFolder, directory: Path) -> None:
        self._folder = folder
        descriptor, name = tempfile.mkstemp(dir=directory)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Append content."""
        self._file.write(data)
        self._hash.update(data)
        self.size_bytes += len(data)

    @property
    def digest(self) -> str:
        """Digest of what was written so far."""
        return self._hash.hexdigest()

    def commit(self) -> None:
        """Put the content in its place, safe against a crash of the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())
        target = self._folder.path(self.digest)
        target.parent.mkdir(exist_ok=True)
        self._path.replace(target)

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, and delete it unless it was committed."""
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
