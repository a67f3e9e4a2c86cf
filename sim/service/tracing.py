"""OpenTelemetry spans, when ``opentelemetry-api`` is installed (extra ``otel``); nothing otherwise."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

_AVAILABLE = importlib.util.find_spec("opentelemetry") is not None


def span(name: str, attributes: Mapping[str, str]) -> AbstractContextManager[object]:
    """Return a context manager that is a span while it lasts.

    Parameters
    ----------
    attributes
        What the span is about; none of it may be secret.
    """
    if not _AVAILABLE:
        return nullcontext()
    from opentelemetry import trace

    started: AbstractContextManager[object] = trace.get_tracer("boardless").start_as_current_span(
        name, attributes=attributes
    )
    return started
