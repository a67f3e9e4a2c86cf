"""What firmware sends, for somebody who listens while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.boot.engine_session import EngineSession
    from sim.boot.session import FirmwareSession

CONSOLE = ""
_INTERVAL_SECONDS = 0.05

OnOutput = Callable[[str, bytes], None]
"""Told the name of a channel, or `CONSOLE`, and what was sent there."""


class LiveOutput:
    """Tells a listener what is new on the console and the channels of a session."""

    def __init__(self, session: FirmwareSession | EngineSession, listener: OnOutput | None) -> None:
        self._session = session
        self._listener = listener
        self._passed_on: dict[str, int] = {}
        self._due = 0.0

    def pass_on_in_time(self) -> None:
        """Tell the listener what is new, unless it was told something just now."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _INTERVAL_SECONDS
            self.pass_on()

    def pass_on(self) -> None:
        """Tell the listener what is new."""
        if self._listener is None:
            return
        self._pass_on(CONSOLE, self._session.console.sent)
        for name, channel in self._session.machine.channels.items():
            self._pass_on(name, channel.sent)

    def _pass_on(self, name: str, sent: bytearray) -> None:
        start = self._passed_on.get(name, 0)
        if self._listener is not None and len(sent) > start:
            self._passed_on[name] = len(sent)
            self._listener(name, bytes(sent[start:]))
