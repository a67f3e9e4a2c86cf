"""What a peripheral can reach beyond its own registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SetInterrupt = Callable[[int, bool], None]


def _read_nothing(_address: int, size_bytes: int) -> bytes:
    return bytes(size_bytes)


def _write_nothing(_address: int, _data: bytes) -> None:
    pass


def _ignore() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Wiring:
    """The connections of a board's peripherals to its machine.

    Attributes
    ----------
    set_interrupt
        Sets the level of an interrupt line by its number.
    read_memory, write_memory
        Access memory as a bus master does; what is no memory reads as zeros and ignores writes.
    bite
        Resets the machine, as a watchdog does.
    """

    set_interrupt: SetInterrupt
    read_memory: Callable[[int, int], bytes] = _read_nothing
    write_memory: Callable[[int, bytes], None] = _write_nothing
    bite: Callable[[], None] = _ignore
