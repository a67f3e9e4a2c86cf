"""Pipelines and latencies of the vector instructions on a Cortex-M55.

Source: [LLVM-M55], unless a line says otherwise; the tags are expanded in ``docs/timing.md``.
"""

from __future__ import annotations

from enum import IntEnum

from sim.timing.instruction import FIRST_S_REGISTER, Instruction, InstructionClass

_HALVES = 2
_SCALAR_MEMORY = frozenset(
    {"vldr", "vstr", "vldm", "vstm", "vldmdb", "vstmdb", "vpush", "vpop", "vlldm", "vlstm"}
)
_CONTROL = frozenset({"vpst", "vpnot", "vctp"})
_REGISTERS_PER_VECTOR = 4
_ELEMENTS_PER_CYCLE = 2  # of a gathering load or scattering store: estimate that fits words

# Of those that InstructionClass counts as ALU: reductions and comparisons go the way of multiplications.
_FLOAT_PIPE_STARTS = ("vaddv", "vaddlv", "vcmp", "vpt")
_FLOAT_PIPE_KINDS = frozenset(
    {
        InstructionClass.MUL,
        InstructionClass.MAC,
        InstructionClass.FP_ALU,
        InstructionClass.FP_MUL,
        InstructionClass.FP_MAC,
        InstructionClass.FP_MOVE,
    }
)

# Latency by the start of the mnemonic, the first that fits; one cycle for the rest.
_LATENCIES = (
    (2, ("vadc", "vsbc", "vqshl", "vrshl", "vqrshl", "vrshr")),
    (3, ("vmovn", "vqmov", "vshrn", "vrshrn", "vqshr", "vqrshr", "vabav")),
    (4, ("vmaxv", "vminv", "vmaxav", "vminav")),  # of words; halfwords 3, bytes 2
    (3, ("vmlald", "vmlsld", "vrmlald", "vrmlsld")),  # [SLOTHY-M55]
    (3, ("vcvtb", "vcvtt")),
    (2, ("vaddv", "vaddlv", "vcvt", "vrint", "vcmla", "vcmul")),
)
_TWO_CYCLE_KINDS = frozenset(
    {InstructionClass.MUL, InstructionClass.MAC, InstructionClass.FP_MUL, InstructionClass.FP_MAC}
)


class Pipe(IntEnum):
    """Where an instruction executes."""

    SCALAR = 0
    LOAD_STORE = 1
    INTEGER = 2
    FLOAT = 3
    """Also multiplications, reductions and comparisons of integers."""
    CONTROL = 4


def is_vector(instruction: Instruction) -> bool:
    """Whether an instruction works on 128 bits, or on the predicate of those that do."""
    if not instruction.uses_fpu or instruction.mnemonic in _SCALAR_MEMORY:
        return False
    if instruction.mnemonic in _CONTROL:
        return True
    parts = sum(register >= FIRST_S_REGISTER for register in instruction.reads | instruction.writes)
    return parts >= _REGISTERS_PER_VECTOR and not instruction.double_precision


def gathers(instruction: Instruction) -> bool:
    """Whether a vector load or store has an address for each element."""
    return any(register >= FIRST_S_REGISTER for register in instruction.address_reads)


def vector_pipe(instruction: Instruction) -> Pipe:
    """Return the pipeline of a vector instruction."""
    if instruction.load_count + instruction.store_count:
        return Pipe.LOAD_STORE
    if instruction.mnemonic in _CONTROL:
        return Pipe.CONTROL
    if instruction.mnemonic == "vdup":
        return Pipe.INTEGER
    uses_float = instruction.kind in _FLOAT_PIPE_KINDS or instruction.mnemonic.startswith(_FLOAT_PIPE_STARTS)
    return Pipe.FLOAT if uses_float else Pipe.INTEGER


def vector_pipe_cycles(instruction: Instruction) -> int:
    """Return the cycles for which a vector instruction keeps its pipeline."""
    if instruction.mnemonic in _CONTROL:
        return 1
    if gathers(instruction):
        return max(_HALVES, (instruction.load_count + instruction.store_count) // _ELEMENTS_PER_CYCLE)
    return _HALVES


def vector_latency(instruction: Instruction) -> int:
    """Return the cycles from the start of a vector instruction to that of one that uses its result."""
    if instruction.load_count:
        return vector_pipe_cycles(instruction) if gathers(instruction) else 1
    for cycles, starts in _LATENCIES:
        if instruction.mnemonic.startswith(starts):
            return cycles
    return 2 if instruction.kind in _TWO_CYCLE_KINDS else 1
