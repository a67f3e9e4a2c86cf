"""The host's end of the wire to the plugin; ``plugin/channel.h`` is the other."""

from __future__ import annotations

import dataclasses
import mmap
import select
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sim.machine.embedded.native import cache_row, region_row
from sim.machine.protocol import Level, Marker
from sim.timing.memory import MemorySystem

CORE_REGISTERS = 16
SHARED_BYTES = 16

_HEADER = struct.Struct("=II")
_SETUP = struct.Struct("=12I")
_CACHE = struct.Struct("=7I")
_REGION = struct.Struct("=II3i7I")
_MARKER = struct.Struct("=II")
_QUESTION = struct.Struct(f"=II{CORE_REGISTERS}I")
_ANSWER = struct.Struct("=6I")
_STOPPED = struct.Struct(f"=II{CORE_REGISTERS}I")
_LEVELS = {"bare": 0, "instructions": 1, "counters": 1, "timing": 2, "full": 3}  # enum level
_INTERRUPT_OFFSET, _ASLEEP_OFFSET = 8, 12


class MessageKind(IntEnum):
    """What the plugin says."""

    PRICE = 1
    STOPPED = 2
    DATA = 3
    OUTPUT = 4


class Command(IntEnum):
    """What a stopped plugin is told."""

    RUN = 1
    LOG = 2
    RECORD = 3
    BLOCKS = 4
    SAVE = 5
    RESTORE = 6


class PluginStop(IntEnum):
    """Why the plugin holds the core."""

    DEADLINE = 1
    MARKER = 2
    ERROR = 3
    ENTRY = 16
    INTERRUPT = 17
    EXIT = 18
    ASLEEP = 19


@dataclass(frozen=True, slots=True)
class PriceQuestion:
    """A block that is about to run for the first time, and the core registers."""

    address: int
    size_bytes: int
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stopped:
    """The plugin holds the core before a block; `registers` are r0 to r15 there."""

    reason: PluginStop
    marker: int
    registers: tuple[int, ...]


def pack_setup(
    level: Level,
    system: MemorySystem,
    markers: Sequence[Marker],
    *,
    watches_data: bool,
    window: range | None,
    outputs: Sequence[int],
) -> bytes:
    """Return what the plugin has to know before anything runs.

    Parameters
    ----------
    watches_data
        Account for all data accesses, not only for those in the window.
    window
        Addresses whose reads are accounted for.
    outputs
        Registers that firmware writes what it sends to: the host reads it before the next block.
    """
    head = _SETUP.pack(
        _LEVELS[level.value],
        *dataclasses.astuple(system.unaligned),
        watches_data,
        window.start if window else 0,
        len(window) if window else 0,
        len(system.caches),
        len(system.regions),
        len(markers),
        len(outputs),
    )
    return b"".join(
        (
            head,
            *(address.to_bytes(4, "little") for address in outputs),
            *(_words(cache_row(cache)) for cache in system.caches),
            *(_words(region_row(region)) for region in system.regions),
            *(_MARKER.pack(marker.address, marker.stops) for marker in markers),
        )
    )


def _words(row: Sequence[int]) -> bytes:
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, "little") for value in row)


class Channel:
    """A socket to the plugin and a page that is shared with it.

    All methods raise ConnectionError when QEMU has ended.
    """

    def __init__(self, connection: socket.socket, shared: mmap.mmap) -> None:
        self._connection = connection
        self._shared = shared

    @property
    def cycles(self) -> int:
        """Core cycles since reset, while the core runs as well."""
        return int.from_bytes(self._shared[:8], "little")

    def interrupt(self) -> None:
        """Have the core held before the next block."""
        self._shared[_INTERRUPT_OFFSET] = 1

    def stop_asleep(self) -> None:
        """Have a core that sleeps held as it is."""
        self._shared[_ASLEEP_OFFSET] = 1

    def withdraw_interrupt(self) -> None:
        """Take back an interrupt that has come too late."""
        self._shared[_INTERRUPT_OFFSET] = 0

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(data)

    def poll(self, timeout_seconds: float) -> bool:
        """Wait until the plugin says something; False when it does not in time."""
        return bool(select.select([self._connection], [], [], timeout_seconds)[0])

    def receive(self) -> tuple[MessageKind, bytes]:
        """Return the next message of the plugin."""
        kind, size_bytes = _HEADER.unpack(self._receive_exactly(_HEADER.size))
        return MessageKind(kind), self._receive_exactly(size_bytes)

    def answer_price(
        self, cycles: int, taken_cycles: int, mispredict_cycles: int, flags: int, literals: bytes
    ) -> None:
        """Answer a question for the price of a block; literal addresses are 32-bit words."""
        self.send(
            _ANSWER.pack(1, cycles, taken_cycles, mispredict_cycles, flags, len(literals) // 4) + literals
        )

    def refuse_price(self) -> None:
        """Have the run stop, because a block cannot be priced."""
        self.send(_ANSWER.pack(*(0,) * 6))

    def acknowledge_output(self) -> None:
        """Say that everything that was sent has been read."""
        self.send(b"\0")

    def run(self, deadline_cycles: int) -> None:
        """Let the core go on."""
        self.send(_HEADER.pack(Command.RUN, 8) + deadline_cycles.to_bytes(8, "little"))

    def request(self, command: Command, data: bytes = b"") -> bytes:
        """Return the plugin's answer to a command; only while it holds the core."""
        self.send(_HEADER.pack(command, len(data)) + data)
        kind, answer = self.receive()
        assert kind is MessageKind.DATA
        return answer

    def close(self) -> None:
        """Close the connection, at which the plugin ends QEMU."""
        self._connection.close()
        self._shared.close()

    def _receive_exactly(self, size_bytes: int) -> bytes:
        parts = bytearray()
        while len(parts) < size_bytes:
            part = self._connection.recv(size_bytes - len(parts))
            if not part:
                raise ConnectionError("the plugin has closed the connection")
            parts += part
        return bytes(parts)


def parse_question(payload: bytes) -> PriceQuestion:
    """Return the question behind :attr:`MessageKind.PRICE`."""
    address, size_bytes, *registers = _QUESTION.unpack(payload)
    return PriceQuestion(address, size_bytes, tuple(registers))


def parse_stopped(payload: bytes) -> Stopped:
    """Return the stop behind :attr:`MessageKind.STOPPED`."""
    reason, marker, *registers = _STOPPED.unpack(payload)
    return Stopped(PluginStop(reason), marker, tuple(registers))
