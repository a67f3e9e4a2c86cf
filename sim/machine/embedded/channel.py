"""Text that firmware sends by other ways than a serial port."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class TextChannel:
    """One way out of the core.

    Attributes
    ----------
    sent
        Every byte so far.
    on_sent
        Called after each output, if set.
    """

    sent: bytearray = field(default_factory=bytearray)
    on_sent: Callable[[], None] | None = None

    def write(self, data: bytes) -> None:
        """Take what firmware sends."""
        self.sent += data
        if self.on_sent is not None:
            self.on_sent()
