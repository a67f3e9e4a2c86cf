"""The mailbox through which host and runner talk: a mirror of ``firmware/include/sim_runner_abi.h``."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = 0x524D4953
ABI_VERSION = 1
MAX_TENSORS = 16
LOG_BYTES = 1024  # at most
FLAG_REFERENCE_KERNELS = 1 << 0
NO_OPERATOR = 0xFFFF_FFFF

_REQUEST = struct.Struct("<8I")
_ANSWER = struct.Struct("<10I")
_TENSORS = struct.Struct(f"<{2 * MAX_TENSORS}I")
_INPUTS_OFFSET = _REQUEST.size + _ANSWER.size
_OUTPUTS_OFFSET = _INPUTS_OFFSET + _TENSORS.size
_LOG_OFFSET = _OUTPUTS_OFFSET + _TENSORS.size
MAILBOX_BYTES = _LOG_OFFSET + LOG_BYTES


class RunnerError(IntEnum):
    """Why the runner gave up: ``enum sim_runner_error``."""

    NONE = 0
    BAD_MAILBOX = 1
    MODEL_SCHEMA = 2
    UNSUPPORTED_OPERATOR = 3
    ARENA_TOO_SMALL = 4
    ALLOCATE = 5
    INVOKE = 6
    TOO_MANY_TENSORS = 7


@dataclass(frozen=True, slots=True)
class MailboxRequest:
    """What the host asks for: written to the start of the mailbox before reset."""

    model_address: int
    model_size_bytes: int
    arena_address: int
    arena_size_bytes: int
    reference_kernels: bool = False

    def pack(self) -> bytes:
        """Return the bytes of the mailbox's first half."""
        flags = FLAG_REFERENCE_KERNELS if self.reference_kernels else 0
        return _REQUEST.pack(
            MAGIC,
            ABI_VERSION,
            flags,
            self.model_address,
            self.model_size_bytes,
            self.arena_address,
            self.arena_size_bytes,
            0,
        )


@dataclass(frozen=True, slots=True)
class TensorRegion:
    """Where the data of a tensor lies in the board's memory."""

    address: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class TensorTable:
    """The runtime's own array of tensors: entry ``i`` holds the data pointer of tensor ``i``."""

    address: int
    count: int
    stride_bytes: int
    data_offset_bytes: int

    def data_pointer_address(self, tensor_index: int) -> int:
        """Return where the address of the tensor's data is stored."""
        return self.address + tensor_index * self.stride_bytes + self.data_offset_bytes


@dataclass(frozen=True, slots=True)
class MailboxAnswer:
    """What the runner says once it is ready, or failed.

    Attributes
    ----------
    error
        ``RunnerError.NONE`` when the model is loaded.
    failed_op_index
        Operator of the first subgraph that the error is about, if it is about one.
    """

    error: RunnerError
    failed_op_index: int | None
    arena_used_bytes: int
    inputs: tuple[TensorRegion, ...]
    outputs: tuple[TensorRegion, ...]
    tensors: TensorTable
    log: str

    @classmethod
    def unpack(cls, mailbox: bytes) -> MailboxAnswer:
        """Read the mailbox as the runner left it.

        Parameters
        ----------
        mailbox
            Up to ``MAILBOX_BYTES``: an image may have a shorter log.
        """
        error, failed, arena, inputs, outputs, tensors, address, stride, offset, log = _ANSWER.unpack_from(
            mailbox, _REQUEST.size
        )
        text = mailbox[_LOG_OFFSET : _LOG_OFFSET + min(log, LOG_BYTES)]
        return cls(
            RunnerError(error),
            None if failed == NO_OPERATOR else failed,
            arena,
            _regions(mailbox, _INPUTS_OFFSET, inputs),
            _regions(mailbox, _OUTPUTS_OFFSET, outputs),
            TensorTable(address, tensors, stride, offset),
            text.decode("ascii", "replace"),
        )


def _regions(mailbox: bytes, offset: int, count: int) -> tuple[TensorRegion, ...]:
    words = _TENSORS.unpack_from(mailbox, offset)
    return tuple(TensorRegion(words[2 * i], words[2 * i + 1]) for i in range(min(count, MAX_TENSORS)))
