"""Signs of life on their way to a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from sim.errors import SimError


class Signs:
    """Passes signs of life on as the client takes them; of those that come meanwhile, it gets the last.

    Whatever else is written must wait for the end of the context, because gRPC takes one message at a time.

    Parameters
    ----------
    write
        Sends one message.
    """

    def __init__(self, write: Callable[[Any], Awaitable[None]]) -> None:
        self._write = write
        self._under_way: asyncio.Future[None] | None = None
        self._latest: Any = None

    def pass_on(self, sign: Any) -> None:
        """Send a sign of life, once the client has taken the one before."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.ensure_future(self._write(sign))
            self._under_way.add_done_callback(self._go_on)
        else:
            self._latest = sign

    async def __aenter__(self) -> Self:
        """Return the object itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until the sign under way is sent, or give it up when there is nobody to take it."""
        self._latest = None
        if self._under_way is None or self._under_way.done():
            return
        if kind is not None and not issubclass(kind, SimError):
            self._under_way.cancel()
        await asyncio.wait([self._under_way])

    def _go_on(self, sent: asyncio.Future[None]) -> None:
        if not sent.cancelled() and sent.exception() is not None:
            return  # the client is gone, and its call ends
        if self._latest is not None:
            sign, self._latest = self._latest, None
            self.pass_on(sign)
