"""One board as data: what a platform file says, as frozen dataclasses.

Nothing here knows TOML or a simulator: the loader fills these; timing, energy and machines read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.errors import PlatformError
from sim.platform.names import (
    ControlRegister,
    MemoryKind,
    PeripheralFamily,
    ReplacementPolicy,
    UartFamily,
    ValidationStatus,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Core clock: the one a run uses unless told otherwise, and the limits, all in Hz."""

    default_hz: int
    min_hz: int
    max_hz: int
    source: str


@dataclass(frozen=True, slots=True)
class Supply:
    """Supply voltage at which the power figures hold, and the range that the part allows, in volts."""

    volts: float
    min_volts: float
    max_volts: float
    source: str


@dataclass(frozen=True, slots=True)
class EnableBit:
    """The bit by which firmware switches something on."""

    register: ControlRegister
    bit: int


@dataclass(frozen=True, slots=True)
class Access:
    """How the core reaches one memory.

    Attributes
    ----------
    width_bytes
        Bytes that one access brings in: the width of the array behind the core. A longer cache line takes
        several accesses.
    fetch_cache, read_cache, write_cache
        Name of the cache in the way of instruction fetches, data reads and data writes; None without one.
    wait_states
        Whether the flash wait states of the clock are added to each access that reaches the memory.
    read_stall_cycles, write_stall_cycles, fetch_stall_cycles
        Stall of the bus for each access that reaches the memory, on top of the wait states.
    prefetch
        Whether the next sequential line is read while the core executes the previous one.
    prefetch_enable
        What firmware switches that on with; None where it always works.
    prefetch_behind_cache
        Whether the prefetch follows what the cache reads from the memory, for data too, instead of what the
        core executes.
    """

    width_bytes: int
    fetch_cache: str | None
    read_cache: str | None
    write_cache: str | None
    wait_states: bool
    fetch_stall_cycles: int
    read_stall_cycles: int
    write_stall_cycles: int
    prefetch: bool
    prefetch_enable: EnableBit | None
    prefetch_behind_cache: bool
    source: str


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory of the map.

    ``alias_of`` names the memory whose bytes it shows at a second address; ``is_external`` says that it is a
    part of its own on the board, which does not count as memory of the microcontroller; ``image`` is the ELF
    file of what is in it from the factory.
    """

    name: str
    kind: MemoryKind
    base: int
    size_bytes: int
    bus: str
    alias_of: str | None
    access: Access
    source: str
    is_external: bool = False
    image: Path | None = None

    @property
    def end(self) -> int:
        """First address behind the memory."""
        return self.base + self.size_bytes


@dataclass(frozen=True, slots=True)
class Cache:
    """Geometry and behaviour of a cache or of a flash accelerator's line store.

    ``fill_stall_cycles`` is what a miss costs beyond the memory's own stall; ``enable`` is what firmware
    switches the cache on with, None where it always works; ``ways_enable`` is the bit without which it is
    direct-mapped, None where it always has its ways.
    """

    name: str
    size_bytes: int
    line_bytes: int
    ways: int
    policy: ReplacementPolicy
    fill_stall_cycles: int
    write_back: bool
    write_allocate: bool
    enable: EnableBit | None
    ways_enable: EnableBit | None
    source: str


@dataclass(frozen=True, slots=True)
class WaitStates:
    """Flash wait states by clock: ``limits_hz[n]`` is the highest clock at which ``n`` of them suffice."""

    limits_hz: tuple[int, ...]
    condition: str
    source: str

    def at(self, clock_hz: int) -> int:
        """Return the smallest number of wait states that the flash allows at ``clock_hz``."""
        for count, limit_hz in enumerate(self.limits_hz):
            if clock_hz <= limit_hz:
                return count
        raise ValueError(f"no wait-state setting covers {clock_hz} Hz")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the runner goes: its image and the model, its data, and the memories that the arena may span."""

    image: str
    data: str
    arena: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uart:
    """One serial port; ``family`` selects the peripheral model, ``clock`` the bus that clocks it.

    Attributes
    ----------
    dma_rx, dma_tx
        DMA requests for what it has received, and for more to send: lines of the request multiplexer, or
        places as the controller's family counts them.
    """

    name: str
    family: UartFamily
    base: int
    irq: int
    clock: str | None
    console: bool
    dma_rx: tuple[int, ...]
    dma_tx: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Peripheral:
    """One peripheral that firmware can use.

    Attributes
    ----------
    irq
        Its interrupt; None where the model raises none.
    compare_irq
        Interrupt of a timer for compare events; None where they share the other one.
    clock
        Bus that clocks it, such as ``apb1``; None where no clock matters.
    options
        Numbers that the family asks for, by name.
    irqs
        Interrupts of its channels, for a family with channels.
    words
        Content of its first registers after reset, for plain registers and ports of pins.
    """

    name: str
    family: PeripheralFamily
    base: int
    irq: int | None
    compare_irq: int | None
    clock: str | None
    options: Mapping[str, int]
    irqs: tuple[int, ...]
    words: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Power:
    """Run-mode power at the supply voltage.

    ``picojoules_per_cycle`` is the dynamic energy of one core cycle of a typical inference, ``static_watts``
    what is drawn whatever the clock; ``relative_uncertainty`` is one standard deviation of their sum.
    ``class_weights`` replaces weights of :data:`sim.energy.reference.CLASS_WEIGHTS` by name of the class.
    """

    picojoules_per_cycle: float
    static_watts: float
    relative_uncertainty: float
    source: str
    class_weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FlashEnergy:
    """Energy of reading one line of the flash array: what one miss or one uncached read brings in."""

    picojoules_per_line: float
    source: str


@dataclass(frozen=True, slots=True)
class SleepMode:
    """A low-power mode in which RAM is kept: its current in amperes at the supply voltage."""

    name: str
    amperes: float
    source: str


@dataclass(frozen=True, slots=True)
class EnergyFigures:
    """What is known about a board's consumption."""

    supply: Supply
    power: Power
    flash_energy: FlashEnergy
    sleep: SleepMode


@dataclass(frozen=True, slots=True)
class Validation:
    """How the timing and the energy were checked against hardware: a status word each, and a note."""

    status: ValidationStatus
    energy: ValidationStatus
    note: str

    @property
    def is_validated(self) -> bool:
        """Whether the timing was compared with hardware."""
        return self.status is ValidationStatus.VALIDATED

    @property
    def energy_is_validated(self) -> bool:
        """Whether the energy was compared with measurements."""
        return self.energy is ValidationStatus.VALIDATED


@dataclass(frozen=True, slots=True)
class Platform:
    """One board, complete and checked.

    Attributes
    ----------
    bit_banding
        Whether single bits of RAM and peripherals have aliases at 0x22000000 and 0x42000000.
    unmodelled
        First addresses of the peripherals that the part has and no model knows, by name.
    double_precision
        Its FPU has doubles.
    priority_bits
        Implemented bits of interrupt priorities.
    reset_vectors
        Where the core reads its stack pointer and entry at reset, on a board whose boot ROM starts what is in
        flash; None where that is ``vector_base``.
    uf2_family
        Number of the chip's family in UF2 files; None for a board that takes none.
    energy
        What energy is computed from; None for a board whose consumption nobody has published.
    qemu_machine
        QEMU's name of the board; None where it has none like it.
    qemu_reset_vectors
        Where QEMU's core reads its stack pointer and entry at reset, if not at ``vector_base``.
    """

    id: str
    name: str
    board: str
    mcu: str
    vendor: str
    core: str
    double_precision: bool
    bit_banding: bool
    priority_bits: int
    source: str
    clock: Clock
    vector_base: int
    reset_vectors: int | None
    uf2_family: int | None
    placement: Placement
    memories: tuple[Memory, ...]
    caches: tuple[Cache, ...]
    wait_states: WaitStates | None
    uarts: tuple[Uart, ...]
    peripherals: tuple[Peripheral, ...]
    unmodelled: Mapping[str, int]
    energy: EnergyFigures | None
    validation: Validation
    qemu_machine: str | None
    qemu_reset_vectors: int | None
    path: Path
    sha256: str

    @property
    def supply(self) -> Supply:
        """Supply voltage; PlatformError for a board without energy figures."""
        return self._known_energy.supply

    @property
    def power(self) -> Power:
        """Run-mode power; PlatformError for a board without energy figures."""
        return self._known_energy.power

    @property
    def flash_energy(self) -> FlashEnergy:
        """Energy of the flash array; PlatformError for a board without energy figures."""
        return self._known_energy.flash_energy

    @property
    def sleep(self) -> SleepMode:
        """Low-power mode; PlatformError for a board without energy figures."""
        return self._known_energy.sleep

    @property
    def _known_energy(self) -> EnergyFigures:
        if self.energy is None:
            raise PlatformError(
                f"nobody has published the consumption of {self.id}",
                "choose a board whose `sim platforms ID` lists run power",
            )
        return self.energy

    def memory(self, name: str) -> Memory:
        """Return the memory called ``name``; KeyError when there is none."""
        for memory in self.memories:
            if memory.name == name:
                return memory
        raise KeyError(name)

    @property
    def image_memory(self) -> Memory:
        """Memory that holds the runner's image and the model."""
        return self.memory(self.placement.image)

    @property
    def data_memory(self) -> Memory:
        """Memory that holds the runner's stack and data."""
        return self.memory(self.placement.data)

    @property
    def arena_span(self) -> tuple[int, int]:
        """Base address and size in bytes of the contiguous RAM that the arena may use.

        It may include the runner's own data, which lies at the base of :attr:`data_memory`.
        """
        memories = [self.memory(name) for name in self.placement.arena]
        return memories[0].base, sum(memory.size_bytes for memory in memories)

    @property
    def flash_bytes(self) -> int:
        """Size of all flash, aliases not counted twice; of the image's memory on a board that has none."""
        return self._total_bytes(MemoryKind.FLASH) or self.image_memory.size_bytes

    @property
    def ram_bytes(self) -> int:
        """Size of all RAM and tightly coupled memory on the chip but the image's, without aliases."""
        writable = self._total_bytes(MemoryKind.RAM) + self._total_bytes(MemoryKind.TCM)
        return writable - (self.image_memory.size_bytes if self.image_memory.kind.writable else 0)

    @property
    def console(self) -> Uart:
        """The serial port that the board's console uses."""
        return next(uart for uart in self.uarts if uart.console)

    @property
    def sleep_watts(self) -> float:
        """Power in the low-power mode at the supply voltage."""
        return self.sleep.amperes * self.supply.volts

    def _total_bytes(self, kind: MemoryKind) -> int:
        return sum(
            memory.size_bytes
            for memory in self.memories
            if memory.kind is kind and not memory.alias_of and not memory.is_external
        )
