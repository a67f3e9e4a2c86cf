"""A Cortex-M board in this process: Unicorn executes, the C extension counts, this file sets up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import unicorn
from unicorn import arm_const

from sim.debug import DebugRequest, GdbServer
from sim.debug.target import Debugger
from sim.errors import SimulationError
from sim.machine.embedded import _hot
from sim.machine.embedded.bare_markers import BareMarkers
from sim.machine.embedded.block_clock import BlockClock
from sim.machine.embedded.channel import TextChannel
from sim.machine.embedded.core import CORE_REGISTERS, create_core, load_vectors
from sim.machine.embedded.debug import DebugPort
from sim.machine.embedded.devices import MappedBus, map_private
from sim.machine.embedded.interrupts import Interrupts
from sim.machine.embedded.memory_accounting import MemoryAccounting
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import hook_native, make_counters
from sim.machine.embedded.pricing import BlockPricer
from sim.machine.embedded.private_peripherals import PeripheralState, PrivatePeripherals
from sim.machine.embedded.profiler import Profiler
from sim.machine.embedded.ram_bits import map_ram_bits
from sim.machine.embedded.refused import RefusedInstructions
from sim.machine.embedded.semihosting import Semihosting
from sim.machine.embedded.stack_watch import StackWatch
from sim.machine.embedded.system_control import CCR
from sim.machine.embedded.traps import Traps, TrapState
from sim.machine.embedded.waiting_loops import WaitingLoops
from sim.machine.peripherals.bus import Bus
from sim.machine.profile import MarkerHit, Profile
from sim.machine.protocol import Accounting, Level, Marker, RunLimits, Snapshot, Stop, StopReason
from sim.platform import Platform
from sim.platform.names import ARMV6M_CORES, CORES_WITHOUT_FLOAT
from sim.timing.instruction import PC
from sim.timing.memory import MemorySettings

_NEVER = 0xFFFFFFFE
_SLICE_CYCLES = 2_000_000  # a few hundredths of a second of host time
_REPORT_SECONDS = 0.03  # how long code that is new may keep the host busy between two reports


@dataclass(frozen=True, slots=True)
class EmbeddedSnapshot:
    """The state of an :class:`EmbeddedMachine`; flash is not part of it, because the core cannot write it."""

    cpu: unicorn.unicorn_py3.unicorn.UcContext
    next_pc: int
    memory: tuple[bytes, ...]
    peripherals: PeripheralState
    counters: bytes
    is_asleep: bool
    traps: TrapState


class EmbeddedMachine:
    """The default engine. See :class:`sim.machine.protocol.Machine` for what its methods promise.

    Parameters
    ----------
    platform
        The board.
    clock_hz
        Core clock in Hz, which decides the flash wait states.
    markers
        Addresses to log and to stop at.
    level
        How much to account for.
    image_sha256
        Digest of the code that will run, the key under which block costs are kept between runs; empty to
        keep none.
    data_only_flash
        Addresses of flash that hold no code (the model), from a page boundary to the end of a flash memory.
        Where RAM never waits, only these and literals can stall a data access, and the run is several times
        faster.
    bus
        The board's peripherals; without it, accesses to them fault.
    on_progress
        Called with the cycle count dozens of times a second of host time; may raise to end the run.
    debug
        Where a debugger is expected, which then controls the machine from its first instruction on.
    memory_settings
        Returns what firmware has set up outside the core; without it, the memory system is that of `clock_hz`
        with all caches on.
    plan_data_accesses
        Whether the counters work out where data accesses go when a block is entered (:mod:`access_plan`),
        instead of watching every one: several times faster, and within a fifth of a percent of that.

    Raises
    ------
    UsageError
        The emulator has no such core.
    """

    def __init__(
        self,
        platform: Platform,
        clock_hz: int,
        markers: Sequence[Marker] = (),
        *,
        level: Level = Level.FULL,
        image_sha256: str = "",
        data_only_flash: range | None = None,
        bus: Bus | None = None,
        on_progress: Callable[[int], None] | None = None,
        debug: DebugRequest | None = None,
        memory_settings: Callable[[], MemorySettings] | None = None,
        plan_data_accesses: bool = True,
    ) -> None:
        self._core = platform.core
        self._level = level
        self._markers = tuple(markers)
        self._on_progress = on_progress
        self._bare_markers: BareMarkers | None = None
        self._requested: StopReason | None = None
        self._report_due = 0.0
        self._asleep = False
        self._next_pc = 0
        self._debug: DebugPort | None = None

        self.memory = MemoryMap(platform.memories)
        self._uc = create_core(platform)
        self._accesses = MemoryAccounting(
            self._uc,
            platform,
            self.memory,
            level,
            clock_hz,
            data_only_flash=data_only_flash,
            plan_data_accesses=plan_data_accesses,
            read_settings=memory_settings,
        )
        self._pricer = BlockPricer(
            self._core,
            level,
            self.memory.read,
            self._register,
            image_sha256=image_sha256,
            fetches_literals=self._accesses.watches_literals_only,
        )
        self._hot = make_counters(
            self._uc,
            self._accesses.system,
            self._markers,
            full=level is Level.FULL,
            on_new_block=self._price_block,
        )
        self._accesses.map(self._hot)
        self._profiler = Profiler(self._hot, self._pricer.timings, self._markers)
        self._clock = BlockClock(
            self._core, self._hot, self._pricer.timings, self.memory.read, self._register
        )
        self.peripherals = PrivatePeripherals(
            self._core, platform.priority_bits, self._clock.access_cycle, self._core not in ARMV6M_CORES
        )
        self._bus = bus
        board_windows = () if bus is None else bus.windows
        map_private(self._uc, self._hot, self.peripherals, self._look_for_reset, board_windows)
        self._mapped_bus: MappedBus | None = None
        if bus is not None:
            self._mapped_bus = MappedBus(self._uc, self._hot, bus)
        self._interrupts = Interrupts(self._uc, self._core, self._hot, self.memory, self.peripherals, bus)
        if platform.bit_banding:
            map_ram_bits(self._uc, self.memory)
        self.channels = {"semihosting": TextChannel(), "itm": TextChannel()}
        self.peripherals.on_trace = self.channels["itm"].write
        self._traps = Traps(
            self._uc,
            self._core,
            self._hot,
            self.memory,
            self.peripherals,
            self._interrupts,
            Semihosting(self.memory, self.channels["semihosting"], lambda: self._hot.cycles, clock_hz),
            self._register,
            partial(self._accesses.watch, self._hot),
            self._mapped_bus,
        )
        self._refused = RefusedInstructions(
            self._uc,
            self.memory,
            self._hot,
            lambda: self.peripherals.exceptions,
            has_double_precision=platform.double_precision,
            sees_blocks=level is not Level.BARE,
        )
        if bus is not None:
            bus.find_loop = self._traps.polling_place
        self.stack_watch: StackWatch | None = None
        self._loops: WaitingLoops | None = None
        if level in (Level.TIMING, Level.FULL) and debug is None:
            self._loops = WaitingLoops(
                self._uc,
                self._hot,
                self.memory,
                self._pricer.timings,
                self._profiler,
                self._read_count,
                has_float=self._core not in CORES_WITHOUT_FLOAT,
            )
        self._install_hooks()
        if debug is not None:
            self.attach(GdbServer(debug))

    @property
    def version(self) -> str:
        """Name and version of the emulator behind the engine."""
        return f"Unicorn {unicorn.__version__}"

    @property
    def accounting(self) -> Accounting:
        """What it accounts for: the level that was asked for."""
        return Accounting(self._level)

    @property
    def pc(self) -> int:
        """Address of the instruction that comes next, while the machine stands still."""
        return self._next_pc

    @property
    def cycles(self) -> int:
        """Core cycles since reset."""
        return self._hot.cycles

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to memory from outside, flash included."""
        self.memory.write(address, data)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read memory from outside."""
        return self.memory.read(address, size_bytes)

    def reset(self, vector_table: int) -> None:
        """Load the initial stack pointer and the entry point from a vector table.

        Raises
        ------
        SimulationError
            The table holds no usable values.
        """
        self._next_pc = load_vectors(self._uc, self.memory, vector_table)
        self._asleep = False
        self.peripherals.vector_table = vector_table
        self._hot.redirect()

    def attach(self, debugger: Debugger) -> None:
        """Let a debugger control what is executed; nothing must have been executed yet.

        The wall-clock limit of :meth:`run` does not count the time that the debugger holds the machine.
        """
        self._debug = DebugPort(
            self._uc,
            debugger,
            self.memory,
            self.peripherals,
            self._bus,
            has_float=self._core not in CORES_WITHOUT_FLOAT,
            cycles_at=self._clock.cycles_at,
            move_to=self._move_to,
            version=self.version,
        )

    def run(self, limits: RunLimits) -> Stop:
        """Execute until a stopping marker, a fault or a limit."""
        if self._debug is not None and self._debug.restart is None:
            self._debug.restart = partial(self.restore, self.snapshot())
        while True:
            stop = self._traps.complete(self._run(limits))
            if self._debug is None or stop.reason is not StopReason.FAULT or stop.fault is None:
                return stop
            if not self._debug.show_fault(stop.fault.kind, self._next_pc):
                return stop

    def _run(self, limits: RunLimits) -> Stop:
        started = time.monotonic()
        event: int | None = None
        until = 0
        while True:
            if self._loops is None or not self._loops.is_going_round:
                if self._asleep and (stop := self._sleep(limits)) is not None:
                    return stop
                self._next_pc = self._traps.service(self._next_pc)
                self._accesses.follow_settings(self._hot, partial(self.peripherals.read, CCR))
                if (stop := self._take_request()) is not None:
                    return stop
                event = self._interrupts.next_event_cycles()
                deadline = min(limits.cycles, self._hot.cycles + _SLICE_CYCLES)
                until = deadline if event is None else min(deadline, event)
            reach = until
            if self._loops is not None and event is not None:  # there is something to wait for
                reach = self._loops.next_stop(self._next_pc, until)
            self._hot.arm(reach, self._interrupts.has_masked)
            if self._debug is not None:
                self._debug.poll()
            stop = self._run_slice()
            self._asleep = stop is not None and stop.reason is StopReason.IDLE
            if stop is not None and not self._asleep:
                return stop
            if (stop := self._take_request()) is not None:
                return stop
            if self._hot.cycles >= limits.cycles:
                return Stop(StopReason.CYCLE_LIMIT)
            if limits.wall_seconds is not None and self._wall_seconds(started) >= limits.wall_seconds:
                return Stop(StopReason.WALL_LIMIT)
            if self._on_progress is not None:
                self._on_progress(self._hot.cycles)
                self._report_due = time.monotonic() + _REPORT_SECONDS

    def _wall_seconds(self, started: float) -> float:
        """Return the time since `started`, without that for which a debugger has ever held the machine."""
        held = 0.0 if self._debug is None else self._debug.held_seconds
        return time.monotonic() - started - held

    def request_stop(self, reason: StopReason = StopReason.REQUEST) -> None:
        """Make :meth:`run` return before the next basic block; for peripherals, while the core runs."""
        self._requested = reason
        self._hot.interrupt()

    def _take_request(self) -> Stop | None:
        reason, self._requested = self._requested, None
        return None if reason is None else Stop(reason)

    def watch_stack(self, limit: int) -> None:
        """Notice when the main stack grows below an address; see :attr:`stack_watch`."""
        self.stack_watch = StackWatch(self._hot, limit, self.memory.read)

    def sleep_until(self, cycles: int) -> None:
        """Let virtual time pass up to a cycle count while the core sleeps and nothing can wake it."""
        self._hot.add_cycles(max(0, cycles - self._hot.cycles))

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""
        return self._profiler.hit(name)

    def profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""
        return self._profiler.profile()

    def snapshot(self) -> EmbeddedSnapshot:
        """Return the whole state of the board: core, memory, peripherals, caches and virtual time."""
        return EmbeddedSnapshot(
            cpu=self._uc.context_save(),
            next_pc=self._next_pc,
            memory=self.memory.save(),
            peripherals=self.peripherals.save(),
            counters=self._hot.save(),
            is_asleep=self._asleep,
            traps=self._traps.save(),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this machine; what runs next is bit-identical to what ran after it."""
        if not isinstance(snapshot, EmbeddedSnapshot):
            raise TypeError("the snapshot was made by another engine")
        self._uc.context_restore(snapshot.cpu)
        self._next_pc = snapshot.next_pc
        self._asleep = snapshot.is_asleep
        self._traps.restore(snapshot.traps)
        if self._loops is not None:
            self._loops.forget()
        self.memory.restore(snapshot.memory)
        self.peripherals.restore(snapshot.peripherals)
        self._hot.restore(snapshot.counters)

    def close(self) -> None:
        """Keep the block costs for the next run of the same image."""
        self._pricer.save()
        if self._debug is not None:
            self._debug.finish()

    # -- set-up --------------------------------------------------------------------------------------------

    def _install_hooks(self) -> None:
        if self._level is Level.BARE:
            self._bare_markers = BareMarkers(self._uc, self._markers)
            return
        hook_native(self._uc, self._hot, unicorn.UC_HOOK_BLOCK, self._hot.callbacks[0])
        self._accesses.account(self._hot, CORE_REGISTERS[:PC])

    # -- execution -----------------------------------------------------------------------------------------

    def _price_block(self, address: int, size_bytes: int) -> tuple[int, int, int, int, bytes, int, bytes]:
        """Price a block that is executed for the first time; end the slice where that has taken long."""
        if self._on_progress is not None and time.monotonic() >= self._report_due:
            self._hot.interrupt()
        row = self._pricer.price(address, size_bytes)
        self._traps.check_float(address, size_bytes)
        return (*row, *self._accesses.plan(address, size_bytes))

    def _run_slice(self) -> Stop | None:
        """Run to the armed deadline; None when it was reached."""
        if (stop := self._traps.take_stop()) is not None:
            return stop
        while True:
            try:
                self._uc.emu_start(self._next_pc | 1, _NEVER)
                break
            except unicorn.UcError as refused:
                is_refused = refused.errno == unicorn.UC_ERR_INSN_INVALID
                carried_out = self._refused.carry_out() if is_refused else None
                if carried_out is None:
                    self._traps.explain(refused.errno, self._pc())
                    break
            self._next_pc = carried_out.next_pc
            if carried_out.waits:
                return self._fall_asleep()
            if not carried_out.goes_on or self._debug is not None:
                return None
        if self._debug is not None and self._debug.settle():
            return None
        if self._mapped_bus is not None:
            self._mapped_bus.settle()
        if self._pricer.error is not None:
            error, self._pricer.error = self._pricer.error, None
            raise error
        if self._hot.stop_reason == _hot.STOP_READ_ONLY:
            self._traps.refuse_write(self._hot.refused_address)
        redirect_to = self._traps.settle()
        self._next_pc = self._pc() if redirect_to is None else redirect_to
        if redirect_to is not None:
            return self._traps.take_stop()
        if self._bare_markers is not None and self._bare_markers.reached is not None:
            return Stop(StopReason.MARKER, marker=self._bare_markers.reached.name)
        reason = self._hot.stop_reason
        if reason == _hot.STOP_PROBE:
            return None
        if reason == _hot.STOP_DEADLINE:
            if (stop := self._traps.hang()) is None and self._traps.loops_forever:
                self._requested = StopReason.IDLE
            return stop
        if reason == _hot.STOP_MARKER:
            return Stop(StopReason.MARKER, marker=self._markers[self._hot.stop_marker].name)
        if reason == _hot.STOP_ERROR:
            raise SimulationError(
                f"code at {self._next_pc:#010x} cannot be accounted for",
                "this is a defect of the simulator: please report it with the image",
            )
        return self._fall_asleep()

    def _fall_asleep(self) -> Stop:
        return self._traps.hang(is_asleep=True) or Stop(StopReason.IDLE)

    def _move_to(self, pc: int) -> None:
        self._next_pc = pc
        self._hot.redirect()

    def _sleep(self, limits: RunLimits) -> Stop | None:
        """Skip virtual time to the next event and wake up; a stop where none comes within the limits."""
        wakeup = self._interrupts.next_wakeup_cycles()
        if wakeup is None:
            return Stop(StopReason.IDLE)
        self.sleep_until(min(wakeup, limits.cycles))
        if wakeup > limits.cycles:
            return Stop(StopReason.CYCLE_LIMIT)
        self._asleep = False
        return None

    def _pc(self) -> int:
        return int(self._uc.reg_read(arm_const.UC_ARM_REG_PC)) & ~1

    # -- accesses from the core ----------------------------------------------------------------------------

    def _look_for_reset(self) -> None:
        if self.peripherals.nvic.is_reset_requested:
            self.request_stop(StopReason.RESET)

    def _register(self, number: int) -> int:
        return int(self._uc.reg_read(CORE_REGISTERS[number]))

    def _read_count(self) -> int:
        board = 0 if self._mapped_bus is None else self._mapped_bus.read_count
        return self.peripherals.read_count + board
