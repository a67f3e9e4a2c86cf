"""Why firmware of the user's own stopped, as a firmware engineer would say it."""

from __future__ import annotations

from collections.abc import Mapping

from sim.image import FirmwareImage
from sim.inference.symbols import SymbolTable
from sim.machine.embedded.exceptions import (
    FAULTS,
    FIRST_INTERRUPT,
    NMI,
    PEND_SV,
    SV_CALL,
    SYS_TICK,
)
from sim.machine.fault import Fault, FaultKind, FaultOutcome, StackOverflow
from sim.machine.peripherals.bus import STUCK_READS, Bus, PolledRegister

_LISTED = 12
_NAMED_BITS = 8
_FRAME_BYTES = 256
_FLOOD_ENTRIES, _FLOOD_CYCLES = 1000, 200  # taken so often, and with so few cycles between
_EXCEPTION_NAMES = {
    **{number: name for name, number in FAULTS.items()},
    NMI: "NMI",
    SV_CALL: "SVCall",
    PEND_SV: "PendSV",
    SYS_TICK: "SysTick",
}


def describe_fault(fault: Fault, image: FirmwareImage) -> str:
    """Return one sentence: which fault, where, what it was about, and what became of it."""
    symbols = SymbolTable(image.symbols)
    first = fault
    while first.cause is not None:
        first = first.cause
    sentence = _describe_one(first, symbols, image.end)
    if fault is not first:
        sentence += f"; its handler faulted in turn: {_describe_one(fault, symbols, image.end)}"
    return sentence + _describe_outcome(fault)


def _describe_one(fault: Fault, symbols: SymbolTable, end: int) -> str:
    name = f"{fault.kind.exception} ({fault.kind.flag})" if fault.has_status else "HardFault"
    sentence = f"{name} at {symbols.describe(fault.pc, end)}"
    sentence += f": {fault.kind.reason}"
    if fault.address is not None:
        size = "" if fault.access_bytes is None else f", {fault.access_bytes} bytes"
        sentence += f" ({fault.address:#010x}{size})"
        if fault.kind is FaultKind.WRITE_UNMAPPED and abs(fault.address - fault.sp) <= _FRAME_BYTES:
            sentence += ", which is where the stack pointer is: the stack has overflowed"
    if fault.kind in (FaultKind.FETCH_UNMAPPED, FaultKind.FETCH_FORBIDDEN, FaultKind.NO_THUMB_BIT):
        sentence += f", called from {symbols.describe(fault.lr & ~1, end)}"
    return f"{sentence} [CFSR {fault.cfsr:#010x}, HFSR {fault.hfsr:#010x}]" if fault.has_status else sentence


def _describe_outcome(fault: Fault) -> str:
    if fault.outcome is FaultOutcome.NO_HANDLER:
        return "; the vector table names no handler for it"
    if fault.outcome is FaultOutcome.LOCK_UP:
        return "; no fault can be taken there, and the core locked up"
    taken = "HardFault" if fault.is_escalated else fault.kind.exception
    return f"; the firmware's {taken} handler did not return"


def describe_waiting(polled: PolledRegister | None, image: FirmwareImage) -> str | None:
    """Return one sentence about a register that firmware waits for; None when it waits for none."""
    if polled is None or polled.reads < STUCK_READS:
        return None
    register = polled.register
    if not polled.peripheral:
        name = "a register without a model" if register is None else f"{register.name}, which has no model,"
    elif register is None:
        name = f"a register of {polled.peripheral}"
    else:
        name = f"{register.name} of {polled.peripheral}"
    sentence = (
        f"the firmware has read {name} at {polled.address:#010x} {polled.reads:,} times in a row "
        f"and got {polled.value:#010x}: it waits for "
    )
    if polled.place is None:
        return f"{sentence}a bit to change"
    where = SymbolTable(image.symbols).describe(polled.place.pc, image.end)
    names = {} if register is None else register.bits
    return f"{sentence}{_describe_bits(polled.place.mask, polled.value, names)}, at {where}"


def _describe_bits(mask: int | None, value: int, names: Mapping[int, str]) -> str:
    """Name the bits of a mask, and what they have to become."""
    bits = [bit for bit in range(32) if mask is not None and mask >> bit & 1]
    if mask is None or not bits or len(bits) > _NAMED_BITS:
        return "a bit to change"
    shown = [f"{names[bit]} (bit {bit})" if bit in names else f"bit {bit}" for bit in bits]
    if len(bits) == 1:
        return f"{shown[0]} to be {'cleared' if value & mask else 'set'}"
    return f"one of {', '.join(shown)} to change"


def describe_place(pc: int, exception: int | None, image: FirmwareImage) -> str:
    """Return one sentence about where the core is, and in the handler of which exception."""
    where = SymbolTable(image.symbols).describe(pc, image.end)
    if exception is None:
        return f"the core was at {where}"
    return f"the core was at {where}, in the handler of {_name_exception(exception)}"


def _name_exception(number: int) -> str:
    if number >= FIRST_INTERRUPT:
        return f"interrupt {number - FIRST_INTERRUPT}"
    return _EXCEPTION_NAMES.get(number, f"exception {number}")


def describe_flood(entries: Mapping[int, int], cycles: int) -> str | None:
    """Return one sentence about an exception that leaves no time for anything else, if there is one."""
    number, count = max(entries.items(), key=lambda entry: entry[1], default=(0, 0))
    if count < _FLOOD_ENTRIES or cycles > count * _FLOOD_CYCLES:
        return None
    return (
        f"{_name_exception(number)} was taken {count:,} times, every {cycles / count:.0f} cycles on average"
    )


def describe_overflow(overflow: StackOverflow, image: FirmwareImage) -> str:
    """Return one sentence about a stack that has grown into data."""
    where = SymbolTable(image.symbols).describe(overflow.pc, image.end)
    return (
        f"The stack has grown into the data below it at {where}: the stack pointer fell to "
        f"{overflow.sp:#010x}, the data ends at {overflow.limit:#010x}."
    )


def describe_unmodelled(bus: Bus) -> str:
    """Return one sentence that names the registers without a model, the first ones if they are many."""
    names = [
        f"{_name_place(bus, access.address)} ({'write' if access.is_write else 'read'})"
        for access in bus.unmodelled.values()
    ]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"The firmware used registers that no model knows: {', '.join(names[:_LISTED])}{more}."


def _name_place(bus: Bus, address: int) -> str:
    name = None if bus.name_of is None else bus.name_of(address)
    return f"{address:#010x}" if name is None else f"{name.name} at {address:#010x}"
