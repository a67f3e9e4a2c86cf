"""Why firmware of the user's own stopped, as a firmware engineer would say it."""

from __future__ import annotations

from sim.image import FirmwareImage
from sim.inference.symbols import SymbolTable
from sim.machine.fault import Fault, FaultKind
from sim.machine.peripherals.bus import PolledRegister, UnmodelledAccess

_LISTED = 12
_STUCK_READS = 1000


def describe_fault(fault: Fault, image: FirmwareImage) -> str:
    """Return one sentence: which fault, where, and what it was about."""
    symbols = SymbolTable(image.symbols)
    sentence = f"{fault.kind.exception} ({fault.kind.flag}) at {symbols.describe(fault.pc, image.end)}"
    sentence += f": {fault.kind.reason}"
    if fault.address is not None:
        sentence += f" ({fault.address:#010x}, {fault.access_bytes or 4} bytes)"
    if fault.kind in (FaultKind.FETCH_UNMAPPED, FaultKind.NO_THUMB_BIT):
        sentence += f", called from {symbols.describe(fault.lr & ~1, image.end)}"
    return f"{sentence} [CFSR {fault.cfsr:#010x}, HFSR {fault.hfsr:#010x}]"


def describe_waiting(polled: PolledRegister | None) -> str | None:
    """Return one sentence about a register that firmware waits for; None when it waits for none."""
    if polled is None or polled.reads < _STUCK_READS:
        return None
    name = f"a register of {polled.peripheral}" if polled.peripheral else "a register without a model"
    return (
        f"the firmware has read {name} at {polled.address:#010x} {polled.reads:,} times in a row "
        f"and got {polled.value:#010x}: it waits for a bit to change"
    )


def describe_unmodelled(accesses: list[UnmodelledAccess]) -> str:
    """Return one sentence that names the registers without a model, the first ones if they are many."""
    names = [f"{access.address:#010x} ({'write' if access.is_write else 'read'})" for access in accesses]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"The firmware used registers that no model knows: {', '.join(names[:_LISTED])}{more}."
