"""PPI of nRF52: events that trigger tasks of other peripherals without the core.

Sources: nrf52840.svd of Nordic's MDK (registers), nRF52840 Product Specification v1.11, chapter "PPI". Its
fixed channels 20 to 31 connect the radio with its timers; there is no model of the radio, so they do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.machine.peripherals.nrf import NrfPeripheral

_GROUPS = 0x800
_CHEN, _CHENSET, _CHENCLR = 0x500, 0x504, 0x508
_CHANNELS, _CHANNEL_COUNT, _FORKS = 0x510, 20, 0x910
_PPI_HZ = 16e6


class NrfPpi(NrfPeripheral):
    """Channels from events to tasks. A task is triggered one PPI clock cycle after its event.

    Parameters
    ----------
    core_hz
        Core clock in Hz.
    """

    def __init__(self, name: str, base: int, core_hz: float) -> None:
        super().__init__(name, base, lambda _level: None)  # it has no interrupt
        self._delay_cycles = round(core_hz / _PPI_HZ)
        self._peripherals: dict[int, NrfPeripheral] = {base: self}
        self._due: list[tuple[int, int]] = []  # when, and the address of the task

    def connect(self, peripherals: Iterable[NrfPeripheral]) -> None:
        """Listen to the events of peripherals, and trigger their tasks."""
        for peripheral in peripherals:
            self._peripherals[peripheral.base] = peripheral
            peripheral.on_event = self._take

    def trigger(self, task: int, now_cycles: int) -> None:
        """Enable or disable a group of channels."""
        del now_cycles
        group, is_disable = divmod(task // 4, 2)
        self._switch(self.registers.get(_GROUPS + 4 * group, 0), is_on=not is_disable)

    def read_register(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        return super().read_register(_CHEN if offset in (_CHENSET, _CHENCLR) else offset, now_cycles)

    def write_register(self, offset: int, value: int, now_cycles: int) -> None:
        """Store into a register; enable and disable channels."""
        if offset in (_CHENSET, _CHENCLR):
            self._switch(value, is_on=offset == _CHENSET)
        else:
            super().write_register(offset, value, now_cycles)

    def next_event_cycles(self) -> int | None:
        """Return when the next task is triggered."""
        return self._due[0][0] if self._due else None

    def run_events(self, now_cycles: int) -> None:
        """Trigger the tasks that are due."""
        due = [address for when, address in self._due if when <= now_cycles]
        self._due = [entry for entry in self._due if entry[0] > now_cycles]
        for address in due:
            peripheral = self._peripherals.get(address & -self.size_bytes)
            if peripheral is not None:
                peripheral.write(address - peripheral.base, 1, 1, now_cycles)

    def _take(self, event: int, now_cycles: int) -> None:
        enabled = self.registers.get(_CHEN, 0)
        for number in range(_CHANNEL_COUNT):
            channel = _CHANNELS + 8 * number
            if enabled >> number & 1 and self.registers.get(channel) == event:
                tasks = (self.registers.get(channel + 4, 0), self.registers.get(_FORKS + 4 * number, 0))
                self._due += [(now_cycles + self._delay_cycles, task) for task in tasks if task]

    def _switch(self, channels: int, *, is_on: bool) -> None:
        enabled = self.registers.get(_CHEN, 0)
        self.registers[_CHEN] = enabled | channels if is_on else enabled & ~channels
