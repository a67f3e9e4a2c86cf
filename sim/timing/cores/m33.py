"""Cortex-M33: in-order, one instruction per cycle, a few kinds of 16-bit neighbours together.

Sources: [JNK-M33] measurements on RP2350; Arm publishes no cycle table. The tags are expanded in
``docs/timing.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from sim.timing.buses import BusName
from sim.timing.cores.prefetch_buffer import PrefetchBuffer
from sim.timing.instruction import (
    FLAGS,
    MULTIPLIES,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.pipeline import CoreModel, Schedule

# [MEM] 2 to 11 cycles; the average as for Cortex-M3 and Cortex-M4: 2 + 9 * 5.84 / 32 = 3.6. Estimate.
_DIVIDE_CYCLES = 4
_FP_DIVIDE_CYCLES = 14  # as Cortex-M4, estimate
_FP_MAC_SHADOW_CYCLES = 2
# [JNK-M33]: POP {.., LR}; BX LR gains one or two cycles on POP {.., PC} when three instructions fill the gap.
_LOADED_REFILL_CYCLES = 3  # from that and for table branches as well, estimate
_SYSTEM_CYCLES = {"mrs": 2, "msr": 2, "isb": 4, "dsb": 2, "dmb": 2}  # as Cortex-M4, estimate

# Estimate: the fewest with which 32-bit code off the word boundaries runs without a gap; [JNK-M33] saw none.
_PREFETCHED_WORDS = 4

_EXTEND_AND_ADD = frozenset({"sxtab", "sxtah", "sxtab16", "uxtab", "uxtah", "uxtab16"})
_YOUNGER_SYSTEM = frozenset({"nop", "it"})


class _Result(IntEnum):
    """Kinds of results, by who can take them one cycle before their latency is over."""

    PLAIN = 0
    """Nobody."""
    TWO_STAGE = 1
    """Accumulators and stores."""
    LOADED = 2
    """Accumulators of multiplications and stores."""
    FP_MAC = 3
    """Addends of further FP multiply-accumulates."""


@dataclass(slots=True)
class M33Schedule(Schedule):
    """In-order issue with limited pairing."""

    _start: int = 0
    """Issue cycle of the newest instruction."""
    _after: int = 0
    """First cycle in which the next instruction can issue, unless it pairs with the newest."""
    _newest: Instruction | None = None
    _partner: Instruction | None = None
    """The instruction that the newest one is paired behind."""
    _ready: dict[int, tuple[int, _Result]] = field(default_factory=dict)
    """First cycle of an ordinary use of each register, and the kind of result in it."""
    _fpu_free: int = 0
    _prefetch: PrefetchBuffer = field(default_factory=lambda: PrefetchBuffer(_PREFETCHED_WORDS))

    def issue(self, instruction: Instruction) -> int:
        """Place the next instruction next to the newest one, or behind it."""
        ready = self._operands_ready(instruction)
        if self._can_pair(instruction) and self._prefetch.ready(instruction, ready) <= self._start:
            self._partner = self._newest
        else:
            self._partner = None
            self._start = self._prefetch.ready(instruction, max(self._after, ready))
            self._after = self._start + _occupancy(instruction)
            self._record(instruction)
        self._prefetch.take(instruction, self._start)
        if instruction.bus is BusName.CODE:  # C-AHB is for both, data first
            self._prefetch.give_way(self._start, instruction.load_count)
        self._newest = instruction
        return self._start

    def end(self) -> int:
        """Return the cycle behind everything that issued."""
        return max(self._after, self._fpu_free)

    def take_branch(self, branch: Instruction, _unaligned_wide_target: bool) -> None:
        """Refill the pipeline ([JNK-M33])."""
        self._newest = None
        self._prefetch.flush()
        if branch.branch in (BranchKind.LOADED, BranchKind.TABLE):
            self._after += _LOADED_REFILL_CYCLES
        elif self._partner is not None and self._partner.sets_flags:
            self._after += 2  # two cycles, none of them shared with the partner
        else:
            self._after += 1  # two cycles, the first one shared or counted already

    def _can_pair(self, instruction: Instruction) -> bool:
        """Whether an instruction may be the younger of two 16-bit encodings: one that writes no register."""
        older = self._newest
        if older is None or self._partner is not None or older.is_wide or instruction.is_wide:
            return False
        is_branch = instruction.kind is InstructionClass.BRANCH and instruction.branch is not BranchKind.CALL
        return is_branch or instruction.mnemonic in _YOUNGER_SYSTEM

    def _operands_ready(self, instruction: Instruction) -> int:
        ready = 0
        for register in instruction.reads & self._ready.keys():
            cycle, result = self._ready[register]
            early = _takes_early(instruction, register, result)
            ready = max(ready, cycle - 1 if early else cycle)
        if instruction.uses_fpu:
            ready = max(ready, self._fpu_free)
        return ready

    def _record(self, instruction: Instruction) -> None:
        latency, result = _latency(instruction)
        for register in instruction.writes:
            if register == instruction.base and instruction.writeback:
                self._ready[register] = (self._start + 1, _Result.PLAIN)
            else:
                self._ready[register] = (self._start + latency, result)
        if instruction.kind is InstructionClass.LOAD_MULTIPLE:
            self._record_list(instruction, latency)
        if FLAGS in instruction.writes:
            late = instruction.has_inline_shift or instruction.kind in MULTIPLIES
            self._ready[FLAGS] = (self._start + (2 if late else 1), _Result.PLAIN)
        if instruction.kind is InstructionClass.FP_MAC:
            self._fpu_free = self._start + 1 + _FP_MAC_SHADOW_CYCLES
        elif instruction.kind is InstructionClass.FP_DIV:
            self._fpu_free = self._start + _FP_DIVIDE_CYCLES

    def _record_list(self, instruction: Instruction, latency: int) -> None:
        """Registers of a list arrive one per cycle, in ascending order; the last one after the latency."""
        written_back = {instruction.base} if instruction.writeback else set()
        loaded = sorted(instruction.writes - written_back, reverse=True)
        for distance, register in enumerate(loaded):
            self._ready[register] = (self._start + latency - distance, _Result.LOADED)


def _takes_early(instruction: Instruction, register: int, result: _Result) -> bool:
    """Whether an instruction takes an operand one cycle before its latency is over."""
    if register == FLAGS:
        return instruction.branch is not BranchKind.NONE  # a branch pairs with what sets its flags
    is_store_data = instruction.store_count > 0 and register not in instruction.address_reads
    if result is _Result.FP_MAC:
        return register in instruction.accumulator
    if result is _Result.LOADED:
        return is_store_data or (instruction.kind in MULTIPLIES and register in instruction.accumulator)
    if result is _Result.TWO_STAGE:
        adds = instruction.mnemonic in _EXTEND_AND_ADD and register not in instruction.shifted
        return is_store_data or adds or register in instruction.accumulator
    return False


def _occupancy(instruction: Instruction) -> int:
    """Return the cycles until the next instruction that cannot pair issues."""
    transfers = instruction.load_count + instruction.store_count
    if transfers > 0:
        return transfers  # LDM, STM, LDRD and STRD: one cycle per register
    if instruction.kind is InstructionClass.DIV:
        return _DIVIDE_CYCLES
    if instruction.sets_flags and instruction.writes != {FLAGS}:
        # Arm KA001260 in [JNK-M33]: two-stage operations that set flags
        is_shifted_constant = instruction.has_inline_shift and not instruction.shifted
        if instruction.kind in MULTIPLIES or is_shifted_constant:
            return 2
    if instruction.moves_core_pair and any(register < FLAGS for register in instruction.writes):
        return 2
    return _SYSTEM_CYCLES.get(instruction.mnemonic, 1)


def _latency(instruction: Instruction) -> tuple[int, _Result]:
    """Return the cycles from issue to an ordinary use of the result, and what kind of result it is."""
    kind = instruction.kind
    if instruction.mnemonic == "vldr" and instruction.load_count == 1:
        return 1, _Result.PLAIN
    if instruction.load_count:
        return _occupancy(instruction) + 1, _Result.LOADED
    if kind in MULTIPLIES or instruction.has_inline_shift or instruction.mnemonic in _EXTEND_AND_ADD:
        return 2, _Result.TWO_STAGE
    if kind is InstructionClass.FP_MAC:
        return 4, _Result.FP_MAC
    if kind is InstructionClass.FP_DIV:
        return _FP_DIVIDE_CYCLES + 1, _Result.PLAIN
    if kind in (InstructionClass.DSP, InstructionClass.FP_ALU, InstructionClass.FP_MUL):
        return 2, _Result.PLAIN
    if kind is InstructionClass.FP_MOVE:
        return _fp_move_latency(instruction), _Result.PLAIN
    return _occupancy(instruction), _Result.PLAIN


def _fp_move_latency(instruction: Instruction) -> int:
    if instruction.moves_core_pair:
        return 2
    to_core = any(register <= FLAGS for register in instruction.writes)
    return 2 if to_core else 1


MODEL = CoreModel("cortex-m33f", M33Schedule, has_split_buses=True)
