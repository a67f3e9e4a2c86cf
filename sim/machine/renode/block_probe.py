"""The block probe inside Renode: block_probe.cs, compiled by Renode itself, and what it hands over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import SimulationError
from sim.machine.protocol import Marker
from sim.machine.renode.monitor import Monitor, path_token

SOURCE = Path(__file__).with_name("block_probe.cs")
_CPU = "sysbus.cpu"
_REGISTERS = 15
_BLOCK_WORDS = 3 + _REGISTERS
_COUNTERS_PER_BLOCK = 4
_HIT_HEAD_WORDS = 3
_NOW = -1


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block as Renode translated it.

    Attributes
    ----------
    registers
        R0 to R14 when it was first executed.
    """

    address: int
    size_bytes: int
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counters:
    """All counters at one moment, those of a marker hit or those of now.

    Attributes
    ----------
    marker
        Index of the marker; None for now.
    argument
        Register R0.
    executions, taken
        Per block: how often it was executed, and left to another address than the one behind it.
    mispredicts_forward, mispredicts_backward
        Per block: how often a two-bit predictor was wrong that starts as for a forward, and as for a
        backward branch.
    """

    marker: int | None
    argument: int
    executions: NDArray[np.uint64]
    taken: NDArray[np.uint64]
    mispredicts_forward: NDArray[np.uint64]
    mispredicts_backward: NDArray[np.uint64]


class BlockProbe:
    """Counts blocks and stops at markers.

    Parameters
    ----------
    monitor
        Of a Renode that has loaded the board.
    folder
        Where the probe leaves what it counted.

    Raises
    ------
    SimulationError
        Renode cannot compile the probe.
    """

    def __init__(self, monitor: Monitor, folder: Path, markers: Sequence[Marker]) -> None:
        self._monitor = monitor
        self._dump_path = folder / "blocks.bin"
        try:
            monitor.execute(f"include {path_token(SOURCE)}")
        except SimulationError as error:
            raise SimulationError(
                error.message, "Renode for Mono needs its compiler: install mono-mcs"
            ) from error
        for marker in markers:
            monitor.execute(f"{_CPU} ProbeMarker {marker.address:#x} {str(marker.stops).lower()}")
        monitor.execute(f"{_CPU} ProbeInstall")

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

    def collect(self) -> tuple[list[SeenBlock], Counters, list[Counters]]:
        """Return all blocks, the counters as they stand, and those of the marker hits since the last call."""
        self._monitor.execute(f'{_CPU} ProbeDump "{self._dump_path}"')
        return parse_dump(self._dump_path.read_bytes())


def parse_dump(dump: bytes) -> tuple[list[SeenBlock], Counters, list[Counters]]:
    """Read what the probe wrote; ``block_probe.cs`` has the format."""
    block_count = int.from_bytes(dump[:8], "little")
    start = 8 + block_count * _BLOCK_WORDS * 4
    rows = np.frombuffer(dump[8:start], dtype="<u4").reshape(block_count, _BLOCK_WORDS).tolist()
    blocks = [SeenBlock(row[0], row[1], tuple(row[3:])) for row in rows]
    words = np.frombuffer(dump[start:], dtype="<u8")
    records = []
    position = 0
    while position < len(words):
        marker, argument, count = (int(word) for word in words[position : position + _HIT_HEAD_WORDS])
        position += _HIT_HEAD_WORDS
        counters = words[position : position + count * _COUNTERS_PER_BLOCK].reshape(
            count, _COUNTERS_PER_BLOCK
        )
        position += counters.size
        is_now = marker == _NOW & 0xFFFFFFFFFFFFFFFF
        records.append(Counters(None if is_now else marker, argument, *counters.T))
    return blocks, records[0], records[1:]
