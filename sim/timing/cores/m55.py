"""Cortex-M55: in-order, few pairs of 16-bit neighbours, vector instructions that overlap in four pipelines.

A vector instruction works on half a vector in a cycle and keeps its pipeline for two; the next one starts a
cycle later if it goes to another pipeline, since its first half needs only the first half of a result.

Sources: [LLVM-M55] and [SLOTHY-M55] scheduling descriptions. The tags are expanded in ``docs/timing.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.timing.cores.m55_vector import (
    Pipe,
    is_vector,
    vector_latency,
    vector_pipe,
    vector_pipe_cycles,
)
from sim.timing.instruction import (
    FIRST_S_REGISTER,
    FLAGS,
    MULTIPLIES,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.pipeline import CoreModel, Schedule

_DIVIDE_CYCLES = 4  # as Cortex-M33, estimate
_SYSTEM_CYCLES = {"mrs": 2, "msr": 2, "isb": 4, "dsb": 2, "dmb": 2}  # as Cortex-M33, estimate
_TAKEN_CYCLES = 2  # one more than a Cortex-M33, for one more stage; estimate
_LATE_TARGET_CYCLES = 3  # [LLVM-M55] misprediction penalty: targets from memory and, estimate, from registers
# The first time round, the end of a low-overhead loop is an ordinary branch; then it is free ([DDI0553]). The
# branch is charged where the loop starts, which happens as often.
_LOOP_START_CYCLES = _TAKEN_CYCLES
_GATHER_ADDRESS_CYCLES = 4  # [LLVM-M55]: vectors of offsets or addresses are needed so much earlier

# [LLVM-M55]: one of two 16-bit encodings that share a cycle must be one of these.
_PAIRING = frozenset({"nop", "it", "mov", "uxtb", "uxth", "sxtb", "sxth"})
_LOOP_ENDS = frozenset({"le", "letp"})
_LOOP_STARTS = frozenset({"wls", "dls", "wlstp", "dlstp"})

# [LLVM-M55], single and double precision. Half precision is not told apart.
_FP_LATENCIES = {
    InstructionClass.FP_ALU: (2, 15),
    InstructionClass.FP_MUL: (2, 21),
    InstructionClass.FP_MAC: (4, 36),
    InstructionClass.FP_DIV: (16, 30),
}
_FUSED_LATENCIES = (2, 24)
_FUSED = frozenset({"vfma", "vfms", "vfnma", "vfnms"})
_DOUBLE_IS_FAST = frozenset({"vabs", "vneg", "vcmp", "vcmpe", "vsel", "vcvt", "vmaxnm", "vminnm"})


@dataclass(slots=True)
class M55Schedule(Schedule):
    """In-order issue with limited pairing, and vector pipelines that are busy for more than a cycle."""

    _start: int = 0
    """Issue cycle of the newest instruction."""
    _after: int = 0
    """First cycle in which the next instruction can issue, unless it pairs with the newest."""
    _newest: Instruction | None = None
    _is_paired: bool = False
    """The newest instruction shares its cycle with the one before."""
    _ready: dict[int, int] = field(default_factory=dict)
    """First cycle in which each register can be used."""
    _early_stores: set[int] = field(default_factory=set)
    """Registers that a store takes a cycle before."""
    _pipe_free: dict[Pipe, int] = field(default_factory=dict)

    def issue(self, instruction: Instruction) -> int:
        """Place the next instruction next to the newest one, or behind it."""
        if self._can_pair(instruction):
            self._is_paired = True
        else:
            self._is_paired = False
            pipe = _pipe(instruction)
            self._start = max(self._after, self._operands_ready(instruction), self._pipe_free.get(pipe, 0))
            self._after = self._start + _occupancy(instruction)
            self._pipe_free[pipe] = self._start + _pipe_cycles(instruction)
        self._record(instruction)
        self._newest = instruction
        return self._start

    def end(self) -> int:
        """Return the cycle behind everything that issued."""
        return self._after

    def take_branch(self, branch: Instruction, _unaligned_wide_target: bool) -> None:
        """Refill the pipeline, unless a loop goes on."""
        self._newest = None
        if branch.mnemonic in _LOOP_ENDS:
            return
        is_late = branch.branch in (BranchKind.LOADED, BranchKind.TABLE, BranchKind.INDIRECT)
        self._after += _LATE_TARGET_CYCLES if is_late else _TAKEN_CYCLES

    def _can_pair(self, instruction: Instruction) -> bool:
        """Whether an instruction shares the cycle of the newest one ([LLVM-M55])."""
        older = self._newest
        if older is None or self._is_paired or older.is_wide or instruction.is_wide:
            return False
        if older.branch is not BranchKind.NONE:  # what follows is known too late; estimate
            return False
        if not (_is_simple(older) or _is_simple(instruction)) or _occupancy(older) > 1:
            return False
        if older.writes & (instruction.reads | instruction.writes) - {FLAGS}:
            return False
        return self._operands_ready(instruction) <= self._start

    def _operands_ready(self, instruction: Instruction) -> int:
        ready = 0
        for register in instruction.reads & self._ready.keys():
            cycle = self._ready[register]
            if register == FLAGS and instruction.branch is not BranchKind.NONE:
                cycle -= 1  # a branch pairs with what sets its flags, as on a Cortex-M33
            elif register in instruction.address_reads and register >= FIRST_S_REGISTER:
                cycle += _GATHER_ADDRESS_CYCLES
            elif instruction.store_count and register in self._early_stores:
                cycle -= 1
            ready = max(ready, cycle)
        return ready

    def _record(self, instruction: Instruction) -> None:
        latency = _latency(instruction)
        for register in instruction.writes:
            if register == FLAGS or (register == instruction.base and instruction.writeback):
                self._ready[register] = self._start + 1
            else:
                self._ready[register] = self._start + latency
            # [LLVM-M55]: stores take results of two cycles, not those of three, one cycle early
            if is_vector(instruction) and latency == 2 and not instruction.load_count:
                self._early_stores.add(register)
            else:
                self._early_stores.discard(register)


def _is_simple(instruction: Instruction) -> bool:
    if instruction.branch is not BranchKind.NONE:
        return instruction.branch is not BranchKind.CALL
    has_constant = instruction.mnemonic in ("add", "sub") and len(instruction.reads) < 2
    return instruction.mnemonic in _PAIRING or has_constant


def _pipe(instruction: Instruction) -> Pipe:
    if is_vector(instruction):
        return vector_pipe(instruction)
    return (
        Pipe.FLOAT
        if instruction.uses_fpu and instruction.load_count + instruction.store_count == 0
        else Pipe.SCALAR
    )


def _pipe_cycles(instruction: Instruction) -> int:
    """Return the cycles until the pipeline of an instruction takes the next one."""
    if is_vector(instruction):
        return vector_pipe_cycles(instruction)
    if instruction.mnemonic in _LOOP_ENDS:
        return 0
    if instruction.kind is InstructionClass.FP_DIV or _is_slow(instruction):
        return _fp_latency(instruction) - 1  # these do not overlap; estimate
    return 1


def _occupancy(instruction: Instruction) -> int:
    """Return the cycles until the next instruction that cannot pair issues, if it needs another pipeline."""
    if is_vector(instruction):
        return 1
    if instruction.mnemonic in _LOOP_ENDS:
        return 0
    if instruction.mnemonic in _LOOP_STARTS:
        return 1 + _LOOP_START_CYCLES
    transfers = instruction.load_count + instruction.store_count
    if transfers > 0:
        return transfers  # a register per cycle, as Cortex-M33, estimate
    if instruction.kind is InstructionClass.DIV:
        return _DIVIDE_CYCLES
    return _SYSTEM_CYCLES.get(instruction.mnemonic, 1)


def _latency(instruction: Instruction) -> int:
    """Return the cycles from issue to the use of a result ([LLVM-M55])."""
    if is_vector(instruction):
        return vector_latency(instruction)
    kind = instruction.kind
    if instruction.load_count:
        return _occupancy(instruction) + 1
    if kind in _FP_LATENCIES:
        return _fp_latency(instruction)
    if kind is InstructionClass.FP_MOVE:
        to_fpu = any(register >= FIRST_S_REGISTER for register in instruction.writes)
        return 2 if to_fpu and any(register < FLAGS for register in instruction.reads) else 1
    if kind is InstructionClass.DIV:
        return _DIVIDE_CYCLES
    takes_two_stages = kind in MULTIPLIES or kind is InstructionClass.DSP or instruction.has_inline_shift
    return 2 if takes_two_stages else 1


def _fp_latency(instruction: Instruction) -> int:
    latencies = _FUSED_LATENCIES if instruction.mnemonic in _FUSED else _FP_LATENCIES[instruction.kind]
    return latencies[1] if _is_slow(instruction) else latencies[0]


def _is_slow(instruction: Instruction) -> bool:
    """Whether this is arithmetic in double precision, which takes many passes."""
    is_arithmetic = instruction.kind in _FP_LATENCIES and instruction.mnemonic not in _DOUBLE_IS_FAST
    return instruction.double_precision and is_arithmetic


MODEL = CoreModel("cortex-m55", M55Schedule)
