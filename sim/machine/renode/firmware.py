"""A board in Renode that firmware talks from, by its serial ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sim.machine.embedded.channel import TextChannel
from sim.machine.protocol import Stop, StopReason
from sim.machine.renode.machine import RenodeMachine


class RenodePort:
    """A serial port.

    Attributes
    ----------
    sent
        Every byte that firmware has sent.
    on_sent
        Called after each byte that firmware sends, if set.
    """

    def __init__(self, name: str, feed: Callable[[bytes], None]) -> None:
        self.name = name
        self.sent = bytearray()
        self.on_sent: Callable[[], None] | None = None
        self._feed = feed

    def feed(self, data: bytes) -> None:
        """Send bytes to the port, as soon as firmware has switched its receiver on."""
        self._feed(data)


class RenodeFirmwareMachine(RenodeMachine):
    """A :class:`~sim.machine.renode.machine.RenodeMachine` with serial ports.

    The core waits behind each line that firmware sends until it has been looked at. Text without a line feed
    is looked at some times a second of host time, while the core runs on.

    Attributes
    ----------
    ports
        Serial ports by name.
    channels
        Other ways on which firmware sends text: Renode offers none.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._requested: StopReason | None = None
        self.ports: Mapping[str, RenodePort] = {
            uart.name: RenodePort(uart.name, partial(self._probe.feed, uart.name))
            for uart in self._board.uarts
        }
        self.channels: Mapping[str, TextChannel] = {}
        self._by_index = list(self.ports.values())
        try:
            for index, uart in enumerate(self._board.uarts):
                self._probe.listen(uart, index)
        except BaseException:
            self.close()
            raise

    def request_stop(self, reason: StopReason = StopReason.REQUEST) -> None:
        """Make :meth:`run` return soon, and behind the current line at the latest; for what listens."""
        self._requested = reason

    def _listen(self, reason: str | int) -> Stop | None:
        for index, byte in self._probe.take_sent():
            port = self._by_index[index]
            port.sent.append(byte)
            if port.on_sent is not None:
                port.on_sent()
        if reason == "line":
            self._probe.answer(stop=self._requested is not None)
            return None
        if self._requested is None or isinstance(reason, int):
            return None  # a marker comes first
        requested, self._requested = self._requested, None
        if reason == "running":
            self._probe.halt()
        return Stop(requested)
