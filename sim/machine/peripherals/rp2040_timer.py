"""Timer of RP2040: 64 bits of microseconds and four alarms. Source: RP2040 datasheet, section 4.6."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_TIMEHW, _TIMELW, _TIMEHR, _TIMELR, _ALARM0, _ARMED = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x20
_TIMERAWH, _TIMERAWL, _INTR, _INTE, _INTF, _INTS = 0x24, 0x28, 0x34, 0x38, 0x3C, 0x40
_ALARMS = 4
_WORD_MASK = 0xFFFF_FFFF


class Rp2040Timer:
    """The timer.

    Parameters
    ----------
    interrupts
        Set the levels of the four alarms' interrupt lines.
    tick_cycles
        Returns core cycles per microsecond; 0 while there are no ticks.
    """

    size_bytes = 0x1000
    cleared_by_ones = frozenset({_INTR})

    def __init__(
        self,
        name: str,
        base: int,
        interrupts: Sequence[Callable[[bool], None]],
        tick_cycles: Callable[[], float],
    ) -> None:
        self.name = name
        self.base = base
        self._interrupts = interrupts
        self._tick_cycles = tick_cycles
        self._held_ticks = 0.0  # at the origin
        self._origin_cycles = 0
        self._written_low = 0
        self._latched_high = 0
        self._alarms: dict[int, int] = {}  # tick at which an armed alarm goes off
        self._registers: dict[int, int] = {}
        self._raised = 0

    def rebase(self, now_cycles: int) -> None:
        """Take the time so far at the present rate: the rate is about to change."""
        self._held_ticks, self._origin_cycles = self._exact_ticks(now_cycles), now_cycles

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; reading the low half latches the high one."""
        ticks = int(self._exact_ticks(now_cycles))
        if offset == _TIMELR:
            self._latched_high = ticks >> 32
            return ticks & _WORD_MASK
        if offset == _TIMEHR:
            return self._latched_high
        if offset in (_TIMERAWL, _TIMERAWH):
            return ticks & _WORD_MASK if offset == _TIMERAWL else ticks >> 32
        if offset == _ARMED:
            return sum(1 << number for number in self._alarms)
        if offset == _INTR:
            return self._raised
        if offset == _INTS:
            return self._status
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        if offset == _TIMELW:
            self._written_low = value
        elif offset == _TIMEHW:
            self._held_ticks, self._origin_cycles = float(value << 32 | self._written_low), now_cycles
        elif offset == _ARMED:
            self._alarms = {n: tick for n, tick in self._alarms.items() if not value >> n & 1}
        elif offset == _INTR:
            self._raised &= ~value
        else:
            self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
            if _ALARM0 <= offset < _ALARM0 + 4 * _ALARMS:
                self._arm((offset - _ALARM0) // 4, now_cycles)
        self._update_interrupts()

    def next_event_cycles(self) -> int | None:
        """Return when the next alarm goes off."""
        rate = self._tick_cycles()
        if not self._alarms or not rate:
            return None
        wait = (min(self._alarms.values()) - self._held_ticks) * rate
        return self._origin_cycles - int(-wait // 1)

    def run_events(self, now_cycles: int) -> None:
        """Let alarms go off."""
        ticks = self._exact_ticks(now_cycles)
        for number, tick in list(self._alarms.items()):
            if ticks + 1e-6 >= tick:
                del self._alarms[number]
                self._raised |= 1 << number
        self._update_interrupts()

    @property
    def _status(self) -> int:
        return self._raised & self._registers.get(_INTE, 0) | self._registers.get(_INTF, 0)

    def _arm(self, number: int, now_cycles: int) -> None:
        """Arm an alarm: it compares with the low half of the time only."""
        ticks = int(self._exact_ticks(now_cycles))
        distance = (self._registers[_ALARM0 + 4 * number] - ticks) & _WORD_MASK
        self._alarms[number] = ticks + (distance or 1 << 32)

    def _exact_ticks(self, now_cycles: int) -> float:
        rate = self._tick_cycles()
        return self._held_ticks + ((now_cycles - self._origin_cycles) / rate if rate else 0.0)

    def _update_interrupts(self) -> None:
        for number, interrupt in enumerate(self._interrupts):
            interrupt(bool(self._status >> number & 1))
