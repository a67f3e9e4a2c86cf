"""From the TOML of a platform file to :class:`~sim.platform.description.Platform`, checked completely."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from sim.platform.description import (
    Access,
    Cache,
    Clock,
    EnableBit,
    EnergyFigures,
    FlashEnergy,
    Memory,
    Placement,
    Platform,
    Power,
    SleepMode,
    Supply,
    Uart,
    Validation,
    WaitStates,
)
from sim.platform.flash_banks import BankMode, join_banks, parse_bank_mode
from sim.platform.names import (
    ARMV6M_CORES,
    ControlRegister,
    CoreName,
    MemoryKind,
    ReplacementPolicy,
    UartFamily,
    ValidationStatus,
)
from sim.platform.peripherals import MAX_INTERRUPT, parse_peripherals, parse_unmodelled
from sim.platform.source import read_source
from sim.platform.table import Table, did_you_mean, refuse_duplicates
from sim.resources import data_path
from sim.timing.instruction import InstructionClass

_SCHEMA_VERSION = 1
_ENERGY_TABLES = ("supply", "power", "flash_energy", "sleep")
_MAX_STALL_CYCLES = 100_000
_ARMV6M_PRIORITY_BITS = 2  # all that it has
_MOST_PRIORITY_BITS = 4


def parse_platform(path: Path) -> Platform:
    """Read and check one platform file.

    Raises
    ------
    PlatformError
        The file cannot be read, is no TOML, or describes no consistent board; the message names file and key.
    """
    content, sha256 = read_source(path)
    root = Table(content, path.name)
    root.integer("schema_version", minimum=_SCHEMA_VERSION, maximum=_SCHEMA_VERSION)
    caches = tuple(_cache(table) for table in root.tables("cache"))
    refuse_duplicates(root, "cache", [cache.name for cache in caches])
    clock = _clock(root.table("clock"))
    wait_states = _wait_states(root.table("wait_states"), clock) if root.has("wait_states") else None
    memories = _memories(root, [cache.name for cache in caches], wait_states, path.parent)
    if root.has("flash_banks") and parse_bank_mode(root.table("flash_banks")) is BankMode.SINGLE:
        memories, caches = join_banks(memories, caches)
    qemu_machine, qemu_reset_vectors = _qemu(root.table("qemu")) if root.has("qemu") else (None, None)
    core = root.choice("core", CoreName)
    platform = Platform(
        id=root.string("id"),
        name=root.string("name"),
        board=root.string("board"),
        mcu=root.string("mcu"),
        vendor=root.string("vendor"),
        core=core.value,
        double_precision=root.boolean("double_precision", False),
        bit_banding=root.boolean("bit_banding", False),
        priority_bits=root.integer(
            "priority_bits",
            _ARMV6M_PRIORITY_BITS if core.value in ARMV6M_CORES else _MOST_PRIORITY_BITS,
            minimum=2,
            maximum=8,
        ),
        source=root.string("source"),
        clock=clock,
        vector_base=root.integer("vector_base"),
        reset_vectors=_optional_integer(root, "reset_vectors"),
        uf2_family=_optional_integer(root, "uf2_family"),
        placement=_placement(root.table("placement"), memories),
        memories=memories,
        caches=caches,
        wait_states=wait_states,
        uarts=_uarts(root),
        peripherals=parse_peripherals(root),
        unmodelled=parse_unmodelled(root.table("unmodelled")) if root.has("unmodelled") else {},
        energy=_energy(root),
        validation=_validation(root.table("validation")),
        qemu_machine=qemu_machine,
        qemu_reset_vectors=qemu_reset_vectors,
        path=path,
        sha256=sha256,
    )
    root.finish()
    image = platform.image_memory
    if not image.base <= platform.vector_base < image.end or platform.vector_base % 128:
        root.fail(
            "vector_base", f"{platform.vector_base:#010x} is no 128-byte aligned address in {image.name!r}"
        )
    if platform.reset_vectors is not None and not any(
        memory.image is not None and memory.base <= platform.reset_vectors < memory.end for memory in memories
    ):
        root.fail("reset_vectors", f"{platform.reset_vectors:#010x} is in no memory that has an image")
    return platform


def _clock(table: Table) -> Clock:
    clock = Clock(
        default_hz=table.integer("default_hz", minimum=1),
        min_hz=table.integer("min_hz", minimum=1),
        max_hz=table.integer("max_hz", minimum=1),
        source=table.string("source"),
    )
    table.finish()
    if not clock.min_hz <= clock.default_hz <= clock.max_hz:
        table.fail(
            "default_hz", f"{clock.default_hz} is not between min_hz {clock.min_hz} and max_hz {clock.max_hz}"
        )
    return clock


def _supply(table: Table) -> Supply:
    supply = Supply(
        volts=table.number("volts", minimum=0.5, maximum=60.0),
        min_volts=table.number("min_volts", minimum=0.5, maximum=60.0),
        max_volts=table.number("max_volts", minimum=0.5, maximum=60.0),
        source=table.string("source"),
    )
    table.finish()
    if not supply.min_volts <= supply.volts <= supply.max_volts:
        table.fail("volts", f"{supply.volts} is not between {supply.min_volts} and {supply.max_volts}")
    return supply


def _wait_states(table: Table, clock: Clock) -> WaitStates:
    states = WaitStates(
        limits_hz=table.integers("limits_hz"),
        condition=table.string("condition"),
        source=table.string("source"),
    )
    table.finish()
    if list(states.limits_hz) != sorted(set(states.limits_hz)):
        table.fail("limits_hz", "must increase from one wait state to the next")
    if states.limits_hz[-1] < clock.max_hz:
        table.fail("limits_hz", f"ends at {states.limits_hz[-1]} Hz, below clock.max_hz {clock.max_hz}")
    return states


def _cache(table: Table) -> Cache:
    cache = Cache(
        name=table.string("name"),
        size_bytes=table.integer("size_bytes", minimum=1),
        line_bytes=table.integer("line_bytes", minimum=4, maximum=4096),
        ways=table.integer("ways", minimum=1, maximum=1024),
        policy=table.choice("policy", ReplacementPolicy),
        fill_stall_cycles=table.integer("fill_stall_cycles", 0, maximum=_MAX_STALL_CYCLES),
        write_back=table.boolean("write_back", False),
        write_allocate=table.boolean("write_allocate", False),
        enable=_enable_bit(table, "enable"),
        ways_enable=_enable_bit(table, "ways_enable"),
        source=table.string("source"),
    )
    table.finish()
    sets, rest = divmod(cache.size_bytes, cache.line_bytes * cache.ways)
    if rest or not _power_of_two(sets) or not _power_of_two(cache.line_bytes):
        table.fail(
            "size_bytes",
            f"{cache.size_bytes} is no power-of-two number of {cache.ways} x {cache.line_bytes} byte sets",
        )
    return cache


def _memories(
    root: Table, caches: Sequence[str], wait_states: WaitStates | None, folder: Path
) -> tuple[Memory, ...]:
    tables = root.tables("memory")
    if not tables:
        root.fail("memory", "is missing: a board has at least one [[memory]]")
    memories = [_memory(table, caches, wait_states, folder) for table in tables]
    names = [memory.name for memory in memories]
    refuse_duplicates(root, "memory", names)
    for table, memory in zip(tables, memories, strict=True):
        if memory.end > 2**32:
            table.fail(
                "size_bytes", f"{memory.name!r} ends at {memory.end:#x}, beyond the 4 GiB address space"
            )
        if memory.alias_of is not None:
            _check_alias(table, memory, memories)
    ordered = sorted(memories, key=lambda memory: memory.base)
    for lower, upper in pairwise(ordered):
        if lower.end > upper.base:
            root.fail(
                "memory",
                f"{upper.name!r} at {upper.base:#010x} overlaps {lower.name!r}, which ends at {lower.end:#x}",
            )
    return tuple(memories)


def _memory(table: Table, caches: Sequence[str], wait_states: WaitStates | None, folder: Path) -> Memory:
    memory = Memory(
        name=table.string("name"),
        kind=table.choice("kind", MemoryKind),
        base=table.integer("base"),
        size_bytes=table.integer("size_bytes", minimum=1, maximum=2**32),
        bus=table.string("bus"),
        alias_of=table.optional_string("alias_of"),
        is_external=table.boolean("external", False),
        image=_image(table, folder),
        access=_access(table.table("access"), caches, wait_states),
        source=table.string("source"),
    )
    table.finish()
    return memory


def _image(table: Table, folder: Path) -> Path | None:
    """Return the file with a memory's content: beside the platform file, or bundled."""
    name = table.optional_string("image")
    if name is None:
        return None
    places = [folder / name, data_path("firmware") / name]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        table.fail("image", f"there is no file {name!r}", f"put it into {folder}")
    return found


def _access(table: Table, caches: Sequence[str], wait_states: WaitStates | None) -> Access:
    access = Access(
        width_bytes=table.integer("width_bytes", minimum=4, maximum=64),
        fetch_cache=_reference(table, "fetch_cache", caches),
        read_cache=_reference(table, "read_cache", caches),
        write_cache=_reference(table, "write_cache", caches),
        wait_states=table.boolean("wait_states", False),
        fetch_stall_cycles=table.integer("fetch_stall_cycles", 0, maximum=_MAX_STALL_CYCLES),
        read_stall_cycles=table.integer("read_stall_cycles", 0, maximum=_MAX_STALL_CYCLES),
        write_stall_cycles=table.integer("write_stall_cycles", 0, maximum=_MAX_STALL_CYCLES),
        prefetch=table.boolean("prefetch", False),
        prefetch_enable=_enable_bit(table, "prefetch_enable"),
        prefetch_behind_cache=table.boolean("prefetch_behind_cache", False),
        source=table.string("source"),
    )
    table.finish()
    if not _power_of_two(access.width_bytes):
        table.fail("width_bytes", f"is {access.width_bytes}, must be a power of two")
    if access.wait_states and wait_states is None:
        table.fail("wait_states", "is true, but the file has no [wait_states] table")
    return access


def _enable_bit(table: Table, key: str) -> EnableBit | None:
    text = table.optional_string(key)
    if text is None:
        return None
    register, _, bit = text.partition(":")
    known = [choice.value for choice in ControlRegister]
    if register not in known or not bit.isdecimal() or int(bit) > 31:
        table.fail(key, f"{text!r} is no bit of a control register", f"write {known[0]}:9; known: {known}")
    return EnableBit(ControlRegister(register), int(bit))


def _reference(table: Table, key: str, known: Sequence[str]) -> str | None:
    name = table.optional_string(key)
    if name is not None and name not in known:
        table.fail(key, f"{name!r} is no [[cache]] of this file", did_you_mean(name, known))
    return name


def _check_alias(table: Table, memory: Memory, memories: Sequence[Memory]) -> None:
    original = next((other for other in memories if other.name == memory.alias_of), None)
    if original is None or original.alias_of is not None:
        names = [other.name for other in memories if other.alias_of is None]
        table.fail(
            "alias_of",
            f"{memory.alias_of!r} is no memory of its own",
            did_you_mean(str(memory.alias_of), names),
        )
    if original.size_bytes != memory.size_bytes or original.kind is not memory.kind:
        table.fail("alias_of", f"{memory.name!r} differs in size or kind from {original.name!r}")


def _placement(table: Table, memories: Sequence[Memory]) -> Placement:
    placement = Placement(
        image=table.string("image"), data=table.string("data"), arena=table.strings("arena")
    )
    table.finish()
    by_name = {memory.name: memory for memory in memories}
    wanted = [
        ("image", placement.image),
        ("data", placement.data),
        *(("arena", name) for name in placement.arena),
    ]
    for key, name in wanted:
        if name not in by_name:
            table.fail(key, f"{name!r} is no [[memory]] of this file", did_you_mean(name, list(by_name)))
        if key != "image" and not by_name[name].kind.writable:
            table.fail(key, f"{name!r} cannot be written")
    for lower, upper in pairwise(placement.arena):
        if by_name[lower].end != by_name[upper].base:
            table.fail("arena", f"{upper!r} does not start where {lower!r} ends")
    return placement


def _uarts(root: Table) -> tuple[Uart, ...]:
    uarts = []
    for table in root.tables("uart"):
        uarts.append(
            Uart(
                name=table.string("name"),
                family=table.choice("family", UartFamily),
                base=table.integer("base"),
                irq=table.integer("irq", maximum=MAX_INTERRUPT),
                clock=table.optional_string("clock"),
                console=table.boolean("console", False),
                dma_rx=table.integers("dma_rx") if table.has("dma_rx") else (),
                dma_tx=table.integers("dma_tx") if table.has("dma_tx") else (),
                source=table.string("source"),
            )
        )
        table.finish()
    refuse_duplicates(root, "uart", [uart.name for uart in uarts])
    consoles = [uart.name for uart in uarts if uart.console]
    if len(consoles) != 1:
        root.fail("uart", f"exactly one must have console = true, not {len(consoles)}")
    return tuple(uarts)


def _energy(root: Table) -> EnergyFigures | None:
    if not any(root.has(table) for table in _ENERGY_TABLES):
        return None
    return EnergyFigures(
        supply=_supply(root.table("supply")),
        power=_power(root.table("power")),
        flash_energy=_flash_energy(root.table("flash_energy")),
        sleep=_sleep(root.table("sleep")),
    )


def _power(table: Table) -> Power:
    power = Power(
        picojoules_per_cycle=table.number("picojoules_per_cycle", minimum=0.01, maximum=1e6),
        static_watts=table.number("static_watts", maximum=100.0),
        relative_uncertainty=table.number("relative_uncertainty", minimum=0.001, maximum=1.0),
        source=table.string("source"),
        class_weights=_class_weights(table),
    )
    table.finish()
    return power


def _class_weights(table: Table) -> dict[str, float]:
    if not table.has("class_weights"):
        return {}
    weights = table.table("class_weights")
    known = [kind.name.lower() for kind in InstructionClass]
    for name in weights.names():
        if name not in known:
            weights.fail(name, "is no class of instructions", did_you_mean(name, known))
    return {name: weights.number(name, maximum=1000.0) for name in weights.names()}


def _flash_energy(table: Table) -> FlashEnergy:
    energy = FlashEnergy(
        picojoules_per_line=table.number("picojoules_per_line", maximum=1e6), source=table.string("source")
    )
    table.finish()
    return energy


def _sleep(table: Table) -> SleepMode:
    sleep = SleepMode(
        name=table.string("name"),
        amperes=table.number("amperes", maximum=10.0),
        source=table.string("source"),
    )
    table.finish()
    return sleep


def _validation(table: Table) -> Validation:
    unknown = ValidationStatus.UNVALIDATED
    validation = Validation(
        status=table.choice("status", ValidationStatus),
        energy=table.choice("energy", ValidationStatus) if table.has("energy") else unknown,
        note=table.string("note"),
    )
    table.finish()
    return validation


def _qemu(table: Table) -> tuple[str, int | None]:
    """Return QEMU's name of the board, and where its core reads its vectors at reset."""
    machine = table.string("machine")
    reset_vectors = _optional_integer(table, "reset_vectors")
    table.finish()
    return machine, reset_vectors


def _optional_integer(table: Table, key: str) -> int | None:
    return table.integer(key) if table.has(key) else None


def _power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0
