"""STM32 ports with MODER (all families but F1). Source: ST RM0432, chapter "General-purpose I/Os"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_MODER, _PUPDR, _IDR, _ODR, _BSRR, _BRR = 0x00, 0x0C, 0x10, 0x14, 0x18, 0x28
_OUTPUT, _PULL_UP = 1, 1
_PINS = 16
_PINS_MASK = (1 << _PINS) - 1


class Stm32Gpio:
    """One port with nothing connected: outputs read back as driven, inputs as pulled.

    Parameters
    ----------
    reset_words
        Content of the first registers after reset, MODER first.

    Attributes
    ----------
    on_fall
        Called with the name of the port and a mask of the pins whose output has just gone low.
    """

    size_bytes = 0x400

    def __init__(self, name: str, base: int, reset_words: Sequence[int] = ()) -> None:
        self.name = name
        self.base = base
        self.on_fall: Callable[[str, int], None] | None = None
        self._registers: dict[int, int] = {4 * index: word for index, word in enumerate(reset_words)}

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        if offset == _IDR:
            return sum(self._level(pin) << pin for pin in range(_PINS))
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        del now_cycles
        output = self._registers.get(_ODR, 0)
        if offset == _BSRR:
            # Setting wins where both halves name a pin.
            self._registers[_ODR] = output & ~(value >> _PINS) | value & _PINS_MASK
        elif offset == _BRR:
            self._registers[_ODR] = output & ~value
        else:
            self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
        fallen = output & ~self._registers.get(_ODR, 0)
        if fallen and self.on_fall is not None:
            self.on_fall(self.name, fallen)

    def next_event_cycles(self) -> int | None:
        """Return None: no pin changes by itself."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: no pin changes by itself."""

    def _level(self, pin: int) -> int:
        if self._two_bits(_MODER, pin) == _OUTPUT:
            return self._registers.get(_ODR, 0) >> pin & 1
        return int(self._two_bits(_PUPDR, pin) == _PULL_UP)

    def _two_bits(self, offset: int, pin: int) -> int:
        return self._registers.get(offset, 0) >> 2 * pin & 3
