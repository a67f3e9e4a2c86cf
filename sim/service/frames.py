"""How the front process and a worker talk over their socket: frames of a kind, a JSON header and a body."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

_PREFIX = struct.Struct("<BII")
_MAX_BYTES = 256 * 1024 * 1024


class FrameKind(IntEnum):
    """What a frame says."""

    JOB = 1
    """To the worker: do this (header) with this specification (body)."""
    CANCEL = 2
    """To the worker: give up the job."""
    STEP = 3
    """To the worker: the next step of an interaction, an ``InteractRequest`` (body)."""
    END = 4
    """To the worker: an interaction has no more steps."""
    READY = 5
    """From the worker: everything is imported."""
    STARTED = 6
    """From the worker: the job has arrived."""
    EVENT = 7
    """From the worker: something for the client, a ``RunResponse`` or ``InteractResponse`` (body)."""
    RESULT = 8
    """From the worker: the job's result message (body)."""
    ERROR = 9
    """From the worker: the job's error as a ``google.rpc.Status`` (body); empty when it was cancelled."""


class JobKind(StrEnum):
    """What a worker does with a specification."""

    RUN = "run"
    """Run it to its result."""
    INVOKE = "invoke"
    """Run it to its result, and answer with the whole ``InvokeResponse``."""
    INVOKE_DOCUMENT = "invoke_document"
    """The same, with a document in it instead of a message."""
    BOOT = "boot"
    """Only boot the board and keep it warm, or check the firmware."""
    INTERACT = "interact"
    """Boot the firmware and do the steps that follow."""
    MLPERF = "mlperf"
    """Run a benchmark: the specification is an ``MlperfSpec``."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message between the processes."""

    kind: FrameKind
    header: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""

    def pack(self) -> bytes:
        """Return the frame as it goes over the socket."""
        header = json.dumps(self.header).encode() if self.header else b""
        return _PREFIX.pack(self.kind, len(header), len(self.body)) + header + self.body


class FrameParser:
    """Takes frames out of a stream of bytes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Add bytes, and yield the frames that are complete.

        Raises
        ------
        ValueError
            These are no frames.
        """
        self._data += data
        while len(self._data) >= _PREFIX.size:
            kind, header_bytes, body_bytes = _unpack(self._data[: _PREFIX.size])
            body_start = _PREFIX.size + header_bytes
            end = body_start + body_bytes
            if len(self._data) < end:
                return
            header = self._data[_PREFIX.size : body_start]
            body = bytes(self._data[body_start:end])
            del self._data[:end]
            yield Frame(kind, json.loads(header) if header else {}, body)


def _unpack(prefix: bytes | bytearray) -> tuple[FrameKind, int, int]:
    kind, header_bytes, body_bytes = _PREFIX.unpack(prefix)
    if header_bytes + body_bytes > _MAX_BYTES:
        raise ValueError(f"a frame of {header_bytes + body_bytes} bytes is too large")
    return FrameKind(kind), header_bytes, body_bytes
