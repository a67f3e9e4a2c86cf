"""Clocks, PLLs and resets of RP2040. Source: RP2040 datasheet, sections 2.13 to 2.18."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.registers import Follow, RegisterBank

XOSC_HZ = 12e6
_ROSC_HZ = 6.5e6
_USB_PLL_HZ = 48e6  # as every SDK sets it: what it is set to does not matter to the core
_RTC_HZ = _USB_PLL_HZ / 1024  # likewise
_REF_CTRL, _REF_DIV, _REF_SELECTED = 0x30, 0x34, 0x38
_SYS_CTRL, _SYS_DIV, _SYS_SELECTED = 0x3C, 0x40, 0x44
_PERI_CTRL = 0x48
_SELECTED = range(0x08, 0x80, 0x0C)
_COUNTER_SOURCE, _COUNTER_STATUS, _COUNTER_RESULT = 0x94, 0x98, 0x9C
_COUNTER_DONE = 1 << 4
_CS, _PWR, _FBDIV, _PRIM = 0x0, 0x4, 0x8, 0xC
_POWER_DOWN = 1 << 0 | 1 << 5
_LOCK, _ENABLED = 1 << 31, 1 << 12
_ROSC_STATUS, _ROSC_RANDOM_BIT = 0x18, 0x1C
_RESET, _RESET_DONE = 0x0, 0x8
_ALL_BLOCKS = 0x01FF_FFFF
_PSM_FORCE_OFF, _PSM_DONE = 0x4, 0xC
_PSM_SECOND_CORE = 1 << 16


class Rp2040Pll(RegisterBank):
    """One PLL, which locks at once."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, 0x1000, {_CS: 1, _PWR: 0x2D, _PRIM: 0x77000})

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        value = super().read(offset, now_cycles)
        return value | _LOCK if offset == _CS and not self.values[_PWR] & _POWER_DOWN else value

    def hz(self) -> float:
        """Return the output."""
        if self.values[_PWR] & _POWER_DOWN:
            return 0.0
        reference_hz = XOSC_HZ / max(1, self.values[_CS] & 0x3F)
        dividers = max(1, self.values[_PRIM] >> 16 & 7) * max(1, self.values[_PRIM] >> 12 & 7)
        return reference_hz * (self.values.get(_FBDIV, 0) & 0xFFF) / dividers


class Rp2040Clocks(RegisterBank):
    """The clock generators; switches take effect at once.

    Attributes
    ----------
    on_change
        Called with the cycle count after each write, if set.
    before_change
        Called with the cycle count before each write.
    """

    def __init__(self, name: str, base: int, system_pll: Rp2040Pll) -> None:
        super().__init__(name, base, 0x1000, {_REF_DIV: 1 << 8, _SYS_DIV: 1 << 8})
        self.on_change: Callable[[int], None] | None = None
        self.before_change: list[Callable[[int], None]] = []
        self._pll = system_pll

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; what is selected is in use."""
        if offset in (_REF_SELECTED, _SYS_SELECTED):
            source = self.values.get(_REF_CTRL, 0) & 3 if offset == _REF_SELECTED else self._system_source
            return 1 << source
        if offset == _COUNTER_STATUS:
            return _COUNTER_DONE
        if offset == _COUNTER_RESULT:
            return round(self._counted_hz() / 1000 * 32)  # kHz with five bits behind the point
        return 1 if offset in _SELECTED else super().read(offset, now_cycles)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        for listener in self.before_change:
            listener(now_cycles)
        super().write(offset, value, mask, now_cycles)
        if self.on_change is not None:
            self.on_change(now_cycles)

    def reference_hz(self) -> float:
        """Return clk_ref."""
        sources_hz = (_ROSC_HZ, _USB_PLL_HZ, XOSC_HZ, 0.0)
        return sources_hz[self.values.get(_REF_CTRL, 0) & 3] / max(1, self.values[_REF_DIV] >> 8 & 3)

    def core_hz(self) -> float:
        """Return clk_sys."""
        if not self._system_source:
            source_hz = self.reference_hz()
        else:
            source_hz = self._auxiliary_hz(self.values.get(_SYS_CTRL, 0))
        return source_hz / max(1.0, self.values[_SYS_DIV] / 256)

    def peripheral_hz(self) -> float:
        """Return clk_peri, which clocks the serial ports."""
        selection = self.values.get(_PERI_CTRL, 0) >> 5 & 7
        sources_hz = (self.core_hz(), self._pll.hz(), _USB_PLL_HZ, _ROSC_HZ, XOSC_HZ, 0.0, 0.0, 0.0)
        return sources_hz[selection]

    def _counted_hz(self) -> float:
        """Return what the frequency counter looks at."""
        sources_hz = {
            1: self._pll.hz(),
            2: _USB_PLL_HZ,
            3: _ROSC_HZ,
            4: _ROSC_HZ,
            5: XOSC_HZ,
            8: self.reference_hz(),
            9: self.core_hz(),
            10: self.peripheral_hz(),
            11: _USB_PLL_HZ,
            12: _USB_PLL_HZ,
            13: _RTC_HZ,
        }
        return sources_hz.get(self.values.get(_COUNTER_SOURCE, 0), 0.0)

    @property
    def _system_source(self) -> int:
        return self.values.get(_SYS_CTRL, 0) & 1

    def _auxiliary_hz(self, control: int) -> float:
        return (self._pll.hz(), _USB_PLL_HZ, _ROSC_HZ, XOSC_HZ, 0.0, 0.0, 0.0, 0.0)[control >> 5 & 7]


class Rp2040Resets(RegisterBank):
    """Reset controller: a block that is released is ready at once."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, 0x1000, {_RESET: _ALL_BLOCKS})

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset == _RESET_DONE:
            return ~self.values[_RESET] & _ALL_BLOCKS
        return super().read(offset, now_cycles)


class Rp2040Psm(RegisterBank):
    """Power-on state machine, all of whose domains are up.

    Parameters
    ----------
    restart_second_core
        Called when firmware has held the second core in reset, and lets it go.
    """

    def __init__(self, name: str, base: int, restart_second_core: Callable[[], None]) -> None:
        super().__init__(name, base, 0x1000, always_set={_PSM_DONE: 0x1_FFFF})
        self._restart_second_core = restart_second_core

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register."""
        was_off = self.values.get(_PSM_FORCE_OFF, 0) & _PSM_SECOND_CORE
        super().write(offset, value, mask, now_cycles)
        if was_off and not self.values.get(_PSM_FORCE_OFF, 0) & _PSM_SECOND_CORE:
            self._restart_second_core()


class Rp2040Rosc(RegisterBank):
    """ROSC, always stable; its random bits are the same in every run (Marsaglia's xorshift32)."""

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, 0x1000, always_set={_ROSC_STATUS: _LOCK | _ENABLED})
        self._state = 0x2545_F491

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        if offset != _ROSC_RANDOM_BIT:
            return super().read(offset, now_cycles)
        self._state ^= self._state << 13 & 0xFFFF_FFFF
        self._state ^= self._state >> 17
        self._state ^= self._state << 5 & 0xFFFF_FFFF
        return self._state & 1


def oscillator(name: str, base: int) -> RegisterBank:
    """Return XOSC, which is stable at once."""
    return RegisterBank(name, base, 0x1000, always_set={0x04: _LOCK | _ENABLED})


def real_time_clock(name: str, base: int) -> RegisterBank:
    """Return RTC, which shows the time that it was set to, and stands still (section 4.8)."""
    running = Follow(0x0C, 0, 0x0C, 1)
    date, time = Follow(0x04, 0, 0x18, 0, 32), Follow(0x08, 0, 0x1C, 0, 32)
    return RegisterBank(name, base, 0x1000, follows=(running, date, time))


def flash_cache(name: str, base: int) -> RegisterBank:
    """Return the registers of the XIP cache, which flushes at once (section 2.6.3)."""
    return RegisterBank(name, base, 0x1000, {0x00: 3}, always_set={0x08: 0b11})
