"""Answers that a worker has serialized pass through the front process as they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc


class SerializedAnswers(grpc.aio.ServerInterceptor):
    """Lets one method answer with bytes instead of messages.

    Parameters
    ----------
    method
        Its full name, ``/package.Service/Method``.
    """

    def __init__(self, method: str) -> None:
        self._method = method

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the call's handler, without a serializer where it is the method's."""
        handler = await continuation(handler_call_details)
        if handler_call_details.method == self._method:
            return handler._replace(response_serializer=None)
        return handler
