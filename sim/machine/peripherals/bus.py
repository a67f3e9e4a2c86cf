"""The peripheral bus: which peripheral answers at an address, and when one wants attention next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from sim.machine.bit_band import ALIAS_BYTES, PERIPHERAL_ALIAS, bit_of
from sim.machine.peripherals.register_names import RegisterName
from sim.machine.peripherals.registers import RegisterBank

STUCK_READS = 1000
"""Reads of one register in a row from which on it counts as polled."""

_NEVER = (1 << 64) - 1
_MANY_READS = (1 << 32) - 1

BASE = 0x40000000
SIZE_BYTES = 0x20000000

_BIT_BAND = range(PERIPHERAL_ALIAS, PERIPHERAL_ALIAS + ALIAS_BYTES)
_PAGE_BYTES = 0x1000
_GRANULE_SHIFT = 8  # STM32G0 packs peripherals at 1 KiB, others share a page: 256 bytes tell all apart


class Peripheral(Protocol):
    """One peripheral. Offsets count from its base; cycles are core cycles since reset."""

    @property
    def name(self) -> str:
        """Name as the reference manual has it, such as ``USART1``."""

    @property
    def base(self) -> int:
        """First address."""

    @property
    def size_bytes(self) -> int:
        """Size of the address range."""

    def read(self, offset: int, now_cycles: int) -> int:
        """Return the 32-bit register at a word offset."""

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store the bits of `value` that `mask` selects into the register at a word offset."""

    def next_event_cycles(self) -> int | None:
        """Return when the peripheral changes by itself next, if it does."""

    def run_events(self, now_cycles: int) -> None:
        """Do what is due."""


@runtime_checkable
class HasSteadyRegisters(Protocol):
    """A peripheral some of whose registers stay the same until its next event, and do not mind being read."""

    steady_offsets: frozenset[int]


@dataclass(frozen=True, slots=True)
class SteadyRegister:
    """A register that would be read the same, unless something else happens on the bus.

    Attributes
    ----------
    until_cycles
        When it may change.
    reads
        How many reads may go by without the bus, before it wants to look at the loop that makes them.
    """

    address: int
    value: int
    until_cycles: int
    reads: int


@dataclass(frozen=True, slots=True)
class UnmodelledAccess:
    """First access to a register that no model knows."""

    address: int
    is_write: bool


@dataclass(frozen=True, slots=True)
class PollingPlace:
    """A loop that reads a register until it changes.

    Attributes
    ----------
    pc
        Address of its load.
    mask
        The bits that it looks at; None where its code does not tell.
    """

    pc: int
    mask: int | None


@dataclass(frozen=True, slots=True)
class PolledRegister:
    """A register that firmware has read over and over, with what it got.

    Attributes
    ----------
    peripheral
        Name of its peripheral; empty where no model knows it.
    reads
        Reads in a row, without any other access to the bus.
    place
        The loop that reads it; None until it has read often.
    register
        What the manual calls it; None where that is not known.
    """

    peripheral: str
    address: int
    value: int
    reads: int
    place: PollingPlace | None = None
    register: RegisterName | None = None


def _pages(base: int, size_bytes: int) -> range:
    return range(base & -_PAGE_BYTES, base + size_bytes, _PAGE_BYTES)


@dataclass
class Bus:
    """All peripherals of a board, and a place that remembers writes for everything else.

    Attributes
    ----------
    has_bit_band
        Whether each bit of the first megabyte has a word of its own at 0x42000000.
    unmodelled
        First access to each register without a model, in order.
    find_loop
        Returns the loop that reads from an address right now, if set.
    name_of
        Returns the name of the register at an address, if set.
    store_to_flash
        Takes a store to flash (address, size in bytes, value) and returns whether its controller lets it
        through, if set.
    steady
        What the last read was of, if it is a steady register.
    """

    peripherals: Sequence[Peripheral]
    has_bit_band: bool = False
    unmodelled: dict[int, UnmodelledAccess] = field(default_factory=dict)
    find_loop: Callable[[int], PollingPlace] | None = None
    name_of: Callable[[int], RegisterName | None] | None = None
    store_to_flash: Callable[[int, int, int], bool] | None = None
    steady: SteadyRegister | None = None
    _stored: dict[int, int] = field(default_factory=dict)
    _by_granule: dict[int, Peripheral] = field(default_factory=dict)
    _steady_addresses: set[int] = field(default_factory=set)
    _steady_granules: set[int] = field(default_factory=set)  # plain registers
    _with_events: list[Peripheral] = field(default_factory=list)
    _last_read: int = -1
    _last_value: int = 0
    _reads_in_a_row: int = 0
    _loop: PollingPlace | None = None

    def __post_init__(self) -> None:
        self._with_events = [p for p in self.peripherals if not isinstance(p, RegisterBank)]
        for peripheral in self.peripherals:
            end = peripheral.base + peripheral.size_bytes
            for granule in range(peripheral.base >> _GRANULE_SHIFT, -(-end >> _GRANULE_SHIFT)):
                self._by_granule[granule] = peripheral
            if isinstance(peripheral, HasSteadyRegisters):
                self._steady_addresses |= {peripheral.base + offset for offset in peripheral.steady_offsets}
        self._steady_granules = {
            granule
            for granule, peripheral in self._by_granule.items()
            if isinstance(peripheral, RegisterBank) and type(peripheral).read is RegisterBank.read
        }

    def read(self, address: int, size_bytes: int, now_cycles: int) -> int:
        """Return 1, 2 or 4 bytes."""
        if self.has_bit_band and address in _BIT_BAND:
            target, bit = bit_of(address)
            return self.read(target, 1, now_cycles) >> bit & 1
        self.steady = None
        word, shift = address & ~3, (address & 3) * 8
        peripheral = self._by_granule.get(address >> _GRANULE_SHIFT)
        if peripheral is None:
            self._note(word, False)
            value = self._stored.get(word, 0)
        else:
            due = peripheral.next_event_cycles()
            if due is not None and due <= now_cycles:
                peripheral.run_events(
                    now_cycles
                )  # firmware that polls sees it now, not when the core stops next
            value = peripheral.read(word - peripheral.base, now_cycles)
        self._reads_in_a_row = self._reads_in_a_row + 1 if word == self._last_read else 1
        if self._reads_in_a_row == STUCK_READS and self.find_loop is not None:
            self._loop = self.find_loop(address)
        self._last_read, self._last_value = word, value
        is_plain = peripheral is None or address >> _GRANULE_SHIFT in self._steady_granules
        if is_plain or word in self._steady_addresses:
            self.steady = self._steady(peripheral, word, value)
        return value >> shift & (1 << 8 * size_bytes) - 1

    def add_reads(self, count: int) -> None:
        """Note reads of a steady register that went by without the bus."""
        self._reads_in_a_row += count

    def _steady(self, peripheral: Peripheral | None, address: int, value: int) -> SteadyRegister:
        due = None if peripheral is None else peripheral.next_event_cycles()
        left = STUCK_READS - 1 - self._reads_in_a_row
        return SteadyRegister(
            address, value, _NEVER if due is None else due, left if left >= 0 else _MANY_READS
        )

    def write(self, address: int, size_bytes: int, value: int, now_cycles: int) -> None:
        """Store 1, 2 or 4 bytes."""
        if self.has_bit_band and address in _BIT_BAND:
            target, bit = bit_of(address)
            byte = self.read(target, 1, now_cycles) & ~(1 << bit) | (value & 1) << bit
            self.write(target, 1, byte, now_cycles)
            return
        word, shift = address & ~3, (address & 3) * 8
        mask = (1 << 8 * size_bytes) - 1 << shift
        value = value << shift & mask
        self._last_read = -1
        peripheral = self._by_granule.get(address >> _GRANULE_SHIFT)
        if peripheral is None:
            self._note(word, True)
            self._stored[word] = self._stored.get(word, 0) & ~mask | value
        else:
            peripheral.write(word - peripheral.base, value, mask, now_cycles)

    @property
    def windows(self) -> list[range]:
        """Address ranges that the bus answers: its own, and those of peripherals elsewhere."""
        outside = [p for p in self.peripherals if not BASE <= p.base < BASE + SIZE_BYTES]
        pages = {page for p in outside for page in _pages(p.base, p.size_bytes)}
        return [
            range(BASE, BASE + SIZE_BYTES),
            *(range(page, page + _PAGE_BYTES) for page in sorted(pages)),
        ]

    def find(self, address: int) -> Peripheral | None:
        """Return the peripheral at an address."""
        return self._by_granule.get(address >> _GRANULE_SHIFT)

    @property
    def polled(self) -> PolledRegister | None:
        """The register that the last accesses read; None when the last one was a write."""
        if self._last_read < 0:
            return None
        peripheral = self._by_granule.get(self._last_read >> _GRANULE_SHIFT)
        name = "" if peripheral is None else peripheral.name
        loop = self._loop if self._reads_in_a_row >= STUCK_READS else None
        register = None if self.name_of is None else self.name_of(self._last_read)
        return PolledRegister(name, self._last_read, self._last_value, self._reads_in_a_row, loop, register)

    def next_event_cycles(self) -> int | None:
        """Return the earliest event of any peripheral."""
        events = [event for p in self._with_events if (event := p.next_event_cycles()) is not None]
        return min(events, default=None)

    def run_events(self, now_cycles: int) -> None:
        """Let every peripheral do what is due."""
        for peripheral in self._with_events:
            event = peripheral.next_event_cycles()
            if event is not None and event <= now_cycles:
                peripheral.run_events(now_cycles)

    def _note(self, address: int, is_write: bool) -> None:
        if address not in self.unmodelled:
            self.unmodelled[address] = UnmodelledAccess(address, is_write)
