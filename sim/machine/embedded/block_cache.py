"""Block costs kept between runs, so that a known image needs no decoder.

One file per (image, core, timing model): a table of integers, read and written with numpy. A file that
cannot be read is the same as none.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.timing.block import BlockTiming


def cache_directory() -> Path | None:
    """Return the directory for derived data that may be deleted at any time, or None without a home."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "boardless"
    try:
        return Path.home() / ".cache" / "boardless"
    except RuntimeError:
        return None


Signature = Callable[[int], int]


class BlockCache:
    """Costs of the blocks of one image on one core.

    A block whose cost depends on the buses of its accesses has one entry for each combination that was met.

    Parameters
    ----------
    key
        Hexadecimal digest of everything that the costs depend on.
    """

    def __init__(self, key: str) -> None:
        directory = cache_directory()
        self._path = directory / "blocks" / f"{key[:40]}.npz" if directory else None
        self._known = self._load()
        self._added = 0

    def get(self, address: int, size_bytes: int, signature: Signature) -> BlockTiming | None:
        """Return the cost of a block, or None when it is not known.

        Parameters
        ----------
        signature
            Returns the buses that the registers in a mask point to, as one number.
        """
        variants = self._known.get((address, size_bytes))
        if not variants:
            return None
        pointers = next(iter(variants.values())).pointer_registers
        return variants.get(signature(pointers))

    def add(self, address: int, size_bytes: int, timing: BlockTiming, signature: Signature) -> None:
        """Remember the cost of a block."""
        variants = self._known.setdefault((address, size_bytes), {})
        variants[signature(timing.pointer_registers)] = timing
        self._added += 1

    def save(self) -> None:
        """Write the table if it has grown; a directory that cannot be written is no error."""
        if not self._added or self._path is None:
            return
        rows = [
            (address, size, signature, *timing.to_row())
            for (address, size), variants in self._known.items()
            for signature, timing in variants.items()
        ]
        lengths = np.array([len(row) for row in rows], dtype=np.int32)
        values = np.array([value for row in rows for value in row], dtype=np.int64)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as file:
                draft = Path(file.name)
                try:
                    np.savez(file, lengths=lengths, values=values)
                except OSError:
                    draft.unlink()
                    raise
            draft.replace(self._path)
            self._added = 0

    def _load(self) -> dict[tuple[int, int], dict[int, BlockTiming]]:
        if self._path is None:
            return {}
        known: dict[tuple[int, int], dict[int, BlockTiming]] = {}
        try:
            with np.load(self._path, allow_pickle=False) as table:
                ends = np.cumsum(table["lengths"]).tolist()
                values: list[int] = table["values"].tolist()
            start = 0
            for end in ends:
                row = values[start:end]
                known.setdefault((row[0], row[1]), {})[row[2]] = BlockTiming.from_row(row[3:])
                start = end
        except Exception:  # no file, or damage, on which zipfile, zlib and NumPy raise many types
            return {}
        return known
