"""The device parts of the address map: the core's own registers, and the board's peripherals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import unicorn

from sim.machine.embedded import _hot
from sim.machine.embedded.private_peripherals import BASE, SIZE_BYTES, PrivatePeripherals
from sim.machine.peripherals.bus import Bus


def map_private(
    uc: unicorn.Uc,
    counters: _hot.HotCounters,
    private: PrivatePeripherals,
    on_write: Callable[[], None],
) -> None:
    """Hand accesses of the core to its own registers; what is due is looked at anew after each write."""

    def read(_uc: unicorn.Uc, offset: int, size: int, _data: object) -> int:
        return private.read_bytes(BASE + offset, size)

    def write(_uc: unicorn.Uc, offset: int, size: int, value: int, _data: object) -> None:
        private.write_bytes(BASE + offset, size, value)
        counters.interrupt()  # an exception or SysTick may have been set up
        on_write()

    uc.mmio_map(BASE, SIZE_BYTES, read, None, write, None)


def map_bus(uc: unicorn.Uc, counters: _hot.HotCounters, bus: Bus) -> None:
    """Hand accesses of the core to the board's peripherals."""

    def read(base: int, _uc: unicorn.Uc, offset: int, size: int, _data: object) -> int:
        return bus.read(base + offset, size, counters.cycles)

    def write(base: int, _uc: unicorn.Uc, offset: int, size: int, value: int, _data: object) -> None:
        bus.write(base + offset, size, value, counters.cycles)
        counters.interrupt()  # the earliest event may have changed

    for window in bus.windows:
        uc.mmio_map(
            window.start, len(window), partial(read, window.start), None, partial(write, window.start), None
        )
