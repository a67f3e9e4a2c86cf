"""What a run needs to know about a debugger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.errors import UsageError

_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class DebugRequest:
    """A port that a debugger is expected on.

    Attributes
    ----------
    port
        TCP port of the loopback interface.
    announce
        Called with a line for the user once the port is open.
    """

    port: int
    announce: Callable[[str], None]

    def __post_init__(self) -> None:
        if not 0 < self.port <= _HIGHEST_PORT:
            raise UsageError(f"there is no TCP port {self.port}", f"choose one from 1 to {_HIGHEST_PORT}")

    @property
    def invitation(self) -> str:
        """What the user is told."""
        return f"waiting for GDB on localhost:{self.port}: target remote :{self.port}"
