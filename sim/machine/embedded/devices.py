"""The device parts of the address map: the core's own registers, and the board's peripherals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import unicorn

from sim.machine.embedded import _hot
from sim.machine.embedded.native import DeviceRead, DeviceWrite, map_device
from sim.machine.embedded.private_peripherals import BASE, SIZE_BYTES, PrivatePeripherals
from sim.machine.peripherals.bus import Bus


def map_private(
    uc: unicorn.Uc,
    counters: _hot.HotCounters,
    private: PrivatePeripherals,
    on_write: Callable[[], None],
    board_windows: Sequence[range] = (),
) -> None:
    """Hand accesses of the core to its own registers; what is due is looked at anew after each write.

    Parameters
    ----------
    board_windows
        What the board's peripherals answer, in ascending order: some parts have one among the core's
        registers.
    """

    def read(_uc: unicorn.Uc, offset: int, size: int, base: int) -> int:
        return private.read_bytes(base + offset, size)

    def write(_uc: unicorn.Uc, offset: int, size: int, value: int, base: int) -> None:
        private.write_bytes(base + offset, size, value)
        counters.interrupt()  # an exception or SysTick may have been set up
        on_write()

    start = BASE
    end = range(BASE + SIZE_BYTES, BASE + SIZE_BYTES)
    for window in [*(w for w in board_windows if BASE <= w.start < end.start), end]:
        if window.start > start:
            uc.mmio_map(start, window.start - start, read, start, write, start)
        start = window.stop


class MappedBus:
    """Hands accesses of the core to the board's peripherals.

    Attributes
    ----------
    error
        What a peripheral has raised: the emulator can only stop the run.
    may_access
        Asked before each access, for address, size and whether it writes, if set; what it denies reads as
        zero.
    read_count
        How often the core has read from a peripheral.
    """

    def __init__(self, uc: unicorn.Uc, counters: _hot.HotCounters, bus: Bus) -> None:
        self.error: BaseException | None = None
        self.may_access: Callable[[int, int, bool], bool] | None = None
        self.read_count = 0
        self._uc = uc
        self._counters = counters
        self._bus = bus
        self._callbacks: list[object] = []  # for as long as the emulator may call them
        for window in bus.windows:
            read = DeviceRead(partial(self._read, window.start))
            write = DeviceWrite(partial(self._write, window.start))
            self._callbacks += [read, write]
            map_device(uc, counters, window, read, write)

    def settle(self) -> None:
        """Bring the bus up to date with the reads that needed no peripheral.

        Raises
        ------
        BaseException
            What a peripheral has raised.
        """
        self._add_reads()
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def store_to_flash(self, address: int, size_bytes: int, value: int) -> bool:
        """Take a store to flash; return whether its controller lets it through."""
        return self._bus.store_to_flash is not None and self._bus.store_to_flash(address, size_bytes, value)

    def _add_reads(self) -> None:
        count = self._counters.end_steady()
        self.read_count += count
        self._bus.add_reads(count)

    def _read(self, base: int, _uc: int, offset: int, size: int, _data: int) -> int:
        bus, counters = self._bus, self._counters
        if self.may_access is not None and not self.may_access(base + offset, size, False):
            return 0
        try:
            self._add_reads()
            self.read_count += 1
            value = bus.read(base + offset, size, counters.cycles)
            steady = bus.steady
            if steady is not None:
                counters.keep_steady(steady.address, steady.value, steady.until_cycles, steady.reads)
        except BaseException as error:
            self._fail(error)
            return 0
        return value

    def _write(self, base: int, _uc: int, offset: int, size: int, value: int, _data: int) -> None:
        if self.may_access is not None and not self.may_access(base + offset, size, True):
            return
        try:
            self._add_reads()
            self._bus.write(base + offset, size, value, self._counters.cycles)
        except BaseException as error:
            self._fail(error)
        self._counters.interrupt()  # the earliest event may have changed

    def _fail(self, error: BaseException) -> None:
        self.error = error
        self._uc.emu_stop()
