"""How calls end: every error of the package becomes a status with details, and every call is counted."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
from google.rpc import code_pb2
from grpc_status import rpc_status

from sim.errors import SimError
from sim.wire.errors import DeadlineError, InternalServiceError
from sim.wire.status import status_code_of, status_of

log = logging.getLogger(__name__)

ServicerT = TypeVar("ServicerT", bound=Any)
Method = Callable[[Any, Any, Any], Awaitable[Any]]


async def abort(context: Any, error: SimError) -> None:
    """End a call with an error; does not return."""
    status = rpc_status.to_status(status_of(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


def answers(method: Method) -> Method:
    """Wrap a method of the servicer: errors become a status, the deadline cancels, the end is counted.

    The servicer must have ``metrics``.
    """

    @functools.wraps(method)
    async def wrapped(self: Any, request: Any, context: Any) -> Any:
        started = time.monotonic()
        code = code_pb2.OK
        try:
            async with asyncio.timeout(context.time_remaining()) as deadline:
                return await method(self, request, context)
        except SimError as error:
            code = status_code_of(error)
            await abort(context, error)
        except TimeoutError:
            code = code_pb2.DEADLINE_EXCEEDED if deadline.expired() else code_pb2.INTERNAL
            await abort(context, DeadlineError("the call's deadline passed", "give the call more time"))
        except asyncio.CancelledError:
            code = code_pb2.CANCELLED
            raise
        except grpc.aio.AbortError:
            raise
        except Exception:
            code = code_pb2.INTERNAL
            log.exception("call failed", extra={"method": method.__name__})
            await abort(context, InternalServiceError("internal error", "the server's log says more"))
        finally:
            self.metrics.calls.labels(method.__name__, code_pb2.Code.Name(code)).inc()
            self.metrics.call_seconds.labels(method.__name__).observe(time.monotonic() - started)

    return wrapped
