"""The state of a board in QEMU, saved and put back where a marker has stopped it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import SimulationError
from sim.machine.qemu.channel import Command
from sim.machine.qemu.process import QemuProcess
from sim.platform import Platform
from sim.platform.description import Memory

_PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class QemuSnapshot:
    """The state of a machine that a marker has stopped.

    The memory of the image is not part of it, and neither are flags and floating-point registers: the runner
    keeps nothing in them across its markers.

    Attributes
    ----------
    address
        Of the marker.
    state
        Counters and core registers, as the plugin packs them.
    memory
        Pages that are not all zero, by address.
    """

    address: int
    state: bytes
    memory: tuple[tuple[int, bytes], ...]


def take_snapshot(process: QemuProcess, platform: Platform, address: int) -> QemuSnapshot:
    """Return the state of a machine that the plugin holds at a marker."""
    return QemuSnapshot(
        address=address,
        state=process.channel.request(Command.SAVE),
        memory=tuple(
            page
            for memory in _saved(platform)
            for page in _used_pages(memory.base, process.memory.read(memory.base, memory.size_bytes))
        ),
    )


def put_back(process: QemuProcess, platform: Platform, snapshot: QemuSnapshot) -> None:
    """Go back to a snapshot; the plugin must hold the core at its marker.

    Raises
    ------
    SimulationError
        The counters are of another run.
    """
    for memory in _saved(platform):
        process.memory.clear(memory.base, memory.size_bytes)
    for address, page in snapshot.memory:
        process.memory.write(address, page)
    if not any(process.channel.request(Command.RESTORE, snapshot.state)):
        raise SimulationError("the saved state is of another run")


def _saved(platform: Platform) -> list[Memory]:
    return [
        memory
        for memory in platform.memories
        if memory.kind.writable and memory.alias_of is None and memory != platform.image_memory
    ]


def _used_pages(base: int, content: bytes) -> list[tuple[int, bytes]]:
    starts = range(0, len(content), _PAGE_BYTES)
    pages = [(base + start, content[start : start + _PAGE_BYTES]) for start in starts]
    return [(address, page) for address, page in pages if page.strip(b"\0")]
