"""Errors of the package as ``google.rpc.Status`` with details, and back."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from sim.errors import EnvironmentMissingError, SimError, SimulationError, UsageError
from sim.wire import errors
from sim.wire.errors import ServiceError

DOMAIN = "boardless"
_RETRY_SECONDS = 1
_MAX_TEXT = 1000  # a status travels in HTTP/2 headers, which common clients limit to 8 KiB
_CORE_CODES: tuple[tuple[type[SimError], int], ...] = (
    (UsageError, code_pb2.INVALID_ARGUMENT),
    (SimulationError, code_pb2.FAILED_PRECONDITION),
    (EnvironmentMissingError, code_pb2.FAILED_PRECONDITION),
)
_CODE_ERRORS: dict[int, type[ServiceError]] = {
    code_pb2.UNAVAILABLE: errors.UnavailableError,
    code_pb2.DEADLINE_EXCEEDED: errors.DeadlineError,
    code_pb2.CANCELLED: errors.RunCancelledError,
    code_pb2.UNAUTHENTICATED: errors.UnauthenticatedError,
    code_pb2.RESOURCE_EXHAUSTED: errors.LimitError,
    code_pb2.NOT_FOUND: errors.NotFoundError,
    code_pb2.INVALID_ARGUMENT: errors.RequestError,
    code_pb2.INTERNAL: errors.InternalServiceError,
}


def status_of(error: SimError) -> status_pb2.Status:
    """Return the status of an error: code, sentence, ErrorInfo, and what else clients know how to read."""
    status = status_pb2.Status(code=status_code_of(error), message=error.message[:_MAX_TEXT])
    metadata = {"hint": error.hint[:_MAX_TEXT]} if error.hint else {}
    _attach(
        status,
        error_details_pb2.ErrorInfo(reason=reason_of(type(error)), domain=DOMAIN, metadata=metadata),
        *_details(error),
    )
    return status


def status_code_of(error: SimError) -> int:
    """Return the canonical code of an error."""
    if isinstance(error, ServiceError):
        return error.status_code
    return next((code for kind, code in _CORE_CODES if isinstance(error, kind)), code_pb2.UNKNOWN)


def reason_of(kind: type[SimError]) -> str:
    """Return the reason that ErrorInfo gives for a kind of error, such as ``MODEL``."""
    return kind.code.replace(".", "_").upper()


def error_from(status: status_pb2.Status) -> SimError:
    """Return the error that a status describes: of the class that the server raised, where it is known."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            kind = _kind(info.reason) or _CODE_ERRORS.get(status.code, ServiceError)
            return kind(status.message, info.metadata.get("hint", ""))
    return error_from_code(status.code, status.message)


def error_from_code(code: int, message: str) -> SimError:
    """Return the error for a status that came without details, such as those of gRPC itself."""
    return _CODE_ERRORS.get(code, ServiceError)(message)


def _details(error: SimError) -> Iterator[Message]:
    text = error.message[:_MAX_TEXT]
    if isinstance(error, errors.NotFoundError):
        kind = error.resource.partition("/")[0]
        yield error_details_pb2.ResourceInfo(
            resource_type=f"{DOMAIN}/{kind}",
            resource_name=error.resource,
            description=text,
        )
    elif status_code_of(error) == code_pb2.INVALID_ARGUMENT:
        field = error.field if isinstance(error, errors.RequestError) else _FIELDS.get(error.code, "spec")
        violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
        yield error_details_pb2.BadRequest(field_violations=[violation])
    elif status_code_of(error) == code_pb2.FAILED_PRECONDITION:
        violation_ = error_details_pb2.PreconditionFailure.Violation(
            type=reason_of(type(error)), subject=DOMAIN, description=text
        )
        yield error_details_pb2.PreconditionFailure(violations=[violation_])
    elif isinstance(error, errors.QueueFullError):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(_RETRY_SECONDS)
        yield retry
    elif isinstance(error, errors.LimitError):
        quota = error_details_pb2.QuotaFailure.Violation(subject=DOMAIN, description=text)
        yield error_details_pb2.QuotaFailure(violations=[quota])


_FIELDS = {
    "model": "spec.model",
    "input": "spec.inputs",
    "platform": "spec.platform",
    "image": "spec.runner",
    "capacity": "spec.arena_size_bytes",
}


def _attach(status: status_pb2.Status, *details: Message) -> None:
    for detail in details:
        status.details.add().Pack(detail)


def _kind(reason: str) -> type[SimError] | None:
    return next((kind for kind in _all_kinds(SimError) if reason_of(kind) == reason), None)


def _all_kinds(root: type[SimError]) -> Iterator[type[SimError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _all_kinds(kind)
