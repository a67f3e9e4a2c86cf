"""TIMER and RTC of nRF52.

Sources: nrf52840.svd of Nordic's MDK (registers, reset values), nRF52840 PS, chapters "TIMER" and "RTC".
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral

_START, _STOP = 0x00, 0x04
_CAPTURE, _COMPARE, _CC = 0x40, 0x140, 0x540
_TIMER_CLEAR, _TIMER_SHUTDOWN = 0x0C, 0x10
_BITMODE, _TIMER_PRESCALER = 0x508, 0x510
_WIDTHS_BITS = (16, 8, 24, 32)
_RESET_PRESCALER = 4
_TIMER_HZ = 16e6
_RTC_CLEAR, _RTC_OVERFLOW_TASK = 0x08, 0x0C
_TICK, _OVERFLOW = 0x100, 0x104
_COUNTER, _RTC_PRESCALER = 0x504, 0x508
_EVTEN, _EVTENSET, _EVTENCLR = 0x340, 0x344, 0x348
_RTC_HZ = 32_768
_RTC_BITS = 24
_NEARLY_OVER = 0xFFFFF0
_COMPARES = 6


class _Counter(NrfPeripheral):
    """A counter with compare registers, which counts up while it runs.

    Parameters
    ----------
    core_hz
        Core clock in Hz.
    """

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None], core_hz: float) -> None:
        super().__init__(name, base, interrupt)
        self._core_hz = core_hz
        self._is_running = False
        self._held = 0
        self._origin_cycles = 0.0  # when the count was 0
        self._looked_at = 0  # ticks since then whose compare events have been set

    def next_event_cycles(self) -> int | None:
        """Return when the next compare event, or another one, is due."""
        if not self._is_running:
            return None
        ticks = [self._next_match(target) for target in self._targets()]
        if not ticks:
            return None
        return -int(-(self._origin_cycles + min(ticks) * self._tick_cycles()) // 1)

    def run_events(self, now_cycles: int) -> None:
        """Set the events of all ticks since the last look."""
        if not self._is_running:
            return
        now_ticks = self._ticks(now_cycles)
        reached = [target for target in self._targets() if self._next_match(target) <= now_ticks]
        self._looked_at = now_ticks
        for target in reached:
            self._reach(target, now_cycles)

    def start(self, now_cycles: int) -> None:
        """Count on."""
        if not self._is_running:
            self._is_running = True
            self._set_count(self._held, now_cycles)

    def stop(self, now_cycles: int) -> None:
        """Stand still."""
        self._held, self._is_running = self._count(now_cycles), False

    def clear(self, now_cycles: int) -> None:
        """Count from 0."""
        self._set_count(0, now_cycles)

    def _targets(self) -> set[int]:
        """Return the counts at which something happens."""
        raise NotImplementedError

    def _reach(self, target: int, now_cycles: int) -> None:
        """Set the events of a count."""
        raise NotImplementedError

    def _modulus(self) -> int:
        raise NotImplementedError

    def _tick_cycles(self) -> float:
        raise NotImplementedError

    def _next_match(self, target: int) -> int:
        """Return the tick, since the count was 0, at which it equals a target next."""
        modulus = self._modulus()
        rounds = (self._looked_at - target) // modulus + 1 if self._looked_at >= target else 0
        return target + max(0, rounds) * modulus

    def _ticks(self, now_cycles: int) -> int:
        return int((now_cycles - self._origin_cycles) / self._tick_cycles())

    def _count(self, now_cycles: int) -> int:
        return self._ticks(now_cycles) % self._modulus() if self._is_running else self._held

    def _set_count(self, count: int, now_cycles: int) -> None:
        self._held = self._looked_at = count
        self._origin_cycles = now_cycles - count * self._tick_cycles()

    def _compares_at(self, count: int) -> list[int]:
        return [n for n in range(_COMPARES) if self.registers.get(_CC + 4 * n, -1) == count]


class NrfTimer(_Counter):
    """TIMER in timer mode, on 16 MHz behind its prescaler."""

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None], core_hz: float) -> None:
        super().__init__(name, base, interrupt, core_hz)
        self.registers[_TIMER_PRESCALER] = _RESET_PRESCALER

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task == _START:
            self.start(now_cycles)
        elif task in (_STOP, _TIMER_SHUTDOWN):
            self.stop(now_cycles)
        elif task == _TIMER_CLEAR:
            self.clear(now_cycles)
        elif _CAPTURE <= task < _CAPTURE + 4 * _COMPARES:
            self.registers[_CC + task - _CAPTURE] = self._count(now_cycles)

    def _targets(self) -> set[int]:
        return {self.registers[_CC + 4 * n] for n in range(_COMPARES) if _CC + 4 * n in self.registers}

    def _reach(self, target: int, now_cycles: int) -> None:
        for number in self._compares_at(target):
            self.set_event(_COMPARE + 4 * number, now_cycles)
            if self.has_shortcut(8 + number):
                self.stop(now_cycles)
            if self.has_shortcut(number):
                self.clear(now_cycles)

    def _modulus(self) -> int:
        return 1 << _WIDTHS_BITS[self.registers.get(_BITMODE, 0) & 3]

    def _tick_cycles(self) -> float:
        return self._core_hz / _TIMER_HZ * (1 << (self.registers[_TIMER_PRESCALER] & 0xF))


class NrfRtc(_Counter):
    """RTC, 24 bits on 32.768 kHz behind its prescaler."""

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task == _START:
            self.start(now_cycles)
        elif task == _STOP:
            self.stop(now_cycles)
        elif task == _RTC_CLEAR:
            self.clear(now_cycles)
        elif task == _RTC_OVERFLOW_TASK:
            self._set_count(_NEARLY_OVER, now_cycles)

    def read_register(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _COUNTER:
            return self._count(now_cycles)
        if offset in (_EVTENSET, _EVTENCLR):
            return self.registers.get(_EVTEN, 0)
        return super().read_register(offset, now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register."""
        enabled = self.registers.get(_EVTEN, 0)
        if offset == _EVTENSET:
            self.registers[_EVTEN] = enabled | value
        elif offset == _EVTENCLR:
            self.registers[_EVTEN] = enabled & ~value
        else:
            super().write_register(offset, value, now_cycles)

    def _targets(self) -> set[int]:
        targets = {self.registers[_CC + 4 * n] for n in range(4) if self._is_wanted(_COMPARE + 4 * n)}
        if self._is_wanted(_OVERFLOW):
            targets.add(0)
        if self._is_wanted(_TICK):
            targets.add((self._looked_at + 1) % self._modulus())
        return targets

    def _reach(self, target: int, now_cycles: int) -> None:
        for number in self._compares_at(target):
            self.set_event(_COMPARE + 4 * number, now_cycles)
        if target == 0 and self._is_wanted(_OVERFLOW):
            self.set_event(_OVERFLOW, now_cycles)
        if self._is_wanted(_TICK):
            self.set_event(_TICK, now_cycles)

    def _is_wanted(self, event: int) -> bool:
        """Whether an event is generated: by EVTEN, or for its interrupt."""
        has_value = event < _COMPARE or _CC + event - _COMPARE in self.registers
        routed = self.registers.get(_EVTEN, 0) >> (event - 0x100) // 4 & 1
        return has_value and bool(routed or self.is_interrupting(event))

    def _modulus(self) -> int:
        return 1 << _RTC_BITS

    def _tick_cycles(self) -> float:
        return self._core_hz / _RTC_HZ * ((self.registers.get(_RTC_PRESCALER, 0) & 0xFFF) + 1)
