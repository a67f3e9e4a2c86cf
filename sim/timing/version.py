"""Identity of the timing model, so that kept results are never mixed with those of another version."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def timing_model_version() -> str:
    """Return a digest over the sources of this package, 12 hexadecimal digits."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
