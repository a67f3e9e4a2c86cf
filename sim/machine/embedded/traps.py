"""What leaves the emulator inside a basic block: faults, calls of the system, returns from exceptions.

Faults go to the handlers of the firmware as on the core (Armv7-M ARM, B1.5.14): to their own exception where
it is enabled and urgent enough, else to HardFault, and to lock-up where even that cannot be taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import unicorn
from unicorn import arm_const

from sim.machine.embedded import _hot
from sim.machine.embedded.devices import MappedBus
from sim.machine.embedded.division import DivisionTrap
from sim.machine.embedded.exceptions import FAULTS, HARD_FAULT, SV_CALL
from sim.machine.embedded.faults import (
    classify_error,
    classify_exception,
    classify_fetch,
    classify_memory_error,
    first_float,
)
from sim.machine.embedded.interrupts import ExceptionFaultError, Interrupts
from sim.machine.embedded.locate import locate_access
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.embedded.private_peripherals import PrivatePeripherals
from sim.machine.embedded.protection import Protection
from sim.machine.embedded.semihosting import BREAKPOINT as SEMIHOSTING_BREAKPOINT
from sim.machine.embedded.semihosting import Semihosting
from sim.machine.fault import Fault, FaultKind, FaultOutcome
from sim.machine.peripherals.bus import PollingPlace
from sim.machine.protocol import Stop, StopReason
from sim.platform.names import ARMV6M_CORES
from sim.timing.decode import decode_block
from sim.timing.instruction import Instruction, InstructionClass

_THUMB_STATE = 1 << 24
_BREAKPOINT_BYTES = 2
_LOOP_BYTES = 32  # from the load of a polling loop to its branch
_WRITES = (FaultKind.WRITE_UNMAPPED, FaultKind.WRITE_READ_ONLY)
_PROTECTED = (unicorn.UC_MEM_READ_PROT, unicorn.UC_MEM_WRITE_PROT, unicorn.UC_MEM_FETCH_PROT)
_FETCHES = (FaultKind.FETCH_UNMAPPED, FaultKind.FETCH_FORBIDDEN)
_JUMPS = (*_FETCHES, FaultKind.EXCEPTION_RETURN)  # in thread mode, EXC_RETURN is an address like any other
_NOP = 0xBF00
_BRANCH_TO_ITSELF = 0xE7FE
_UNFINISHED = (StopReason.RESET, StopReason.WATCHDOG, StopReason.CYCLE_LIMIT, StopReason.WALL_LIMIT)

TrapState = tuple[tuple[int, Fault], ...]


class Traps:
    """The exits from emulated code of one machine.

    Parameters
    ----------
    register
        Returns the current value of a core register by number.
    devices
        The board's peripherals, which the MPU protects as well; None for a board without any.
    """

    def __init__(
        self,
        uc: unicorn.Uc,
        core: str,
        counters: _hot.HotCounters,
        memory: MemoryMap,
        peripherals: PrivatePeripherals,
        interrupts: Interrupts,
        semihosting: Semihosting,
        register: Callable[[int], int],
        watch_accesses: Callable[[], None],
        devices: MappedBus | None,
    ) -> None:
        self._uc = uc
        self._watch_accesses = watch_accesses
        self._core = core
        self._counters = counters
        self._memory = memory
        self._peripherals = peripherals
        self._interrupts = interrupts
        self._semihosting = semihosting
        self._register = register
        self._pending: Fault | None = None
        self._redirect_to: int | None = None
        self._stop: Stop | None = None
        self._handling: list[tuple[int, Fault]] = []  # with the depth of the handler
        self._devices = devices
        self._protection = Protection(
            uc, memory, counters, interrupts, lambda: peripherals.mpu, devices, self._on_forbidden_access
        )
        interrupts.may_write = lambda address: self._protection.rights(address).write
        self._return_to: int | None = None
        self._traps_unaligned = False
        self._interrupted: unicorn.unicorn_py3.unicorn.UcContext | None = None
        self._division = DivisionTrap(uc, memory, register, self._on_zero_divisor)
        uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_invalid_memory)
        uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)

    def service(self, pc: int) -> int:
        """Enter the most urgent exception that is due; return where execution goes on."""
        self._trap_unaligned(self._peripherals.control.traps_unaligned)
        self._division.switch(self._peripherals.control.traps_division_by_zero)
        try:
            pc = self._interrupts.service(pc)
        except ExceptionFaultError as error:
            pc = self._deliver_nested(error)
        self._protection.update()
        return pc

    def explain(self, error: int, pc: int) -> None:
        """Note why the emulator has returned with an error (``UC_ERR_*``), unless a hook has said so."""
        if self._pending is None and self._redirect_to is None:
            kind = classify_error(error)
            if (
                kind is FaultKind.UNDEFINED
                and not self._uc.reg_read(arm_const.UC_ARM_REG_XPSR) & _THUMB_STATE
            ):
                kind = FaultKind.NO_THUMB_BIT
            self._pending = self._fault(kind, pc)

    def refuse_write(self, address: int) -> None:
        """Note a write to data in flash, which the counters have refused."""
        pc = self.access_pc(address, is_write=True)
        self._pending = self._fault(FaultKind.WRITE_READ_ONLY, pc, address)

    def check_float(self, address: int, size_bytes: int) -> None:
        """Refuse a block with floating point, at its first execution, while the FPU is off.

        Nothing of the block is executed, so a handler that switches the FPU on comes back to its beginning.
        """
        if self._peripherals.has_float or self._pending is not None:
            return
        offset = first_float(self._memory.read(address, size_bytes))
        if offset is not None:
            self._pending = self._fault(FaultKind.NO_COPROCESSOR, address + offset)
            self._return_to = address
            self._uc.emu_stop()

    def settle(self) -> int | None:
        """Return where execution goes on after a trap; None when there was none."""
        if self._pending is not None:
            fault, self._pending = self._pending, None
            if self._interrupted is not None:
                self._uc.context_restore(self._interrupted)
                self._interrupted = None
            return_to, self._return_to = self._return_to, None
            return self._deliver(fault, return_to=return_to)
        pc, self._redirect_to = self._redirect_to, None
        return pc

    def take_stop(self) -> Stop | None:
        """Return what ends the run, once."""
        stop, self._stop = self._stop, None
        return stop

    def complete(self, stop: Stop) -> Stop:
        """Add to a stop the fault that firmware was handling."""
        if stop.reason not in _UNFINISHED or not self._handling:
            return stop
        return dataclasses.replace(stop, fault=self._handling[-1][1])

    def hang(self, *, is_asleep: bool = False) -> Stop | None:
        """Return a stop when the handler of a fault does nothing any more: it sleeps, or loops."""
        active = self._peripherals.exceptions.active
        if not self._handling or self._handling[-1][0] != len(active):
            return None
        if not is_asleep and not self._is_endless():
            return None
        return Stop(StopReason.FAULT, fault=self._handling[-1][1])

    @property
    def loops_forever(self) -> bool:
        """Whether the core branches to itself, and nothing can interrupt it."""
        return self._is_endless() and not self._interrupts.can_still_interrupt()

    def _is_endless(self) -> bool:
        """Whether the current block is a branch to itself, perhaps behind no-operations."""
        current = self._counters.current_block()
        if current is None:
            return False
        _, start, size, _ = current
        code = self._memory.read(start, size)
        words = [int.from_bytes(code[i : i + 2], "little") for i in range(0, size, 2)]
        return words[-1] == _BRANCH_TO_ITSELF - len(words) + 1 and all(word == _NOP for word in words[:-1])

    def save(self) -> TrapState:
        """Return the faults whose handlers run, with the depths of their handlers."""
        return tuple(self._handling)

    def restore(self, state: TrapState) -> None:
        """Go back to what :meth:`save` returned."""
        self._handling = list(state)

    # -- hooks ---------------------------------------------------------------------------------------------

    def _on_invalid_memory(
        self, _uc: unicorn.Uc, access: int, address: int, size: int, value: int, _data: object
    ) -> bool:
        if access == unicorn.UC_MEM_WRITE_PROT and self._pass_write(address, size, value):
            return False
        if access == unicorn.UC_MEM_FETCH_PROT and self._protection.allow_code(address):
            return True
        kind = classify_memory_error(access)
        is_forbidden = self._memory.contains(address) and access in _PROTECTED
        if kind in _FETCHES:
            kind, pc = FaultKind.FETCH_FORBIDDEN if is_forbidden else classify_fetch(address), address
        else:
            is_write = kind in _WRITES
            pc = self.access_pc(address, is_write=is_write)
            rights = self._protection.rights(address)
            if is_forbidden and not (rights.write if is_write else rights.read):
                kind = FaultKind.DATA_FORBIDDEN
        self._pending = self._fault(kind, pc, address, size)
        return False

    def _on_exception(self, uc: unicorn.Uc, number: int, _data: object) -> None:
        kind = classify_exception(number)
        pc = int(uc.reg_read(arm_const.UC_ARM_REG_PC))
        try:
            if kind is FaultKind.EXCEPTION_RETURN and self._peripherals.exceptions.active:
                self._redirect_to = self._interrupts.leave(pc | 1)
                depth = len(self._peripherals.exceptions.active)
                self._handling = [entry for entry in self._handling if entry[0] <= depth]
            elif kind is FaultKind.SUPERVISOR_CALL:
                pc &= ~1
                if self._interrupts.handler(SV_CALL) is not None:
                    self._redirect_to = self._interrupts.supervisor_call(pc)
                pc -= 0 if self._redirect_to is not None else 2
            elif kind is FaultKind.BREAKPOINT and self._memory.read(pc & ~1, 2) == SEMIHOSTING_BREAKPOINT:
                self._stop = self._semihosting.call(uc)
                self._redirect_to = (pc & ~1) + _BREAKPOINT_BYTES
                self._counters.redirect()
        except ExceptionFaultError as error:
            self._redirect_to = self._deliver_nested(error)
        if self._redirect_to is None:
            kind = classify_fetch(pc) if kind in _JUMPS else kind
            self._pending = self._fault(kind, pc & ~1)
        uc.emu_stop()

    def _trap_unaligned(self, is_on: bool) -> None:
        if is_on != self._traps_unaligned:
            self._traps_unaligned = is_on
            self._watch_accesses()
            self._counters.trap_unaligned(self._on_unaligned_access if is_on else None)

    def _on_forbidden_access(self, address: int, size: int, is_write: bool) -> None:
        self._refuse_access(FaultKind.DATA_FORBIDDEN, address, size, is_write)

    def _on_unaligned_access(self, address: int, size: int, is_write: bool) -> None:
        self._refuse_access(FaultKind.UNALIGNED, address, size, is_write)

    def _refuse_access(self, kind: FaultKind, address: int, size: int, is_write: bool) -> None:
        """Note a fault of an access that is about to happen; the registers go back to here afterwards."""
        if self._pending is None:
            pc = self.access_pc(address, is_write=is_write)
            self._pending = self._fault(kind, pc, address, size)
            self._interrupted = self._uc.context_save()
            self._uc.emu_stop()

    def _on_zero_divisor(self, pc: int) -> None:
        self._pending = self._fault(FaultKind.DIVIDE_BY_ZERO, pc)
        self._uc.emu_stop()

    # -- delivery ------------------------------------------------------------------------------------------

    def _deliver_nested(self, error: ExceptionFaultError) -> int:
        depth = len(self._peripherals.exceptions.active)
        self._handling = [entry for entry in self._handling if entry[0] <= depth]
        return self._deliver(self._fault(error.kind, error.pc, error.address), error.link)

    def _deliver(self, fault: Fault, link: int | None = None, return_to: int | None = None) -> int:
        """Enter the handler of a fault, or end the run; return where execution goes on."""
        own = FAULTS[fault.kind.exception]
        number = own if self._interrupts.can_preempt(own) else HARD_FAULT
        cause = self._handling[-1][1] if self._handling else None
        fault = dataclasses.replace(fault, is_escalated=number == HARD_FAULT, cause=cause)
        self._peripherals.control.record(fault)
        if not self._interrupts.can_preempt(number):
            return self._end(fault, FaultOutcome.LOCK_UP)
        if self._interrupts.handler(number) is None:
            return self._end(fault, FaultOutcome.NO_HANDLER)
        try:
            return_to = fault.pc if return_to is None else return_to
            entry = self._interrupts.enter(number, return_to, link)
        except ExceptionFaultError as error:
            nested = self._fault(error.kind, error.pc, error.address)
            self._peripherals.control.record(nested)
            # The stack is lost, and the handler is entered nevertheless: it fails at its first push.
            entry = self._interrupts.enter(number, fault.pc, error.link)
        handled = dataclasses.replace(fault, outcome=FaultOutcome.IN_HANDLER)
        self._handling.append((len(self._peripherals.exceptions.active), handled))
        return entry

    def _end(self, fault: Fault, outcome: FaultOutcome) -> int:
        self._stop = Stop(StopReason.FAULT, fault=dataclasses.replace(fault, outcome=outcome))
        return fault.pc

    def access_pc(self, address: int, *, is_write: bool) -> int:
        """Return the address of the instruction that accesses `address` right now."""
        current = self._counters.current_block()
        if current is None:
            return int(self._uc.reg_read(arm_const.UC_ARM_REG_PC)) & ~1
        instruction = self._accessing(address, is_write=is_write)
        return current[1] if instruction is None else instruction.address

    def _accessing(self, address: int, *, is_write: bool) -> Instruction | None:
        """Return the instruction that accesses `address` right now, where blocks are seen."""
        current = self._counters.current_block()
        if current is None:
            return None
        _, start, size, _ = current
        instructions = decode_block(self._memory.read(start, size), start, self._core)
        index = locate_access(instructions, self._register, address, is_write=is_write)
        return None if index is None else instructions[index]

    def _pass_write(self, address: int, size: int, value: int) -> bool:
        """Go on behind a store to memory that ignores it, or that a controller programs; whether it did."""
        store = self._accessing(address, is_write=True)
        if store is None or store.kind is not InstructionClass.STORE:
            return False
        if not self._memory.ignores_writes(address) and not self._program(address, size, value):
            return False
        self._redirect_to = store.address + store.size_bytes
        self._counters.redirect()
        return True

    def _program(self, address: int, size: int, value: int) -> bool:
        """Store to flash whose controller lets the core program it; whether it does."""
        is_allowed = self._protection.rights(address).write
        value &= (1 << 8 * size) - 1
        return is_allowed and self._devices is not None and self._devices.store_to_flash(address, size, value)

    def polling_place(self, address: int) -> PollingPlace:
        """Return the loop that reads from `address` right now."""
        from sim.machine.embedded.polling import awaited_bits  # the disassembler takes a while to load

        pc = self.access_pc(address, is_write=False)
        code = self._memory.read(pc, _LOOP_BYTES) if self._memory.contains(pc + _LOOP_BYTES) else b""
        return PollingPlace(pc, awaited_bits(code, pc, self._register))

    def _fault(self, kind: FaultKind, pc: int, address: int | None = None, size: int | None = None) -> Fault:
        read = self._uc.reg_read
        return Fault(
            kind=kind,
            pc=pc,
            lr=int(read(arm_const.UC_ARM_REG_LR)),
            sp=int(read(arm_const.UC_ARM_REG_SP)),
            address=address,
            access_bytes=size,
            has_status=self._core not in ARMV6M_CORES,
        )
