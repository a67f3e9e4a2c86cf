"""The block probe inside Renode: block_probe.cs, compiled by Renode itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.machine.profile import BlockTable, MarkerHit
from sim.machine.protocol import Accounting, Marker
from sim.machine.renode.accounts import BlockAccounts
from sim.machine.renode.counters import Counters, parse_dump
from sim.machine.renode.monitor import Monitor, path_token

SOURCE = Path(__file__).with_name("block_probe.cs")
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
        self._markers = tuple(markers)
        self.accounting = accounting
        monitor.execute(f"include {path_token(SOURCE)}")
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

    def wait(self, milliseconds: int) -> tuple[str | int, int]:
        """Wait for the core to stop.

        Returns
        -------
        The index of the marker where it stopped, ``"limit"``, ``"request"``, ``"running"``, or ``"line"``
        where it waits for :meth:`answer`; and the instructions executed since the probe was installed.
        """
        reason, instructions = self._monitor.execute(f"{_CPU} ProbeWait {milliseconds}").split()
        return (int(reason) if reason.isdecimal() else reason), int(instructions)

    def answer(self, *, stop: bool) -> None:
        """Let the core go on behind a line that firmware has sent, or stop it there."""
        self._monitor.execute(f"{_CPU} ProbeAnswer {str(stop).lower()}")

    def listen(self, uart: str, index: int) -> None:
        """Collect what firmware sends on a serial port, and wait behind each line."""
        self._monitor.execute(f"sysbus.{uart} ProbeUart {index}")

    def take_sent(self) -> list[tuple[int, int]]:
        """Return the port's index and the value of each byte that firmware has sent since the last call."""
        text = self._monitor.execute(f"{_CPU} ProbeTakeSent")
        pairs = bytes.fromhex(text)
        return list(zip(pairs[::2], pairs[1::2], strict=True))

    def feed(self, uart: str, data: bytes) -> None:
        """Let a serial port receive bytes."""
        self._monitor.execute(f'sysbus.{uart} ProbeFeed "{data.hex()}"')

    def halt(self) -> None:
        """Stop the core where it is."""
        self._monitor.execute(f"{_CPU} ProbeHalt")

    def redirect(self, *, at_logged_marker: bool) -> None:
        """Forget where the core was: its program counter has been set, perhaps to a marker already logged."""
        self._monitor.execute(f"{_CPU} ProbeRedirect {str(at_logged_marker).lower()}")

    def collect(self) -> tuple[MarkerHit, list[MarkerHit]]:
        """Return all counters as they stand, and the marker hits since the last call."""
        self._monitor.execute(f'{_CPU} ProbeDump "{self._dump_path}"')
        blocks, now, hits = parse_dump(self._dump_path.read_bytes())
        self._accounts.add(blocks)
        return self._hit(now), [self._hit(counters) for counters in hits]

    def save(self) -> None:
        """Keep the block costs for the next run of the same image."""
        self._accounts.save()

    def _hit(self, counters: Counters) -> MarkerHit:
        name = "" if counters.marker is None else self._markers[counters.marker].name
        return self._accounts.hit(name, counters)
