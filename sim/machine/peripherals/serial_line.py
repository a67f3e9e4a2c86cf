"""What all serial ports share: the wire that bytes leave and arrive on, one character time apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class SerialLine:
    """The wire of a port. What firmware sends is collected; what the host sends waits until it is read.

    Attributes
    ----------
    sent
        Every byte that firmware has sent.
    on_sent
        Called after each byte that firmware sends, if set.
    """

    def __init__(self) -> None:
        self.sent = bytearray()
        self.on_sent: Callable[[], None] | None = None
        self._waiting: deque[int] = deque()
        self._received: int | None = None
        self._next_arrival = 0
        self._sending_until = 0

    @property
    def sending_until_cycles(self) -> int:
        """When the last byte so far has left, or will have."""
        return self._sending_until

    @property
    def has_received(self) -> bool:
        """Whether there is a byte that firmware has not read."""
        return self._received is not None

    def feed(self, data: bytes, now_cycles: int) -> None:
        """Send bytes to the port; they arrive one character time apart, and never overrun."""
        if not self._waiting and self._received is None:
            self._next_arrival = max(self._next_arrival, now_cycles + self.character_cycles())
        self._waiting.extend(data)

    def character_cycles(self) -> int:
        """Return core cycles that a character takes."""
        raise NotImplementedError

    def transmit(self, byte: int, now_cycles: int) -> None:
        """Let a byte leave behind those that are leaving."""
        self.sent.append(byte)
        self._sending_until = max(now_cycles, self._sending_until) + self.character_cycles()
        if self.on_sent is not None:
            self.on_sent()

    def next_arrival_cycles(self) -> int | None:
        """Return when a byte arrives; None while none waits, or the last one has not been read."""
        return self._next_arrival if self._waiting and self._received is None else None

    def accept(self, now_cycles: int) -> bool:
        """Let the next byte arrive if it is due; whether it has."""
        arrival = self.next_arrival_cycles()
        if arrival is None or now_cycles < arrival:
            return False
        self._received = self._waiting.popleft()
        return True

    def take(self, now_cycles: int) -> int:
        """Return the byte received, 0 without one; the next one may arrive."""
        value, self._received = self._received or 0, None
        self._next_arrival = now_cycles + self.character_cycles()
        return value
