"""Errors that only exist between a client and the service."""

from __future__ import annotations

from typing import ClassVar

from google.rpc import code_pb2

from sim.errors import ExitCode, SimError


class ServiceError(SimError):
    """The service, or the way to it, cannot do what was asked."""

    exit_code = ExitCode.ENVIRONMENT
    code = "service"
    status_code: ClassVar[int] = code_pb2.UNKNOWN


class NotFoundError(ServiceError):
    """There is no resource of that name."""

    code = "service.not_found"
    exit_code = ExitCode.USAGE
    status_code = code_pb2.NOT_FOUND

    def __init__(self, message: str, hint: str = "", *, resource: str = "") -> None:
        super().__init__(message, hint)
        self.resource = resource


class RequestError(ServiceError):
    """A field of the request makes no sense."""

    code = "service.request"
    exit_code = ExitCode.USAGE
    status_code = code_pb2.INVALID_ARGUMENT

    def __init__(self, message: str, hint: str = "", *, field: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class StateError(ServiceError):
    """The resource is in a state in which this cannot be done."""

    code = "service.state"
    exit_code = ExitCode.USAGE
    status_code = code_pb2.FAILED_PRECONDITION


class LimitError(ServiceError):
    """A limit of the server would be exceeded."""

    code = "service.limit"
    status_code = code_pb2.RESOURCE_EXHAUSTED


class QueueFullError(LimitError):
    """Too many runs are waiting already."""

    code = "service.queue_full"


class MemoryLimitError(LimitError):
    """A run needed more memory on the host than a worker may use."""

    code = "service.memory_limit"


class WorkerLostError(ServiceError):
    """The process that executed the run crashed or hung."""

    code = "service.worker_lost"
    status_code = code_pb2.INTERNAL


class InternalServiceError(ServiceError):
    """A defect of the server."""

    code = "service.internal"
    status_code = code_pb2.INTERNAL


class DeadlineError(ServiceError):
    """The caller's deadline passed."""

    code = "service.deadline"
    status_code = code_pb2.DEADLINE_EXCEEDED


class RunCancelledError(ServiceError):
    """Somebody cancelled the run."""

    code = "service.cancelled"
    exit_code = ExitCode.INTERRUPTED
    status_code = code_pb2.CANCELLED


class UnauthenticatedError(ServiceError):
    """The token is missing, wrong or expired."""

    code = "service.unauthenticated"
    status_code = code_pb2.UNAUTHENTICATED


class UnavailableError(ServiceError):
    """The server cannot be reached, or is shutting down."""

    code = "service.unavailable"
    status_code = code_pb2.UNAVAILABLE
