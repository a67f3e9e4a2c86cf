"""USB On-The-Go controllers of Synopsys with nothing plugged in, as STM32 parts have them.

Source: ST RM0456, chapter "USB on-the-go full-speed". Firmware sets it up and waits for its resets.
"""

from __future__ import annotations

from sim.machine.peripherals.registers import RegisterBank

_GRSTCTL = 0x10
_AHBIDL = 1 << 31
_RESETS_AND_FLUSHES = 0x37  # CSRST, PSRST, FCRST, RXFFLSH, TXFFLSH: over at once
_SIZE_BYTES = 0x1000


def usb_otg(name: str, base: int) -> RegisterBank:
    """Return a controller whose resets are over at once, and to which no host connects."""
    return RegisterBank(
        name,
        base,
        _SIZE_BYTES,
        always_set={_GRSTCTL: _AHBIDL},
        always_clear={_GRSTCTL: _RESETS_AND_FLUSHES},
    )
