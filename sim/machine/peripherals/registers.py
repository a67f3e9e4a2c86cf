"""A peripheral made of plain registers, with status bits that follow control bits.

That is all that clock, power and flash controllers are to firmware: it switches something on and waits
until the hardware says ready.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.platform.description import Peripheral as Description


@dataclass(frozen=True, slots=True)
class Follow:
    """A field that reads as another field was written.

    Attributes
    ----------
    source, target
        Word offsets of the written and of the read register.
    source_bit, target_bit
        Lowest bits of the fields.
    width_bits
        Width of the fields.
    is_inverted
        Whether the target is what the source is not.
    """

    source: int
    source_bit: int
    target: int
    target_bit: int
    width_bits: int = 1
    is_inverted: bool = False


@dataclass
class RegisterBank:
    """Registers that keep what is written, with reset values, constant bits and following fields.

    Attributes
    ----------
    values
        Current content by word offset; initially the reset values.
    always_set
        Bits that always read as one, by word offset.
    always_clear
        Bits that always read as zero, by word offset.
    """

    name: str
    base: int
    size_bytes: int
    values: dict[int, int] = field(default_factory=dict)
    follows: Sequence[Follow] = ()
    always_set: Mapping[int, int] = field(default_factory=dict)
    always_clear: Mapping[int, int] = field(default_factory=dict)

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        value = self.values.get(offset, 0)
        for rule in self.follows:
            if rule.target == offset:
                mask = (1 << rule.width_bits) - 1
                written = self.values.get(rule.source, 0) >> rule.source_bit
                copied = (~written if rule.is_inverted else written) & mask
                value = value & ~(mask << rule.target_bit) | copied << rule.target_bit
        return (value | self.always_set.get(offset, 0)) & ~self.always_clear.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        del now_cycles
        self.values[offset] = self.values.get(offset, 0) & ~mask | value

    def next_event_cycles(self) -> int | None:
        """Registers do nothing by themselves."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Registers do nothing by themselves."""


def plain_registers(description: Description) -> RegisterBank:
    """Return what keeps what is written, beginning with the words of the platform file."""
    words = {4 * index: word for index, word in enumerate(description.words)}
    return RegisterBank(description.name, description.base, description.options["size_bytes"], words)
