"""WDT of nRF52. Sources: nrf52840.svd of Nordic's MDK (registers, reset values), nRF52840 PS v1.11, "WDT"."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral

_START, _TIMEOUT = 0x00, 0x100
_RUNSTATUS, _REQSTATUS, _CRV, _RREN, _RR = 0x400, 0x404, 0x504, 0x508, 0x600
_RELOAD_REGISTERS = 8
_RELOAD = 0x6E52_4635
_HZ = 32_768


class NrfWdt(NrfPeripheral):
    """A watchdog that resets the part when the core has not written to all reload registers in time.

    Parameters
    ----------
    core_hz
        Core clock in Hz.
    bite
        Resets the machine.
    """

    def __init__(
        self,
        name: str,
        base: int,
        interrupt: Callable[[bool], None],
        core_hz: float,
        bite: Callable[[], None],
    ) -> None:
        super().__init__(name, base, interrupt)
        self._core_hz = core_hz
        self._bite = bite
        self._bites_at_cycles: int | None = None
        self.registers |= {_CRV: 0xFFFF_FFFF, _RREN: 1, _REQSTATUS: 1}

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task: it cannot be stopped once it was started."""
        if task == _START and self._bites_at_cycles is None:
            self.registers[_RUNSTATUS] = 1
            self._reload(now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register; its set-up is locked while it runs."""
        number = (offset - _RR) // 4
        if 0 <= number < _RELOAD_REGISTERS:
            if value == _RELOAD and self._bites_at_cycles is not None:
                self.registers[_REQSTATUS] &= ~(1 << number)
                if not self.registers[_REQSTATUS]:
                    self._reload(now_cycles)
        elif self._bites_at_cycles is None:
            super().write_register(offset, value, now_cycles)

    def next_event_cycles(self) -> int | None:
        """Return when it bites."""
        return self._bites_at_cycles

    def run_events(self, now_cycles: int) -> None:
        """Bite."""
        self._bites_at_cycles = None
        self.set_event(_TIMEOUT, now_cycles)
        self._bite()

    def _reload(self, now_cycles: int) -> None:
        self.registers[_REQSTATUS] = self.registers[_RREN]
        period = (self.registers[_CRV] + 1) / _HZ
        self._bites_at_cycles = now_cycles + round(period * self._core_hz)
