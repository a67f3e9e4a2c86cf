"""Numbers of core registers in Renode.

Source: ``CortexMRegisters`` in Renode's sources; versions know more of them the newer they are.
"""

from __future__ import annotations

CORE_REGISTERS = 16
XPSR = 25
SP, OTHER_SP, CURRENT_SP = "sp", "other_sp", "current_sp"
"""Stack pointers: the one in use, the other one, and whether the one in use is that of the process."""

NUMBERS = {
    **{f"r{number}": number for number in range(13)},
    SP: 13,
    "lr": 14,
    "pc": 15,
    "control": 18,
    "basepri": 19,
    CURRENT_SP: 21,
    OTHER_SP: 22,
    "xpsr": XPSR,
    "primask": 28,
    "faultmask": 30,
    **{f"d{number}": 42 + number for number in range(16)},
    "fpscr": 74,
}
"""Numbers by the names of :mod:`sim.debug.registers`."""
