"""Prefetch buffers: a few words between the bus that instructions come from and the decoder.

Cortex-M3 and Cortex-M4 have three.

[KB-M3]: the buffer always reads whole aligned words, one per cycle, while it has room. A word occupies its
place until the decoder has taken its last halfword, so a stream of 32-bit instructions off the word
boundaries keeps two words occupied by the instruction at the front, and the third cannot hide the two
cycles (address and data phase of AHB-Lite) that a fetch takes. That the room is seen in the cycle after is
inferred: it gives the delay that [I0NL] and [JNK-M34] measured from the third such instruction on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.timing.instruction import Instruction

_FETCH_CYCLES = 2
_WORD_BYTES = 4


@dataclass(slots=True)
class PrefetchBuffer:
    """When the words of a straight stretch of code arrive, and when they leave."""

    words: int = 3
    _next_address: int | None = None
    _first_word: int = 0
    _arrivals: list[int] = field(default_factory=list)
    """Cycle from which each word, counted from the first one, can be decoded."""
    _freed: list[int] = field(default_factory=list)
    """Cycle in which the last halfword of each word was taken."""
    _occupied: set[int] = field(default_factory=set)
    """Cycles in which the bus serves data."""

    def ready(self, instruction: Instruction, cycle: int) -> int:
        """Return the first cycle from ``cycle`` on in which all of the next instruction is there."""
        if instruction.address != self._next_address:
            self._restart(instruction, cycle)
        last = self._last_word(instruction)
        while len(self._arrivals) <= last:
            self._fetch()
        return max(cycle, self._arrivals[last])

    def take(self, instruction: Instruction, cycle: int) -> None:
        """Decode the instruction that was made ready."""
        self._next_address = instruction.address + instruction.size_bytes
        complete = self._next_address // _WORD_BYTES - self._first_word
        self._freed += [cycle] * (complete - len(self._freed))

    def give_way(self, cycle: int, accesses: int) -> None:
        """Leave the bus to data accesses, one per cycle from ``cycle`` on."""
        self._occupied.update(range(cycle, cycle + accesses))

    def flush(self) -> None:
        """Start over at the next instruction: a branch has been taken."""
        self._next_address = None

    def _restart(self, instruction: Instruction, cycle: int) -> None:
        """Fill from empty; refilling the pipeline includes the fetch of the whole first instruction."""
        self._first_word = instruction.address // _WORD_BYTES
        self._arrivals = [cycle] * (self._last_word(instruction) + 1)
        self._freed = []

    def _last_word(self, instruction: Instruction) -> int:
        return (instruction.address + instruction.size_bytes - 1) // _WORD_BYTES - self._first_word

    def _fetch(self) -> None:
        """Request the next word as soon as there is room for it."""
        requested = self._arrivals[-1] - _FETCH_CYCLES + 1
        leaver = len(self._arrivals) - self.words
        if leaver >= 0:
            requested = max(requested, self._freed[leaver] + 1)
        while requested in self._occupied:
            requested += 1
        self._arrivals.append(requested + _FETCH_CYCLES)
