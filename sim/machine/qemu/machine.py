"""A Cortex-M board in QEMU: a process of its own executes, a plugin in it counts, this file drives both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from sim.debug import DebugRequest
from sim.errors import EnvironmentMissingError, SimulationError, UsageError
from sim.machine.embedded.marker_log import parse_marker_log
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import ram_can_wait
from sim.machine.embedded.pricing import BlockPricer
from sim.machine.fault import Fault, FaultKind
from sim.machine.profile import Block, BlockTable, MarkerHit, Profile
from sim.machine.protocol import Accounting, Level, Marker, RunLimits, Snapshot, Stop, StopReason
from sim.machine.qemu.channel import (
    CORE_REGISTERS,
    Channel,
    Command,
    MessageKind,
    PluginStop,
    Stopped,
    pack_setup,
    parse_question,
    parse_stopped,
)
from sim.machine.qemu.faults import FAULT_MARKER, describe_fault, fault_markers, is_entered_by_fault
from sim.machine.qemu.installation import find_qemu
from sim.machine.qemu.plugin_build import build_plugin
from sim.machine.qemu.process import QemuProcess
from sim.machine.qemu.snapshot import QemuSnapshot, put_back, take_snapshot
from sim.platform import Platform
from sim.platform.names import MemoryKind
from sim.timing.memory import resolve_memory_system

_POLL_SECONDS = 0.05
_INTERRUPT_SECONDS = 2.0  # from asking the plugin to hold the core until it must have done so
_IDLE_POLLS = 5  # that find QEMU asleep in a row: virtual time skips to the next timer by itself
_NEVER = 2**64 - 1
_START_CYCLES = 10_000_000_000
_VECTORS = 16
_RESET_VECTOR_BYTES = 8


class QemuMachine:
    """Runs on QEMU. See :class:`sim.machine.protocol.Machine` for what its methods promise.

    Parameters
    ----------
    platform
        The board; QEMU must know one like it.
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
        Addresses of the image's memory that hold no code. Where RAM never waits, only these and literals can
        stall a data access.
    on_progress
        Called with the cycle count dozens of times a second; may raise to end the run.
    debug
        Where QEMU's own stub expects a debugger, which then controls the machine from its first instruction
        on; no wall-clock limit holds meanwhile.

    Attributes
    ----------
    console_names
        Character devices that firmware talks on.
    output_registers
        Registers that firmware writes what it sends to.

    Raises
    ------
    UsageError
        QEMU has no such board.
    EnvironmentMissingError
        QEMU or a C compiler is not installed.
    """

    console_names: Sequence[str] = ()
    output_registers: Sequence[int] = ()

    def __init__(
        self,
        platform: Platform,
        clock_hz: int,
        markers: Sequence[Marker] = (),
        *,
        level: Level = Level.FULL,
        image_sha256: str = "",
        data_only_flash: range | None = None,
        on_progress: Callable[[int], None] | None = None,
        debug: DebugRequest | None = None,
    ) -> None:
        if platform.qemu_machine is None:
            raise UsageError(
                f"QEMU has no board like {platform.id}",
                "boards with a [qemu] table in their platform file run on it, such as mps2-an386",
            )
        self._platform = platform
        self._clock_hz = clock_hz
        self._level = level
        self._image_sha256 = image_sha256
        self._on_progress = on_progress
        self._debug = debug
        self._named_markers = tuple(markers)
        self._system = resolve_memory_system(platform, clock_hz)
        self._watches_data = level is Level.FULL and ram_can_wait(self._system)
        self._window = data_only_flash if level is Level.FULL and not self._watches_data else None
        self._installation = find_qemu()
        self._plugin = build_plugin(self._installation)
        self._initial = MemoryMap(platform.memories)
        self._vector_table: int | None = None
        self._process: QemuProcess | None = None
        self._stopped: Stopped | None = None
        self._block_table = BlockTable(())
        self._requested: StopReason | None = None
        self._registers: tuple[int, ...] = ()
        self._log = self._record = b""

    @property
    def version(self) -> str:
        """Name and version of the emulator behind the engine."""
        return f"QEMU {self._installation.version}"

    @property
    def accounting(self) -> Accounting:
        """What it accounts for: the level that was asked for."""
        return Accounting(self._level)

    @property
    def cycles(self) -> int:
        """Core cycles since reset."""
        return 0 if self._process is None else self._process.channel.cycles

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to memory from outside; to flash only before :meth:`reset`."""
        if self._process is None:
            self._initial.write(address, data)
            return
        self._initial.read(address, len(data))  # refuses what is no memory
        self._process.memory.write(address, data)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read memory from outside."""
        data = self._initial.read(address, size_bytes)
        return data if self._process is None else self._process.memory.read(address, size_bytes)

    def reset(self, vector_table: int) -> None:
        """Start QEMU, which loads the initial stack pointer and the entry point from the vector table.

        Raises
        ------
        SimulationError
            The table is not where the board's core looks for it, or holds no usable values.
        EnvironmentMissingError
            QEMU does not start, or is one that the plugin does not work with.
        """
        if vector_table != self._platform.vector_base:
            raise SimulationError(
                f"QEMU boots {self._platform.id} from {self._platform.vector_base:#010x}, "
                f"and the image's vector table is at {vector_table:#010x}",
                "link the image for the start of the board's memory",
            )
        self.close()
        self._vector_table = vector_table
        self._start()

    def run(self, limits: RunLimits) -> Stop:
        """Execute until a stopping marker, a fault or a limit."""
        process = self._running()
        is_bounded = limits.wall_seconds is not None and self._debug is None
        deadline = time.monotonic() + (limits.wall_seconds or 0.0) if is_bounded else None
        if self._stopped is not None:
            self._stopped = None
            process.channel.run(limits.cycles)
        try:
            stopped = self._wait(process.channel, deadline)
        except ConnectionError as error:
            raise process.explain_end() from error
        except BaseException:
            self.close()  # nobody waits for what QEMU still does
            raise
        return stopped if isinstance(stopped, Stop) else self._describe(stopped)

    def profile(self) -> Profile:
        """Return the blocks seen so far and the marker hits since the last call."""
        if self._stopped is not None:
            self._take_counters()
        log, self._log = self._log, b""
        return Profile(self._block_table, parse_marker_log(log, self._markers))

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""
        if self._stopped is not None:
            self._record = self._running().channel.request(Command.RECORD)
        return parse_marker_log(self._record, [Marker(name, 0, stops=False)])[0]

    def snapshot(self) -> QemuSnapshot:
        """Return the whole state of the board; only where a marker has stopped it.

        Raises
        ------
        SimulationError
            It was stopped by something else.
        """
        process = self._running()
        if self._stopped is None or self._stopped.reason is not PluginStop.MARKER:
            raise SimulationError("QEMU's state can only be saved where a marker has stopped the core")
        return take_snapshot(process, self._platform, self._stopped.registers[-1])

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this machine; boots again when it has stopped elsewhere.

        Raises
        ------
        SimulationError
            The place of the snapshot is not reached again.
        """
        if not isinstance(snapshot, QemuSnapshot):
            raise TypeError("the snapshot was made by another engine")
        if not self._is_at(snapshot.address):
            self.close()
            self._start()
            self.run(RunLimits(_START_CYCLES))
            if not self._is_at(snapshot.address):
                raise SimulationError("the firmware does not come back to where its state was saved")
        put_back(self._running(), self._platform, snapshot)

    def take_output(self) -> None:
        """Read what firmware has sent; called after each character, before the next block."""

    def console_arguments(self) -> list[str]:
        """Return the part of QEMU's command line that connects :attr:`console_names`."""
        return []

    def board_arguments(self) -> list[str]:
        """Return the part of QEMU's command line that says which board, and at what speed it counts time."""
        assert self._platform.qemu_machine is not None
        # The power of two nearest to one clock period in nanoseconds: one instruction each.
        shift = max(0, min(10, round(float(np.log2(1e9 / self._clock_hz)))))
        return ["-M", self._platform.qemu_machine, "-icount", f"shift={shift},sleep=off"]

    def contents(self) -> list[tuple[int, bytes]]:
        """Return base addresses and bytes of the memories at reset, RAM that is all zero left out."""
        contents = []
        for mapped in self._initial.ranges:
            if mapped.memory.alias_of is None:
                data = mapped.buffer[:]
                used = data if mapped.memory.kind is MemoryKind.FLASH else data.rstrip(b"\0")
                if used:
                    contents.append((mapped.base, used))
        if self._platform.qemu_reset_vectors is not None:
            reset_vectors = self._initial.read(self._platform.vector_base, _RESET_VECTOR_BYTES)
            contents.append((self._platform.qemu_reset_vectors, reset_vectors))
        return contents

    def close(self) -> None:
        """End QEMU, and keep the block costs for the next run of the same image."""
        if self._process is not None:
            self._pricer.save()
            self._process.close()
            self._process = None

    # -- life of the process -------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._vector_table is not None
        vectors = np.frombuffer(self._initial.read(self._vector_table, _VECTORS * 4), dtype="<u4").tolist()
        self._markers = (*self._named_markers, *fault_markers(vectors, self._initial.read))
        self._block_table = BlockTable(())
        self._stopped = None
        self._log = self._record = b""
        self._pricer = BlockPricer(
            self._platform.core,
            self._level,
            self._read_code,
            self._register,
            image_sha256=self._image_sha256,
            fetches_literals=self._window is not None,
        )
        setup = pack_setup(
            self._level,
            self._system,
            self._markers,
            watches_data=self._watches_data,
            window=self._window,
            outputs=self.output_registers,
        )
        arguments = [*self.board_arguments(), *self.console_arguments()]
        if self._debug is not None:
            arguments += ["-gdb", f"tcp:127.0.0.1:{self._debug.port}"]
        process = QemuProcess(
            self._installation, arguments, self._plugin, setup, self.contents(), self.console_names
        )
        self._process = process
        try:
            if self._debug is None:
                process.start()
            else:
                self._debug.announce(self._debug.invitation)  # the debugger starts the core
            stopped = self._wait(process.channel, None)
        except ConnectionError as error:
            raise process.explain_end() from error
        registers = stopped.registers if isinstance(stopped, Stopped) else (0,) * CORE_REGISTERS
        if registers[13] != vectors[0] & ~3 or registers[15] | 1 != vectors[1]:
            self.close()
            raise EnvironmentMissingError(
                f"{self.version} does not show the core's registers where its other versions do",
                "use the version of your distribution, or --engine embedded",
            )

    def _take_counters(self) -> None:
        """Fetch the marker log, and the blocks that are new."""
        channel = self._running().channel
        self._log += channel.request(Command.LOG)
        if len(self._block_table.blocks) != len(self._pricer.timings):
            ranges = np.frombuffer(channel.request(Command.BLOCKS), dtype="<u4").reshape(-1, 2).tolist()
            self._block_table = BlockTable(
                tuple(
                    Block(address, size, timing)
                    for (address, size), timing in zip(ranges, self._pricer.timings, strict=True)
                )
            )

    def _leave(self) -> Stop:
        """Let QEMU end, as the firmware wants, and keep what it has counted."""
        process = self._running()
        self._take_counters()
        self._record = process.channel.request(Command.RECORD)
        self._stopped = None
        process.channel.run(0)
        return Stop(StopReason.EXIT, exit_code=process.wait())

    def _describe(self, stopped: Stopped) -> Stop:
        """Return why the plugin holds the core."""
        if self._pricer.error is not None:
            error, self._pricer.error = self._pricer.error, None
            raise error
        if stopped.reason is PluginStop.DEADLINE:
            return Stop(StopReason.CYCLE_LIMIT)
        if stopped.reason is PluginStop.INTERRUPT:
            reason, self._requested = self._requested or StopReason.WALL_LIMIT, None
            return Stop(reason)
        if stopped.reason is PluginStop.ASLEEP:
            return Stop(StopReason.IDLE)
        if stopped.reason is PluginStop.EXIT:
            return self._leave()
        if stopped.reason is PluginStop.ERROR:  # QEMU executes what it reads from nowhere
            stack, link, pc = stopped.registers[-3:]
            return Stop(StopReason.FAULT, fault=Fault(FaultKind.FETCH_UNMAPPED, pc, link, stack))
        marker = self._markers[stopped.marker]
        if marker.name != FAULT_MARKER:
            return Stop(StopReason.MARKER, marker=marker.name)
        if not is_entered_by_fault(stopped.registers):
            return Stop(StopReason.IDLE)
        read_word = self._running().memory.read_word
        fault = describe_fault(self._platform.core, stopped.registers, self.read_memory, read_word)
        return Stop(StopReason.FAULT, fault=fault)

    def _is_at(self, address: int) -> bool:
        """Whether the plugin holds the core before the instruction at an address."""
        return self._stopped is not None and self._stopped.registers[-1] == address

    def _running(self) -> QemuProcess:
        if self._process is None:
            raise SimulationError("the board was not reset yet")
        return self._process

    # -- while the core runs -------------------------------------------------------------------------------

    def _wait(self, channel: Channel, deadline: float | None) -> Stopped | Stop:
        """Serve the plugin until it holds the core, or until that is no longer worth waiting for."""
        interrupted_at: float | None = None
        idle_polls = 0
        while True:
            cycles = channel.cycles
            if channel.poll(_POLL_SECONDS):
                kind, payload = channel.receive()
                if kind is MessageKind.PRICE:
                    self._answer_price(channel, payload)
                elif kind is MessageKind.STOPPED:
                    self._stopped = parse_stopped(payload)
                    channel.withdraw_interrupt()
                    self.take_output()
                    return self._stopped
                elif kind is MessageKind.OUTPUT:
                    self.take_output()
                    channel.acknowledge_output()
            elif self._debug is None and cycles == channel.cycles and self._running().is_asleep:
                idle_polls += 1
                if idle_polls == _IDLE_POLLS:
                    channel.stop_asleep()
            else:
                idle_polls = 0
            self.take_output()
            now = time.monotonic()
            if deadline is not None and now >= deadline and interrupted_at is None:
                channel.interrupt()
                interrupted_at = now
            if interrupted_at is not None and now - interrupted_at >= _INTERRUPT_SECONDS:
                return Stop(StopReason.WALL_LIMIT)  # at a level where blocks do not look up
            if self._on_progress is not None:
                self._on_progress(channel.cycles)

    def _answer_price(self, channel: Channel, payload: bytes) -> None:
        question = parse_question(payload)
        self._registers = question.registers
        try:
            price = self._pricer.price(question.address, question.size_bytes)
        except Exception:  # the pricer keeps it until the plugin has stopped
            channel.refuse_price()
        else:
            channel.answer_price(*price)

    def _read_code(self, address: int, size_bytes: int) -> bytes:
        """Return code: of the image as it was loaded, of any other memory as it is now."""
        image = self._platform.image_memory
        if image.base <= address and address + size_bytes <= image.end:
            return self._initial.read(address, size_bytes)
        return self.read_memory(address, size_bytes)

    def _register(self, number: int) -> int:
        return self._registers[number]
