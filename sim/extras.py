"""Packages that only some commands need, and that an extra of the distribution installs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sim.errors import EnvironmentMissingError


@contextlib.contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """Say how to install what cannot be imported within the context.

    Parameters
    ----------
    extra
        Name of the extra.
    what
        What needs it, as the message calls it.

    Raises
    ------
    EnvironmentMissingError
        A module is missing.
    """
    try:
        yield
    except ImportError as error:
        raise EnvironmentMissingError(
            f"{what} needs the module {error.name}", f"install it: pip install 'boardless[{extra}]'"
        ) from error
