"""Signs of life on their way to a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from sim.errors import SimError


class Signs:
    """Passes signs of life on as long as the client takes them; it misses those that come meanwhile.

    Whatever else is written must wait for the end of the context, because gRPC takes one message at a time.

    Parameters
    ----------
    write
        Sends one message.
    """

    def __init__(self, write: Callable[[Any], Awaitable[None]]) -> None:
        self._write = write
        self._under_way: asyncio.Future[None] | None = None

    def pass_on(self, sign: Any) -> None:
        """Send a sign of life unless the client still has to take the last one."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.ensure_future(self._write(sign))
            self._under_way.add_done_callback(_forget_error)

    async def __aenter__(self) -> Self:
        """Return the object itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until the last sign is on its way, or give it up when there is nobody to take it."""
        if self._under_way is None or self._under_way.done():
            return
        if kind is not None and not issubclass(kind, SimError):
            self._under_way.cancel()
        await asyncio.wait([self._under_way])


def _forget_error(sent: asyncio.Future[None]) -> None:
    """Retrieve why a sign could not be sent, which else is logged: the client is gone, and its call ends."""
    if not sent.cancelled():
        sent.exception()
