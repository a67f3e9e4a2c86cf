"""A Cortex-M board in QEMU: a process of its own executes, a plugin in it counts, this file drives both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from sim.debug import DebugRequest
from sim.errors import EnvironmentMissingError, SimulationError
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.native import ram_can_wait
from sim.machine.fault import Fault, FaultKind
from sim.machine.profile import MarkerHit, Profile
from sim.machine.protocol import Accounting, Level, Marker, RunLimits, Snapshot, Stop, StopReason
from sim.machine.qemu.board import board_arguments, contents_at_reset
from sim.machine.qemu.channel import (
    CORE_REGISTERS,
    Channel,
    MessageKind,
    PluginStop,
    Stopped,
    pack_setup,
    parse_stopped,
)
from sim.machine.qemu.counting import BlockAccount
from sim.machine.qemu.faults import FAULT_MARKER, describe_fault, fault_markers, is_entered_by_fault
from sim.machine.qemu.installation import find_qemu
from sim.machine.qemu.plugin_build import build_plugin
from sim.machine.qemu.process import QemuProcess
from sim.machine.qemu.snapshot import QemuSnapshot, put_back, take_snapshot
from sim.platform import Platform
from sim.timing.memory import resolve_memory_system

_POLL_SECONDS = 0.05
_INTERRUPT_SECONDS = 2.0  # from asking the plugin to hold the core until it must have done so
_IDLE_POLLS = 5  # that find QEMU asleep in a row: virtual time skips to the next timer by itself
_NEVER = 2**64 - 1
_START_CYCLES = 10_000_000_000
_VECTORS = 16


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
    board_arguments
        The part of QEMU's command line that says which board, and at what speed it counts time.

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
        self.board_arguments = board_arguments(platform, clock_hz)
        self._platform = platform
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
        self._account: BlockAccount | None = None
        self._requested: StopReason | None = None

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
        account = self._counted()
        if self._stopped is not None:
            account.fetch(self._running().channel)
        return account.take_profile()

    def hit(self, name: str) -> MarkerHit:
        """Return all counters as they stand, as if a marker called `name` had been reached here."""
        account = self._counted()
        if self._stopped is not None:
            account.fetch_record(self._running().channel)
        return account.hit(name)

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

    def contents(self) -> list[tuple[int, bytes]]:
        """Return base addresses and bytes of the memories at reset, RAM that is all zero left out."""
        return contents_at_reset(self._platform, self._initial)

    def close(self) -> None:
        """End QEMU, and keep the block costs for the next run of the same image."""
        if self._process is not None:
            self._counted().save()
            self._process.close()
            self._process = None

    # -- life of the process -------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._vector_table is not None
        vectors = np.frombuffer(self._initial.read(self._vector_table, _VECTORS * 4), dtype="<u4").tolist()
        self._markers = (*self._named_markers, *fault_markers(vectors, self._initial.read))
        self._stopped = None
        self._account = BlockAccount(
            self._platform.core,
            self._level,
            self._read_code,
            image_sha256=self._image_sha256,
            fetches_literals=self._window is not None,
            markers=self._markers,
        )
        setup = pack_setup(
            self._level,
            self._system,
            self._markers,
            watches_data=self._watches_data,
            window=self._window,
            outputs=self.output_registers,
        )
        arguments = [*self.board_arguments, *self.console_arguments()]
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

    def _leave(self) -> Stop:
        """Let QEMU end, as the firmware wants, and keep what it has counted."""
        process, account = self._running(), self._counted()
        account.fetch(process.channel)
        account.fetch_record(process.channel)
        self._stopped = None
        process.channel.run(0)
        return Stop(StopReason.EXIT, exit_code=process.wait())

    def _describe(self, stopped: Stopped) -> Stop:
        """Return why the plugin holds the core."""
        self._counted().raise_error()
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

    def _counted(self) -> BlockAccount:
        if self._account is None:
            raise SimulationError("the board was not reset yet")
        return self._account

    # -- while the core runs -------------------------------------------------------------------------------

    def _wait(self, channel: Channel, deadline: float | None) -> Stopped | Stop:
        """Serve the plugin until it holds the core, or until that is no longer worth waiting for."""
        account = self._counted()
        interrupted_at: float | None = None
        idle_polls = 0
        while True:
            cycles = channel.cycles
            if channel.poll(_POLL_SECONDS):
                kind, payload = channel.receive()
                if kind is MessageKind.PRICE:
                    account.answer_price(channel, payload)
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

    def _read_code(self, address: int, size_bytes: int) -> bytes:
        """Return code: of the image as it was loaded, of any other memory as it is now."""
        image = self._platform.image_memory
        if image.base <= address and address + size_bytes <= image.end:
            return self._initial.read(address, size_bytes)
        return self.read_memory(address, size_bytes)
