"""Why a run did not finish, as a firmware engineer would say it."""

from __future__ import annotations

from sim.firmware.mailbox import MailboxAnswer, RunnerError
from sim.inference.placement import Placement
from sim.inference.setup import Setup
from sim.inference.symbols import SymbolTable
from sim.machine.fault import Fault, FaultKind
from sim.machine.protocol import Stop
from sim.machine.protocol import StopReason as MachineStop
from sim.model import Model
from sim.platform import Platform
from sim.result import StopReason

_STACK_GUARD_BYTES = 4096

_REASONS = {
    MachineStop.MARKER: StopReason.FIRMWARE_ERROR,
    MachineStop.CYCLE_LIMIT: StopReason.CYCLE_LIMIT,
    MachineStop.WALL_LIMIT: StopReason.WALL_LIMIT,
    MachineStop.FAULT: StopReason.FAULT,
    # The runner waits for no interrupt: it sleeps when a check in the runtime has called abort().
    MachineStop.IDLE: StopReason.FIRMWARE_ERROR,
    MachineStop.EXIT: StopReason.FIRMWARE_ERROR,
    MachineStop.RESET: StopReason.RESET,
    MachineStop.WATCHDOG: StopReason.WATCHDOG,
}

_RUNNER_ERRORS = {
    RunnerError.BAD_MAILBOX: "the runner image expects another version of the mailbox",
    RunnerError.MODEL_SCHEMA: "the runtime does not know the model's schema version",
    RunnerError.UNSUPPORTED_OPERATOR: "the runtime does not have {operator}",
    RunnerError.ARENA_TOO_SMALL: "the tensor arena is too small",
    RunnerError.ALLOCATE: "the runtime refuses the model while it allocates tensors",
    RunnerError.INVOKE: "{operator} failed",
    RunnerError.TOO_MANY_TENSORS: "the model has more inputs or outputs than the runner can name",
}


def describe_stop(
    stop: Stop, answer: MailboxAnswer, operator_index: int | None, setup: Setup
) -> tuple[StopReason, str]:
    """Return the result's stop reason, and one sentence about it (empty when the reason says it all).

    Parameters
    ----------
    operator_index
        The operator during which it happened, if any.
    """
    model = setup.model
    where = "" if operator_index is None else f" in {model.operators[operator_index].label}"
    detail = ""
    if stop.fault is not None:
        detail = describe_fault(stop.fault, setup.placement, setup.platform)
    elif stop.reason is MachineStop.MARKER:
        detail = describe_runner_error(answer, model)
    elif stop.reason is MachineStop.IDLE:
        detail = f"a check inside the runtime failed{where or ' while it loaded the model'}, and it aborted"
    elif where:
        detail = f"the {_REASONS[stop.reason].replace('_', ' ')} was reached{where}"
    return _REASONS[stop.reason], detail


def describe_runner_error(answer: MailboxAnswer, model: Model) -> str:
    """Return what the runner itself says about its failure."""
    index = answer.failed_op_index
    known = index is not None and index < len(model.operators)
    operator = model.operators[index].label if index is not None and known else "an operator"
    sentence = _RUNNER_ERRORS.get(answer.error, "the runner gave up without a reason").format(
        operator=operator
    )
    log = " ".join(answer.log.split())
    return f"{sentence}: {log}" if log else sentence


def describe_fault(fault: Fault, placement: Placement, platform: Platform) -> str:
    """Return one sentence: which fault, where, and what most likely caused it."""
    symbols = SymbolTable(placement.image.symbols)
    code_end = placement.image.flash_end
    where = symbols.describe(fault.pc, code_end)
    registers = f"CFSR {fault.cfsr:#010x}, HFSR {fault.hfsr:#010x}"
    if fault.address is not None and fault.kind is not FaultKind.FETCH_UNMAPPED:
        registers += f", BFAR {fault.address:#010x}"
    sentence = f"{fault.kind.exception} ({fault.kind.flag}) at {where}: {_reason(fault, platform)}"
    if fault.kind in (FaultKind.FETCH_UNMAPPED, FaultKind.NO_THUMB_BIT):
        sentence += f", called from {symbols.describe(fault.lr & ~1, code_end)}"
    return f"{sentence} [{registers}]"


def _reason(fault: Fault, platform: Platform) -> str:
    stack_limit = platform.data_memory.base
    if fault.address is not None and stack_limit - _STACK_GUARD_BYTES <= fault.address < stack_limit:
        return f"stack overflow, sp is {fault.sp:#010x} and the stack ends at {stack_limit:#010x}"
    if fault.address is None:
        return fault.kind.reason
    return f"{fault.kind.reason} ({fault.address:#010x}, {fault.access_bytes} bytes)"
