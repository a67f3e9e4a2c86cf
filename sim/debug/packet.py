"""Packets of GDB's remote serial protocol: ``$data#checksum``, acknowledgements, and the interrupt byte.

Source: GDB's manual, appendix E.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_START, _END, _ESCAPE = b"$"[0], b"#"[0], b"}"[0]
_ESCAPED = frozenset(b"$#}*")
_ESCAPE_XOR = 0x20
_INTERRUPT = 3
MOST_BYTES = 0x4000
"""Longest packet that is taken; GDB is told so."""


class Mark(Enum):
    """What stands between packets."""

    ACKNOWLEDGED = "+"
    REPEAT = "-"
    INTERRUPT = "interrupt"
    DAMAGED = "damaged"
    """A packet with a wrong checksum, or a longer one than is taken."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet's content, escapes resolved."""

    data: bytes


Event = Packet | Mark


def checksum(data: bytes | bytearray) -> int:
    """Return the checksum of a packet's content as sent."""
    return sum(data) & 0xFF


def encode(data: bytes) -> bytes:
    """Return a packet as sent, with a content that may be anything."""
    escaped = bytearray()
    for byte in data:
        if byte in _ESCAPED:
            escaped += bytes((_ESCAPE, byte ^ _ESCAPE_XOR))
        else:
            escaped.append(byte)
    return b"$%s#%02x" % (bytes(escaped), checksum(escaped))


class PacketReader:
    """Finds packets in a stream of bytes, however it is cut up; what belongs to none is skipped."""

    def __init__(self) -> None:
        self._content: bytearray | None = None
        self._trailer: bytearray | None = None
        self._too_long = False

    def feed(self, data: bytes) -> list[Event]:
        """Take more bytes and return what they complete."""
        events: list[Event] = []
        for byte in data:
            event = self._take(byte)
            if event is not None:
                events.append(event)
        return events

    def _take(self, byte: int) -> Event | None:
        if self._trailer is not None:
            self._trailer.append(byte)
            return self._finish() if len(self._trailer) == 2 else None
        if byte == _START:  # also inside a packet: the rest of the old one was lost
            self._content, self._too_long = bytearray(), False
            return None
        if self._content is not None:
            if byte == _END:
                self._trailer = bytearray()
            elif len(self._content) < MOST_BYTES:
                self._content.append(byte)
            else:
                self._too_long = True
            return None
        if byte == _INTERRUPT:
            return Mark.INTERRUPT
        return {b"+"[0]: Mark.ACKNOWLEDGED, b"-"[0]: Mark.REPEAT}.get(byte)

    def _finish(self) -> Event:
        content, trailer = self._content, self._trailer
        assert content is not None
        assert trailer is not None
        self._content = self._trailer = None
        try:
            expected = int(trailer.decode("ascii"), 16)
        except ValueError:
            return Mark.DAMAGED
        if self._too_long or expected != checksum(content):
            return Mark.DAMAGED
        return Packet(_unescape(bytes(content)))


def _unescape(content: bytes) -> bytes:
    if _ESCAPE not in content:
        return content
    data = bytearray()
    escaped = False
    for byte in content:
        if escaped:
            data.append(byte ^ _ESCAPE_XOR)
            escaped = False
        elif byte == _ESCAPE:
            escaped = True
        else:
            data.append(byte)
    return bytes(data)
