"""The block probe inside Renode: the C# sources beside this file, compiled by Renode itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.machine.profile import BlockTable, MarkerHit
from sim.machine.protocol import Accounting, Marker
from sim.machine.renode.accounts import BlockAccounts
from sim.machine.renode.counters import Counters, parse_dump
from sim.machine.renode.description import receiver_switches
from sim.machine.renode.monitor import Monitor, path_token
from sim.platform.description import Uart

SOURCES = Path(__file__).with_name("csharp")
_CPU = "sysbus.cpu"


class BlockProbe:
    """Counts blocks and stops at markers; see :class:`sim.machine.renode.probe.Probe`.

    Parameters
    ----------
    monitor
        Of a Renode that has loaded the board.
    folder
        Where the probe leaves what it counted.
    accounts
        Price the blocks.
    accounting
        What that amounts to.

    Raises
    ------
    RefusedCommandError
        Renode cannot compile the probe, or lacks what it uses.
    """

    def __init__(
        self,
        monitor: Monitor,
        folder: Path,
        markers: Sequence[Marker],
        accounts: BlockAccounts,
        accounting: Accounting,
    ) -> None:
        self._monitor = monitor
        self._dump_path = folder / "blocks.bin"
        self._accounts = accounts
        self._unfinished: int | None = None
        self._markers = tuple(markers)
        self.accounting = accounting
        source = folder / "block_probe.cs"  # one file: Renode 1.6 compiles no more than that at a time
        source.write_bytes(b"".join(path.read_bytes() for path in sorted(SOURCES.glob("*.cs"))))
        monitor.execute(f"include {path_token(source)}")
        for marker in markers:
            monitor.execute(f"{_CPU} ProbeMarker {marker.address:#x} {str(marker.stops).lower()}")
        monitor.execute(f"{_CPU} ProbeInstall")

    @property
    def table(self) -> BlockTable:
        """The blocks seen so far."""
        return self._accounts.table

    def start(self, instructions: int) -> None:
        """Let the core run, for so many instructions at most."""
        self._monitor.execute(f"{_CPU} ProbeStart {instructions}")

    def step(self) -> None:
        """Let the core execute one instruction."""
        self._monitor.execute(f"{_CPU} ProbeStep")

    def wait(self, milliseconds: int) -> tuple[str | int, int]:
        """Wait for the core to stop; see :meth:`sim.machine.renode.probe.Probe.wait`.

        Returns
        -------
        Under a debugger, the reason may also be ``"breakpoint"``, or ``"watchpoint:"`` with its index.
        """
        reason, instructions = self._monitor.execute(f"{_CPU} ProbeWait {milliseconds}").split()
        return (int(reason) if reason.isdecimal() else reason), int(instructions)

    def answer(self, *, stop: bool) -> None:
        """Let the core go on behind a line that firmware has sent, or stop it there."""
        self._monitor.execute(f"{_CPU} ProbeAnswer {str(stop).lower()}")

    def listen(self, uart: Uart, index: int) -> None:
        """Collect what firmware sends on a serial port, and wait behind each line."""
        register, switches = receiver_switches(uart)
        self._monitor.execute(f"sysbus.{uart.name} ProbeUart {index} {register:#x} {switches:#x}")

    def take_sent(self) -> list[tuple[int, int]]:
        """Return the port's index and the value of each byte that firmware has sent since the last call."""
        text = self._monitor.execute(f"{_CPU} ProbeTakeSent")
        pairs = bytes.fromhex(text)
        return list(zip(pairs[::2], pairs[1::2], strict=True))

    def feed(self, uart: str, data: bytes) -> None:
        """Let a serial port receive bytes, as soon as firmware has switched its receiver on."""
        self._monitor.execute(f'sysbus.{uart} ProbeFeed "{data.hex()}"')

    def halt(self) -> None:
        """Stop the core where it is."""
        self._monitor.execute(f"{_CPU} ProbeHalt")

    def redirect(self, *, at_logged_marker: bool) -> None:
        """Forget where the core was: its program counter has been set, perhaps to a marker already logged."""
        self._monitor.execute(f"{_CPU} ProbeRedirect {str(at_logged_marker).lower()}")

    def read_registers(self, numbers: Sequence[int]) -> list[int | None]:
        """Return registers; None for what this version of Renode does not know."""
        listed = ",".join(str(int(number)) for number in numbers)
        values = self._monitor.execute(f'{_CPU} ProbeRegisters "{listed}"').split(",")
        return [int(value, 16) if value else None for value in values]

    def set_breakpoints(self, addresses: Sequence[int]) -> None:
        """Stop before these instructions, and no others."""
        listed = ",".join(f"{address:x}" for address in addresses)
        self._monitor.execute(f'{_CPU} ProbeBreakpoints "{listed}"')

    def set_watchpoints(self, ranges: Sequence[tuple[int, int, str]]) -> None:
        """Stop behind accesses to these ranges, and no others.

        Parameters
        ----------
        ranges
            First address, size in bytes, and ``"r"``, ``"w"`` or ``"rw"`` for what is looked for.
        """
        listed = ",".join(f"{address:x}:{size_bytes:x}:{kind}" for address, size_bytes, kind in ranges)
        self._monitor.execute(f'{_CPU} ProbeWatchpoints "{listed}"')

    def cycles_left(self, pc: int) -> int:
        """Return how many of the collected cycles are those of instructions from `pc` on."""
        return 0 if self._unfinished is None else self._accounts.cycles_from(self._unfinished, pc)

    def collect(self) -> tuple[MarkerHit, list[MarkerHit]]:
        """Return all counters as they stand, and the marker hits since the last call."""
        self._monitor.execute(f'{_CPU} ProbeDump "{self._dump_path}"')
        dump = parse_dump(self._dump_path.read_bytes())
        self._unfinished = dump.unfinished
        self._accounts.add(dump.blocks)
        return self._accounts.hit("", dump.now), [self._hit(counters) for counters in dump.hits]

    def save(self) -> None:
        """Keep the block costs for the next run of the same image."""
        self._accounts.save()

    def _hit(self, counters: Counters) -> MarkerHit:
        return self._accounts.hit(self._markers[counters.marker].name, counters)
