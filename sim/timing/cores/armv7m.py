"""The three-stage, single-issue pipeline that Cortex-M3 and Cortex-M4 share.

Sources: [TRM-M3] and [TRM-M4] sections 3.3.1 and 3.3.2; [JNK-M34] measurements on STM32F103 and STM32F407;
[GCC-M4] scheduling description. The tags are expanded in ``docs/timing.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.timing.cores.prefetch_buffer import PrefetchBuffer
from sim.timing.instruction import (
    FP_ARITHMETIC,
    LR,
    MEMORY,
    NO_REGISTERS,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.pipeline import Schedule, UnalignedCost

# P, by the stage that issues the target address: [TRM-M3] table 15-3 tells the decode from the execute stage.
_DECODE_REFILL_CYCLES = 1  # B, BL, and BX LR, where LR is not being written
_EXECUTE_REFILL_CYCLES = 2  # CBZ, other registers
_LOADED_REFILL_CYCLES = 3  # [TRM-M4] 3.3.2: LDR PC and TBB reload the pipeline in three cycles
_UNALIGNED_WIDE_TARGET_CYCLES = 1  # [I0NL]

# Both manuals give 2 to 12 cycles with early termination. Taken as proportional to the bits of the quotient:
# max(0, n - m + 1) for operands of n and m bits, 5.84 on average for n, m uniform in 1..32, so that
# 2 + 10 * 5.84 / 32 = 3.8. Estimate.
DIVIDE_CYCLES = 4

# [TRM-M4] 3.3.2: split into aligned transfers, two in general and three for a word at an odd address
SPLIT_TRANSFERS = UnalignedCost(load=1, odd_word_load=2, store=1, odd_word_store=2)

_FP_WITHOUT_LATENCY = frozenset({"vabs", "vneg", "vcmp", "vcmpe"})  # [GCC-M4]: no stall behind these

_SYSTEM_CYCLES = {
    "mrs": 2,  # [TRM-M4] 1 or 2
    "msr": 2,
    "isb": 1 + _LOADED_REFILL_CYCLES,  # [TRM-M4] 1 + B; B is taken as a full refill, estimate
    "dsb": 2,  # [TRM-M4] 1 + B; B is taken as draining the write buffer, estimate
    "dmb": 2,
}


@dataclass(frozen=True, slots=True)
class ArmV7MVariant:
    """What differs between Cortex-M3 and Cortex-M4."""

    multiply_cycles: Mapping[str, int]
    """Cycles of the multiplications that take more than one."""
    chains_indexed_loads: bool
    """Whether loads and stores with write-back pipeline behind a load, also on the base it has just moved.

    For the same base, [JNK-M34] saw no overlap on an STM32F407; the published latencies of four MLPerf Tiny
    v1.2 images on an STM32L4R5 agree within 3 % with the overlap, and are up to 8 % below timings without it.
    """


@dataclass(slots=True)
class ArmV7MSchedule(Schedule):
    """In-order issue, one instruction at a time."""

    variant: ArmV7MVariant
    _cycle: int = 0
    _fpu_free: int = 0
    _previous: Instruction | None = None
    _writes_before: frozenset[int] = NO_REGISTERS
    """Registers that the instruction before the previous one writes."""
    _address_ready: dict[int, int] = field(default_factory=dict)
    _fp_ready: dict[int, int] = field(default_factory=dict)
    _prefetch: PrefetchBuffer = field(default_factory=PrefetchBuffer)

    def issue(self, instruction: Instruction) -> int:
        """Add the next instruction; return its first cycle."""
        start = self._prefetch.ready(instruction, self._start(instruction))
        self._prefetch.take(instruction, start)
        cycles = self._occupancy(instruction)
        self._cycle = start + cycles
        self._record_results(instruction, start, cycles)
        self._writes_before = self._previous.writes if self._previous is not None else NO_REGISTERS
        self._previous = instruction
        return start

    def end(self) -> int:
        """Return the first cycle with nothing in flight."""
        return max(self._cycle, self._fpu_free)

    def take_branch(self, branch: Instruction, unaligned_wide_target: bool) -> None:
        """Reload the pipeline."""
        self._prefetch.flush()
        self._cycle += _refill_cycles(branch, self._writes_before)
        if unaligned_wide_target:
            self._cycle += _UNALIGNED_WIDE_TARGET_CYCLES
        self._previous = None

    def _start(self, instruction: Instruction) -> int:
        start = self._cycle
        if self._chains(instruction):
            start -= 1  # [TRM-M4] 3.3.2: the address phase overlaps the data phase of the load before
        elif self._follows_store(instruction):
            start += 1  # [JNK-M34]: a load does not pipeline behind a store
        # [JNK-M34], [GCC-M4]: base and offset are needed a cycle earlier than other operands
        for register in instruction.address_reads:
            start = max(start, self._address_ready.get(register, 0))
        return max(start, self._fpu_ready(instruction)) if instruction.uses_fpu else start

    def _fpu_ready(self, instruction: Instruction) -> int:
        """Return the first cycle in which the FPU and its registers allow an instruction."""
        start = self._fpu_free
        for register in instruction.reads:
            ready = self._fp_ready.get(register, 0)
            # [TRM-M4] table 7-1: a multiply-accumulate reads its addend one cycle later
            start = max(start, ready - 1 if register in instruction.accumulator else ready)
        return start

    def _chains(self, instruction: Instruction) -> bool:
        """Whether a load or store pipelines behind the load before it ([TRM-M4] 3.3.2, [JNK-M34])."""
        previous = self._previous
        if previous is None or not _pipelines_as_load(previous):
            return False
        if not (_pipelines_as_load(instruction) or _is_single_store(instruction)):
            return False
        if instruction.writeback and not self.variant.chains_indexed_loads:
            return False
        if instruction.bus and previous.bus and instruction.bus != previous.bus:
            return False  # [JNK-M34]
        loaded = previous.writes
        if self.variant.chains_indexed_loads and previous.writeback and previous.base is not None:
            loaded -= {previous.base}
        return not instruction.address_reads & loaded

    def _follows_store(self, instruction: Instruction) -> bool:
        previous = self._previous
        if previous is None or not _is_single_store(previous) or previous.has_register_offset:
            return False
        return instruction.load_count > 0

    def _occupancy(self, instruction: Instruction) -> int:
        """Cycles until the next independent instruction starts ([TRM-M4] tables 3-1 and 7-1)."""
        kind = instruction.kind
        if kind in MEMORY:
            return _memory_cycles(instruction)
        if kind is InstructionClass.DIV:
            return DIVIDE_CYCLES
        if kind in (InstructionClass.MUL, InstructionClass.MAC):
            return self.variant.multiply_cycles.get(instruction.mnemonic, 1)
        if kind is InstructionClass.FP_MAC:
            return 3
        if instruction.branch is BranchKind.TABLE:
            return 3  # [TRM-M4] 3.3.2: two for the load, one for the addition
        if kind is InstructionClass.FP_MOVE:
            return 2 if instruction.moves_core_pair else 1
        if instruction.mnemonic == "it":
            return 0 if self._folds_it() else 1
        return _SYSTEM_CYCLES.get(instruction.mnemonic, 1)

    def _folds_it(self) -> bool:
        """[TRM-M4] 3.3.1: IT is folded onto a preceding 16-bit instruction."""
        return self._previous is not None and not self._previous.is_wide

    def _record_results(self, instruction: Instruction, start: int, cycles: int) -> None:
        if instruction.kind in FP_ARITHMETIC and instruction.mnemonic not in _FP_WITHOUT_LATENCY:
            latency = 14 if instruction.kind is InstructionClass.FP_DIV else cycles  # [TRM-M4] table 7-1
            if instruction.kind is InstructionClass.FP_DIV:
                self._fpu_free = start + latency  # integer instructions go on behind VDIV and VSQRT
            for register in instruction.writes:
                self._fp_ready[register] = start + latency + 1  # one stall when consumed at once
            return
        for register in instruction.writes:
            self._fp_ready.pop(register, None)
            if register == instruction.base and instruction.writeback and self.variant.chains_indexed_loads:
                continue  # the address phase itself makes the new base
            interlock = 0 if instruction.load_count else 1
            self._address_ready[register] = start + cycles + interlock


def _refill_cycles(branch: Instruction, just_written: frozenset[int]) -> int:
    if branch.branch in (BranchKind.LOADED, BranchKind.TABLE):
        return _LOADED_REFILL_CYCLES
    if branch.branch is BranchKind.INDIRECT:
        in_decode = branch.mnemonic != "add" and LR in branch.reads and LR not in just_written
    else:
        in_decode = branch.mnemonic not in ("cbz", "cbnz")
    return _DECODE_REFILL_CYCLES if in_decode else _EXECUTE_REFILL_CYCLES


def _pipelines_as_load(instruction: Instruction) -> bool:
    """Single loads, and the exclusive ones of both directions ([TRM-M4] 3.3.2); VLDR.32 as in [GCC-M4]."""
    if instruction.branch is not BranchKind.NONE:
        return False
    single_load = instruction.kind is InstructionClass.LOAD and instruction.load_count == 1
    return single_load or instruction.mnemonic.startswith("strex")


def _is_single_store(instruction: Instruction) -> bool:
    return instruction.kind is InstructionClass.STORE and instruction.store_count == 1


def _memory_cycles(instruction: Instruction) -> int:
    transfers = instruction.load_count + instruction.store_count
    if not _is_single_store(instruction):
        return 1 + transfers  # LDR 2; LDRD, LDM and VLDR.64 1 + N
    if instruction.has_register_offset or instruction.mnemonic.startswith("strex"):
        return 2  # [TRM-M4] 3.3.2, [JNK-M34]
    return 1  # [TRM-M4] 3.3.2: STR Rx,[Ry,#imm] is always one cycle; VSTR.32 as in [GCC-M4]
