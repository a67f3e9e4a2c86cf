"""What a peripheral can reach beyond its own registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

SetInterrupt = Callable[[int, bool], None]


def _read_nothing(_address: int, size_bytes: int) -> bytes:
    return bytes(size_bytes)


def _write_nothing(_address: int, _data: bytes) -> None:
    pass


def _ignore() -> None:
    pass


def _take_no_note(_missing: str) -> None:
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
    write_flash
        Stores bytes in memory of any kind, as what programs flash does.
    bite
        Resets the machine, as a watchdog does.
    report
        Takes note of hardware that firmware uses and that is not simulated: its name, and what follows.
    """

    set_interrupt: SetInterrupt
    read_memory: Callable[[int, int], bytes] = _read_nothing
    write_memory: Callable[[int, bytes], None] = _write_nothing
    write_flash: Callable[[int, bytes], None] = _write_nothing
    bite: Callable[[], None] = _ignore
    report: Callable[[str], None] = _take_no_note
    _active: dict[int, set[int]] = field(default_factory=dict)
    _sources: list[int] = field(default_factory=list)

    def line(self, number: int) -> Callable[[bool], None]:
        """Return what sets the level of one source of an interrupt; the line is high while any source is."""
        source = len(self._sources)
        self._sources.append(number)

        def set_level(level: bool) -> None:
            active = self._active.setdefault(number, set())
            before = bool(active)
            if level:
                active.add(source)
            else:
                active.discard(source)
            if level or before:
                self.set_interrupt(number, bool(active))

        return set_level
