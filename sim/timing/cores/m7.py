"""Cortex-M7: in-order, two instructions per cycle.

A value is described by the time at which it can be forwarded, a consumer by the stage in which it needs it.
An instruction that issues in cycle ``t`` is in its first execution stage (address generation, shifter,
early ALU) at ``t``, in the late ALU at ``t + 1``, adds an accumulator at ``t + 2`` and delivers store data at
``t + 3``.

Sources: [JNK-M7] measurements on STM32H743; [LLVM-M7] and [SLOTHY-M7] where it is silent. The tags are
expanded in ``docs/timing.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.timing.cores.m7_fpu import FpuSchedule
from sim.timing.cores.m7_pairing import can_pair, issues_alone, uses_shifter
from sim.timing.instruction import (
    FIRST_S_REGISTER,
    FLAGS,
    MULTIPLIES,
    NO_REGISTERS,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.pipeline import CoreModel, Schedule, UnalignedCost

_EARLY, _LATE, _ACCUMULATE, _STORE_DATA = 0, 1, 2, 3

_DIVIDE_CYCLES = 7  # [LLVM-M7]; depends on the operands
_TABLE_BRANCH_CYCLES = 2  # [LLVM-M7]
_ISB_CYCLES = 8  # as a mispredicted branch, estimate
_MISPREDICT_CYCLES = 8  # [JNK-M7]
_MISPREDICT_EARLY_FLAGS_CYCLES = 6  # [JNK-M7]: the flags were set at least three cycles before the branch
_EARLY_FLAGS_CYCLES = 3

# These need their operands in the first stage: [JNK-M7], the saturating ones [LLVM-M7]
_EARLY_OPERANDS = frozenset(
    {"sbfx", "ubfx", "rbit", "rev", "rev16", "revsh", "pkhtb"}
    | {"ssat", "usat", "ssat16", "usat16", "qdadd", "qdsub"}
)
# [JNK-M7], [LLVM-M7]: unlike the extensions that add, these take their operand late, rotated or not
_LATE_EXTENSIONS = frozenset({"sxtb", "sxth", "sxtb16", "uxtb", "uxth", "uxtb16"})
_SATURATING_PREFIXES = ("q", "uq", "ssat", "usat", "usad")
# [JNK-M7]: from the older slot, these deliver early when their operands are there
_EARLY_RESULT = frozenset({"add", "addw", "sub", "subw", "mov", "movw"})


@dataclass(slots=True)
class M7Schedule(Schedule):
    """Greedy in-order pairing of neighbours."""

    _start: int = 0
    """Issue cycle of the newest group of one or two instructions."""
    _after: int = 0
    """First cycle in which the next group can issue."""
    _older: Instruction | None = None
    """The instruction of the newest group, while it lacks a partner."""
    _forward: dict[int, int] = field(default_factory=dict)
    """Time from which the value of each core register can be forwarded."""
    _word_loaded: dict[int, int] = field(default_factory=dict)
    """First issue cycle of a multiplication or shifted operation on a loaded word."""
    _written: dict[int, int] = field(default_factory=dict)
    """Issue cycle of the last write to each core register."""
    _fpu: FpuSchedule = field(default_factory=FpuSchedule)

    def issue(self, instruction: Instruction) -> int:
        """Place the next instruction into the younger slot of the newest group, or start a group."""
        ready = self._operands_ready(instruction)
        older = self._older
        pairs = (
            older is not None
            and ready <= self._start
            and can_pair(older, instruction)
            and self._fpu.earliest(instruction, self._start, younger=True) == self._start
        )
        cycles = _occupancy(instruction)
        if pairs:
            self._after = max(self._after, self._start + cycles)
            self._older = None
        else:
            # What the FPU refuses in the younger slot waits there, and does not become the older one.
            in_younger_slot = older is not None
            self._start = self._fpu.earliest(instruction, max(self._after, ready), younger=in_younger_slot)
            self._after = self._start + cycles
            self._older = None if issues_alone(instruction) else instruction
        self._record(instruction, older if pairs else None)
        return self._start

    def end(self) -> int:
        """Return the cycle behind the newest group."""
        return self._after

    def take_branch(self, _branch: Instruction, _unaligned_wide_target: bool) -> None:
        """Redirect without a bubble: a predicted branch only ends its group."""
        self._older = None

    def mispredict_cycles(self, branch: Instruction) -> int:
        """Return the penalty of the branch issued last ([JNK-M7])."""
        if branch.branch in (BranchKind.UNCONDITIONAL, BranchKind.CALL):
            return 0
        written = max(
            (self._written.get(register, -_EARLY_FLAGS_CYCLES) for register in branch.reads), default=0
        )
        early = branch.branch is BranchKind.CONDITIONAL and self._start - written >= _EARLY_FLAGS_CYCLES
        return _MISPREDICT_EARLY_FLAGS_CYCLES if early else _MISPREDICT_CYCLES

    def _operands_ready(self, instruction: Instruction) -> int:
        """Return the first issue cycle that the core registers allow."""
        ready = 0
        for register in instruction.reads:
            if register >= FIRST_S_REGISTER:
                continue
            stage = _stage(instruction, register)
            ready = max(ready, self._forward.get(register, 0) - stage)
            if stage < _ACCUMULATE and _rejects_fresh_words(instruction):
                ready = max(ready, self._word_loaded.get(register, 0))
        return ready

    def _record(self, instruction: Instruction, older: Instruction | None) -> None:
        self._fpu.record(instruction, self._start)
        result = self._start + self._latency(instruction, older)
        for register in instruction.writes:
            if register >= FIRST_S_REGISTER:
                continue
            self._written[register] = self._start
            if instruction.writeback and register == instruction.base:
                self._forward[register] = self._start + 1  # [JNK-M7]: the AGU delivers as the early ALU does
            elif register == FLAGS:
                self._forward[register] = max(result, self._start + 2)  # [JNK-M7]: flags are made late
            else:
                self._forward[register] = result
                if instruction.load_count:
                    self._word_loaded[register] = self._start + 2

    def _latency(self, instruction: Instruction, older: Instruction | None) -> int:
        """Return the time from issue until the result can be forwarded."""
        kind = instruction.kind
        if kind is InstructionClass.LOAD:
            return 2 if instruction.access_bytes == 4 else 3  # [JNK-M7]: bytes and halfwords one cycle later
        if kind is InstructionClass.LOAD_MULTIPLE:
            # [SLOTHY-M7]: LDRD three cycles; the last registers of LDM as a word load in its last cycle
            return 3 if instruction.mnemonic == "ldrd" else _occupancy(instruction) + 1
        if kind in MULTIPLIES:
            return 3  # [JNK-M7]: one cycle more than the late ALU
        if kind is InstructionClass.DSP and instruction.mnemonic.startswith(_SATURATING_PREFIXES):
            return 3  # [LLVM-M7]
        if kind is InstructionClass.DIV:
            return _DIVIDE_CYCLES + 1
        return 1 if self._executes_early(instruction, older) else 2

    def _executes_early(self, instruction: Instruction, older: Instruction | None) -> bool:
        if instruction.kind is InstructionClass.SHIFT:
            available = older is None or not (older.has_inline_shift or uses_shifter(older))
        else:
            available = (
                instruction.mnemonic in _EARLY_RESULT and older is None and not instruction.has_inline_shift
            )
        return available and all(
            self._forward.get(register, 0) <= self._start for register in instruction.reads
        )


def _stage(instruction: Instruction, register: int) -> int:
    """Return the stage in which an instruction needs a core register."""
    if register in instruction.address_reads:
        return _EARLY
    if instruction.branch is not BranchKind.NONE:
        return _STORE_DATA  # predicted: nothing waits for the condition or the target
    if register in _early_shifted(instruction) or instruction.mnemonic in _EARLY_OPERANDS:
        return _EARLY
    if register in instruction.accumulator:
        return _ACCUMULATE
    if instruction.store_count and register != FLAGS:
        return _STORE_DATA
    if instruction.kind is InstructionClass.FP_MOVE:
        return _ACCUMULATE  # [JNK-M7]: one cycle behind any ALU, the multiplier included
    return _LATE


def _rejects_fresh_words(instruction: Instruction) -> bool:
    """Whether a word loaded in the cycle before cannot be an operand ([JNK-M7])."""
    return (
        instruction.kind in MULTIPLIES
        or bool(_early_shifted(instruction))
        or instruction.mnemonic in _EARLY_OPERANDS
    )


def _early_shifted(instruction: Instruction) -> frozenset[int]:
    """Return the registers that pass through the early ALU's shifter; plain extensions rotate without it."""
    return NO_REGISTERS if instruction.mnemonic in _LATE_EXTENSIONS else instruction.shifted


def _occupancy(instruction: Instruction) -> int:
    """Return the cycles until the next group can issue."""
    transfers = instruction.load_count + instruction.store_count
    if transfers > 1:
        return (transfers + 1) // 2  # [JNK-M7]: two registers per cycle
    if instruction.kind is InstructionClass.DIV:
        return _DIVIDE_CYCLES
    if instruction.branch is BranchKind.TABLE:
        return _TABLE_BRANCH_CYCLES
    if instruction.mnemonic == "isb":
        return _ISB_CYCLES
    return FpuSchedule.occupancy(instruction)


# [JNK-M7]: three cycles per load from the older slot; stores wait in the store buffer
_UNALIGNED = UnalignedCost(load=3, odd_word_load=3, store=0, odd_word_store=0)

MODEL = CoreModel("cortex-m7f", M7Schedule, unaligned=_UNALIGNED)
