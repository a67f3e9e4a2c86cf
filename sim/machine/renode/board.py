"""A board in a Renode process: loaded, its memory and registers read and written through the monitor."""

from __future__ import annotations

from pathlib import Path

from sim.machine.renode.defects import known_defect
from sim.machine.renode.description import describe_board, described_uarts
from sim.machine.renode.installation import parse_version
from sim.machine.renode.monitor import Monitor, path_token
from sim.machine.renode.registers import CORE_REGISTERS, XPSR
from sim.platform import Platform

_CPU = "sysbus.cpu"
_OLD_VERSION = [1, 13]
_QUANTUM_SECONDS = "0.01"
_LINK = 14
_LOG_ERRORS_ONLY = 3
_SCRATCH_MEMORY = "scratch: Memory.MappedMemory @ sysbus 0xDFFFF000 { size: 0x1000 }"
_WIDTHS = {1: "Byte", 2: "Word", 4: "DoubleWord"}


class RenodeBoard:
    """The one machine of a Renode process.

    Parameters
    ----------
    monitor
        Of a fresh Renode.
    folder
        For files that are exchanged with it.
    platform, clock_hz
        The board, and its core clock in Hz.

    Attributes
    ----------
    version
        Renode's own.
    uarts
        The serial ports that it has.
    register_reader
        What the core's method is called that reads a register by its number.
    defect
        What this version is known to execute wrongly on the board, as a sentence; empty for nothing.
    shows_status
        Whether it shows xPSR; versions before 1.13 show a register of other cores in its place.

    Raises
    ------
    SimulationError
        Renode does not accept the board.
    """

    def __init__(self, monitor: Monitor, folder: Path, platform: Platform, clock_hz: int) -> None:
        self._monitor = monitor
        self._folder = folder
        self._saved = [
            (memory.base, memory.size_bytes)
            for memory in platform.memories
            if memory.kind.writable and memory.alias_of is None
        ]
        self._has_run = False
        self.version = parse_version(monitor.execute("version")) or "unknown"
        numbers = [int(part) for part in self.version.split(".")[:2] if part.isdecimal()]
        self._is_old = [0] < numbers < _OLD_VERSION
        self.shows_status = not self._is_old
        self.defect = known_defect(self.version, platform.core)
        self.register_reader = "GetRegisterUnsafe" if self._is_old else "GetRegister"
        self.uarts = described_uarts(platform, old_renode=self._is_old)
        description = folder / f"{platform.id}.repl"
        description.write_text(describe_board(platform, clock_hz, old_renode=self._is_old), encoding="utf-8")
        monitor.execute(f"logLevel {_LOG_ERRORS_ONLY}")
        monitor.execute('mach create "board"')
        monitor.execute(f"machine LoadPlatformDescription {path_token(description)}")
        monitor.execute("emulation SetGlobalAdvanceImmediately true")
        monitor.execute(f'emulation SetGlobalQuantum "{_QUANTUM_SECONDS}"')

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to memory, flash included."""
        path = self._folder / "write.bin"
        path.write_bytes(data)
        self._monitor.execute(f"sysbus LoadBinary {path_token(path)} {address:#x}")

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read memory."""
        path = self._folder / "read.bin"
        self._monitor.execute(
            f"python \"import System; System.IO.File.WriteAllBytes('{path}', "
            f'self.Machine.SystemBus.ReadBytes(System.UInt64({address}), {size_bytes}))"'
        )
        return path.read_bytes()

    def save_memory(self) -> tuple[tuple[int, bytes], ...]:
        """Return the content of everything that the core can write, by address."""
        return tuple((base, self.read_memory(base, size_bytes)) for base, size_bytes in self._saved)

    def reset(self, vector_table: int) -> None:
        """Reset the core, and let it start from a vector table."""
        if self._has_run:
            self._monitor.execute(f"{_CPU} Reset")
            self._monitor.execute("sysbus.nvic Reset")
        self._has_run = True
        words = self.read_memory(vector_table, 8)
        stack, entry = (int.from_bytes(words[start : start + 4], "little") for start in (0, 4))
        self._monitor.execute(f"{_CPU} VectorTableOffset {vector_table:#x}")
        self._monitor.execute(f"{_CPU} PC {entry:#x}")
        self._monitor.execute(f"{_CPU} SP {stack:#x}")
        self.write_register(_LINK, 0xFFFFFFFF)  # Arm v7-M ARM, B1.5.5; Renode begins with zero

    def registers(self) -> tuple[int, ...]:
        """Return R0 to R15 and xPSR."""
        command = f"{_CPU} {self.register_reader}"
        return tuple(int(self._monitor.execute(f"{command} {n}"), 0) for n in (*range(CORE_REGISTERS), XPSR))

    def set_registers(self, values: tuple[int, ...]) -> None:
        """Put back what :meth:`registers` returned."""
        self.write_register(XPSR, values[CORE_REGISTERS])
        for number in range(CORE_REGISTERS):
            self.write_register(number, values[number])

    def write_register(self, number: int, value: int) -> None:
        """Change a register."""
        self._monitor.execute(f"{_CPU} SetRegister{'Unsafe' if self._is_old else ''} {number} {value:#x}")

    def forget_pages(self) -> None:
        """Let the core find out anew how it accesses memory, for watchpoints that have been changed.

        Versions before 1.13 do so only where memory comes and goes.
        """
        if self._is_old:
            self._monitor.execute(f'machine LoadPlatformDescriptionFromString "{_SCRATCH_MEMORY}"')
            self._monitor.execute("sysbus Unregister sysbus.scratch")

    def read_bus(self, address: int, size_bytes: int) -> int:
        """Read a byte, a halfword or a word as the core would."""
        return int(self._monitor.execute(f"sysbus Read{_WIDTHS[size_bytes]} {address:#x}"), 0)

    def write_bus(self, address: int, size_bytes: int, value: int) -> None:
        """Write a byte, a halfword or a word as the core would."""
        self._monitor.execute(f"sysbus Write{_WIDTHS[size_bytes]} {address:#x} {value:#x}")
