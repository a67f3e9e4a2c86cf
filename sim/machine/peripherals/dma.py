"""What all DMA controllers share: a channel that moves one item per request, and their way to the bus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sim.machine.peripherals.bus import Bus, Peripheral
from sim.machine.peripherals.wiring import Wiring

_PERIPHERALS = range(0x4000_0000, 0x6000_0000)


class DmaClient(Protocol):
    """A peripheral that asks for transfers."""

    def poll_dma(self, now_cycles: int) -> None:
        """Ask again: a channel has been switched on."""


class DmaController(Protocol):
    """A controller that serves requests by their number on this part."""

    def serve(self, request: int, now_cycles: int) -> bool:
        """Move one item for a request; whether a channel was there to do it."""


@dataclass
class DmaMaster:
    """The bus port of all controllers of a board.

    Attributes
    ----------
    bus
        Set when all peripherals are there.
    clients
        Peripherals that ask for transfers.
    """

    wiring: Wiring
    bus: Bus | None = None
    clients: list[DmaClient] = field(default_factory=list)

    def move(self, source: int, source_bytes: int, target: int, target_bytes: int, now_cycles: int) -> None:
        """Read one item and write it; what is missing in a wider target is zero."""
        value = self._read(source, source_bytes, now_cycles) & (1 << 8 * target_bytes) - 1
        if target not in _PERIPHERALS:
            self.wiring.write_memory(target, value.to_bytes(target_bytes, "little"))
        elif (peripheral := self._find(target)) is not None:
            shift = (target & 3) * 8
            mask = (1 << 8 * target_bytes) - 1 << shift
            peripheral.write((target & ~3) - peripheral.base, value << shift, mask, now_cycles)

    def poll_clients(self, now_cycles: int) -> None:
        """Let every peripheral ask again."""
        for client in self.clients:
            client.poll_dma(now_cycles)

    def _read(self, address: int, size: int, now_cycles: int) -> int:
        if address not in _PERIPHERALS:
            return int.from_bytes(self.wiring.read_memory(address, size), "little")
        peripheral = self._find(address)
        if peripheral is None:
            return 0
        value = peripheral.read((address & ~3) - peripheral.base, now_cycles) >> (address & 3) * 8
        return value & (1 << 8 * size) - 1

    def _find(self, address: int) -> Peripheral | None:
        assert self.bus is not None
        return self.bus.find(address)


@dataclass
class Block:
    """A transfer under way: `count` items that are left of `total`.

    Attributes
    ----------
    source_step, target_step
        Bytes that the addresses advance by for each item; 0 for a register.
    """

    source: int
    source_bytes: int
    source_step: int
    target: int
    target_bytes: int
    target_step: int
    total: int
    count: int

    def step(self, master: DmaMaster, now_cycles: int) -> None:
        """Move the next item."""
        master.move(self.source, self.source_bytes, self.target, self.target_bytes, now_cycles)
        self.source += self.source_step
        self.target += self.target_step
        self.count -= 1

    @property
    def is_half_done(self) -> bool:
        """Whether the item just moved was the last of the first half."""
        return self.total > 1 and self.total - self.count == self.total // 2


def serve_any(controllers: Sequence[DmaController], requests: Sequence[int]) -> Callable[[int], bool]:
    """Return a function that lets the first controller that can serve one of some requests."""

    def serve(now_cycles: int) -> bool:
        return any(
            controller.serve(request, now_cycles) for request in requests for controller in controllers
        )

    return serve
