"""CLOCK, GPIO and information registers of nRF52840.

Sources: nrf52840.svd of Nordic's MDK (registers, reset values), nRF52840 Product Specification v1.11,
chapters of these names.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.nrf import NrfPeripheral
from sim.machine.peripherals.registers import RegisterBank

_HFCLKSTART, _HFCLKSTOP, _LFCLKSTART, _LFCLKSTOP, _CALIBRATE = 0x00, 0x04, 0x08, 0x0C, 0x10
_CTSTART, _CTSTOP = 0x14, 0x18  # the timer that says when to calibrate again
_HFCLKSTARTED, _LFCLKSTARTED, _DONE, _CTSTARTED, _CTSTOPPED = 0x100, 0x104, 0x10C, 0x128, 0x12C
_HFCLKRUN, _HFCLKSTAT, _LFCLKRUN, _LFCLKSTAT, _LFCLKSRC = 0x408, 0x40C, 0x414, 0x418, 0x518
_STATE_RUNNING = 1 << 16
_CRYSTAL = 1

_OUT, _OUTSET, _OUTCLR, _IN, _DIR, _DIRSET, _DIRCLR = 0x504, 0x508, 0x50C, 0x510, 0x514, 0x518, 0x51C
_PORT_STRIDE = 0x300
_PIN_CONFIGURATIONS = [port + 0x700 + 4 * pin for port in (0, _PORT_STRIDE) for pin in range(32)]
_INPUT_DISCONNECTED = 2
_RAM_POWER = [0x900 + 0x10 * block + register for block in range(9) for register in (0, 4, 8)]
_ALL_SECTIONS = 0xFFFF
_USER = 0x1000
_PSELRESET, _NFCPINS = 0x1200, 0x120C
_RESET_PIN, _PINS_ARE_GPIO = 18, 0xFFFF_FFFE


class NrfClock(NrfPeripheral):
    """Oscillators that run as soon as they are started, and the power of RAM, all of it on."""

    def __init__(self, name: str, base: int, interrupt: Callable[[bool], None]) -> None:
        super().__init__(name, base, interrupt)
        self.registers |= dict.fromkeys(_RAM_POWER, _ALL_SECTIONS)

    def trigger(self, task: int, now_cycles: int) -> None:
        """Do a task."""
        if task == _HFCLKSTART:
            self.registers[_HFCLKRUN] = 1
            self.registers[_HFCLKSTAT] = _STATE_RUNNING | _CRYSTAL
            self.set_event(_HFCLKSTARTED, now_cycles)
        elif task == _HFCLKSTOP:
            self.registers[_HFCLKRUN] = self.registers[_HFCLKSTAT] = 0
        elif task == _LFCLKSTART:
            self.registers[_LFCLKRUN] = 1
            self.registers[_LFCLKSTAT] = _STATE_RUNNING | self.registers.get(_LFCLKSRC, 0) & 3
            self.set_event(_LFCLKSTARTED, now_cycles)
        elif task == _LFCLKSTOP:
            self.registers[_LFCLKRUN] = self.registers[_LFCLKSTAT] = 0
        elif task == _CALIBRATE:
            self.set_event(_DONE, now_cycles)
        elif task in (_CTSTART, _CTSTOP):
            self.set_event(_CTSTARTED if task == _CTSTART else _CTSTOPPED, now_cycles)


class NrfGpio(RegisterBank):
    """Both ports with nothing connected: outputs read back as driven."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, 0x1000, dict.fromkeys(_PIN_CONFIGURATIONS, _INPUT_DISCONNECTED))

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        port = offset - (offset - _OUT) % _PORT_STRIDE
        kind = offset - port + _OUT
        if kind == _IN:
            return self.values.get(port, 0) & self.values.get(port + _DIR - _OUT, 0)
        if kind in (_OUTSET, _OUTCLR):
            return self.values.get(port, 0)
        if kind in (_DIRSET, _DIRCLR):
            return self.values.get(port + _DIR - _OUT, 0)
        return super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        port = offset - (offset - _OUT) % _PORT_STRIDE
        kind = offset - port + _OUT
        target = port if kind in (_OUTSET, _OUTCLR) else port + _DIR - _OUT
        if kind in (_OUTSET, _DIRSET):
            self.values[target] = self.values.get(target, 0) | value
        elif kind in (_OUTCLR, _DIRCLR):
            self.values[target] = self.values.get(target, 0) & ~value
        else:
            super().write(offset, value, mask, now_cycles)


class NrfInformation(RegisterBank):
    """Factory and user information: erased, apart from what tells the part, and what firmware sets once.

    Nordic's start-up code (``system_nrf52840.c``) programs the reset pin of the development kit and the NFC
    pins, and resets the part when it has done so. The board is one that has run such firmware before.

    Attributes
    ----------
    is_writable
        Whether NVMC lets stores through.
    """

    def __init__(self, name: str, base: int) -> None:
        part = {
            0x010: 4096,
            0x014: 256,
            0x100: 0x52840,
            0x10C: 256,
            0x110: 1024,
            0x130: 8,
            0x134: 3,
            0x450: 0xFFFF_FF5F,
        }
        user = {_PSELRESET: _RESET_PIN, _PSELRESET + 4: _RESET_PIN, _NFCPINS: _PINS_ARE_GPIO}
        self.is_writable: Callable[[], bool] = lambda: False
        super().__init__(name, base, 0x2000, dict.fromkeys(range(0, 8192, 4), 4294967295) | part | user)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Program a user register, where NVMC is set to it: bits are only cleared."""
        del now_cycles
        if offset >= _USER and self.is_writable():
            self.program(offset, value | ~mask & 0xFFFF_FFFF)

    def program(self, offset: int, value: int) -> None:
        """Clear the bits of a register that are clear in a word, as a programmer does too."""
        self.values[offset] &= value
