"""What the plugin counts: here it asks for the price of each block that is new, and its counters are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.machine.embedded.marker_log import parse_marker_log
from sim.machine.embedded.pricing import BlockPricer
from sim.machine.profile import Block, BlockTable, MarkerHit, Profile
from sim.machine.protocol import Level, Marker
from sim.machine.qemu.channel import Channel, Command, parse_question


class BlockAccount:
    """Prices and counters of one boot, readable when its process has ended.

    Parameters
    ----------
    read_code
        Returns bytes of memory by address and size; raises ImageError where not all of that is memory.
    image_sha256
        Digest of the code, under which prices are kept between runs; empty to keep none.
    fetches_literals
        Whether literal loads have to be accounted for with the block, because nothing watches data accesses.
    markers
        Those that the plugin logs, in its order.
    """

    def __init__(
        self,
        core: str,
        level: Level,
        read_code: Callable[[int, int], bytes],
        *,
        image_sha256: str,
        fetches_literals: bool,
        markers: Sequence[Marker],
    ) -> None:
        self._pricer = BlockPricer(
            core,
            level,
            read_code,
            self._register,
            image_sha256=image_sha256,
            fetches_literals=fetches_literals,
        )
        self._markers = markers
        self._registers: tuple[int, ...] = ()
        self._blocks = BlockTable(())
        self._log = self._record = b""

    def answer_price(self, channel: Channel, payload: bytes) -> None:
        """Tell the plugin what a block costs; a failure is raised by :meth:`raise_error`."""
        question = parse_question(payload)
        self._registers = question.registers
        try:
            price = self._pricer.price(question.address, question.size_bytes)
        except Exception:  # the pricer keeps it until the plugin has stopped
            channel.refuse_price()
        else:
            channel.answer_price(*price)

    def raise_error(self) -> None:
        """Raise what went wrong while a block was priced."""
        error, self._pricer.error = self._pricer.error, None
        if error is not None:
            raise error

    def fetch(self, channel: Channel) -> None:
        """Fetch the marker log, and the blocks that are new, from a plugin that holds the core."""
        self._log += channel.request(Command.LOG)
        if len(self._blocks.blocks) != len(self._pricer.timings):
            ranges = np.frombuffer(channel.request(Command.BLOCKS), dtype="<u4").reshape(-1, 2).tolist()
            self._blocks = BlockTable(
                tuple(
                    Block(address, size, timing)
                    for (address, size), timing in zip(ranges, self._pricer.timings, strict=True)
                )
            )

    def fetch_record(self, channel: Channel) -> None:
        """Fetch all counters as they stand."""
        self._record = channel.request(Command.RECORD)

    def take_profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""
        log, self._log = self._log, b""
        return Profile(self._blocks, parse_marker_log(log, self._markers))

    def hit(self, name: str) -> MarkerHit:
        """Return the counters that were fetched last, as if a marker called `name` had been reached."""
        return parse_marker_log(self._record, [Marker(name, 0, stops=False)])[0]

    def save(self) -> None:
        """Keep the prices for the next run of the same image."""
        self._pricer.save()

    def _register(self, number: int) -> int:
        return self._registers[number]
