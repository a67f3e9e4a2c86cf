"""Timing models, one module per core."""

from __future__ import annotations

import difflib
from importlib import import_module

from sim.errors import PlatformError
from sim.timing.pipeline import CoreModel

_MODULES = {
    "cortex-m0": "m0",
    "cortex-m0plus": "m0plus",
    "cortex-m3": "m3",
    "cortex-m4f": "m4",
    "cortex-m7f": "m7",
    "cortex-m33f": "m33",
    "cortex-m55": "m55",
}
CORE_NAMES = tuple(_MODULES)


def core_model(name: str) -> CoreModel:
    """Return the timing model of a core.

    Raises
    ------
    PlatformError
        There is no model of that name.
    """
    if name not in _MODULES:
        close = difflib.get_close_matches(name, CORE_NAMES, n=1)
        suggestion = f"did you mean {close[0]!r}? " if close else ""
        raise PlatformError(
            f"There is no timing model for the core {name!r}.",
            f"{suggestion}Known cores: {', '.join(CORE_NAMES)}.",
        )
    model: CoreModel = import_module(f"{__name__}.{_MODULES[name]}").MODEL
    return model
