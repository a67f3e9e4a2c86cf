"""SAADC of nRF52, which measures 0 V.

Sources: nrf52840.svd of Nordic's MDK (registers), nRF52840 Product Specification v1.11, chapter "SAADC".
Conversions are over at once; a sample is one result for each channel that is connected.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral
from sim.machine.peripherals.wiring import Wiring

_START, _SAMPLE, _STOP, _CALIBRATE = 0x00, 0x04, 0x08, 0x0C
_STARTED, _END, _DONE, _RESULTDONE, _CALIBRATEDONE, _STOPPED = 0x100, 0x104, 0x108, 0x10C, 0x110, 0x114
_CHANNEL_INPUTS = tuple(0x510 + 0x10 * channel for channel in range(8))  # CH[n].PSELP
_POINTER, _COUNT, _AMOUNT = 0x62C, 0x630, 0x634
_MAX_COUNT = 0x7FFF
_RESULT_BYTES = 2


class NrfSaadc(NrfPeripheral):
    """A converter that writes zeros.

    Parameters
    ----------
    wiring
        How it reaches memory.
    """

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None], wiring: Wiring) -> None:
        super().__init__(name, base, interrupt)
        self._wiring = wiring
        self._is_started = False
        self._next_result, self._results_left = 0, 0

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task == _START:
            self._is_started = True
            self._next_result = self.registers.get(_POINTER, 0)
            self._results_left = self.registers.get(_COUNT, 0) & _MAX_COUNT
            self.registers[_AMOUNT] = 0
            self.set_event(_STARTED, now_cycles)
        elif task == _SAMPLE and self._is_started:
            self._sample(now_cycles)
        elif task == _STOP:
            if self._is_started:
                self._is_started = False
                self.set_event(_END, now_cycles)
            self.set_event(_STOPPED, now_cycles)
        elif task == _CALIBRATE:
            self.set_event(_CALIBRATEDONE, now_cycles)

    def _sample(self, now_cycles: int) -> None:
        channels = sum(self.registers.get(offset, 0) != 0 for offset in _CHANNEL_INPUTS)
        results = min(channels, self._results_left)
        if results:
            self._wiring.write_memory(self._next_result, bytes(_RESULT_BYTES * results))
        self._next_result += _RESULT_BYTES * results
        self._results_left -= results
        self.registers[_AMOUNT] += results
        for event in (_DONE, _RESULTDONE):
            self.set_event(event, now_cycles)
        if not self._results_left:
            self._is_started = False
            self.set_event(_END, now_cycles)
