"""What the timing and energy models need to know about one decoded instruction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

SP = 13
LR = 14
PC = 15
FLAGS = 16
"""Register number of APSR.NZCV."""
GE_FLAGS = 17
"""Register number of APSR.GE (written by parallel additions, read by ``sel``)."""
FP_FLAGS = 18
"""Register number of FPSCR."""
VECTOR_PREDICATE = 19
"""Register number of VPR."""
FIRST_S_REGISTER = 32
"""``s0`` is register 32, ``s31`` is 63; ``dN`` is the pair ``s2N``, ``s2N+1``."""

NO_REGISTERS: frozenset[int] = frozenset()


class InstructionClass(IntEnum):
    """Class of an instruction in the instruction mix and the energy model. The order is an interface."""

    ALU = 0
    SHIFT = 1
    MUL = 2
    MAC = 3
    DIV = 4
    LOAD = 5
    STORE = 6
    LOAD_MULTIPLE = 7
    STORE_MULTIPLE = 8
    BRANCH = 9
    DSP = 10
    FP_ALU = 11
    FP_MUL = 12
    FP_MAC = 13
    FP_DIV = 14
    FP_MOVE = 15
    SYSTEM = 16


FP_ARITHMETIC = frozenset(
    {InstructionClass.FP_ALU, InstructionClass.FP_MUL, InstructionClass.FP_MAC, InstructionClass.FP_DIV}
)
MULTIPLIES = frozenset({InstructionClass.MUL, InstructionClass.MAC})
MEMORY = frozenset(
    {
        InstructionClass.LOAD,
        InstructionClass.STORE,
        InstructionClass.LOAD_MULTIPLE,
        InstructionClass.STORE_MULTIPLE,
    }
)


class BranchKind(IntEnum):
    """How an instruction can leave its block."""

    NONE = 0
    CONDITIONAL = 1
    """Direct ``b<cond>``, ``cbz`` or ``cbnz``, or ``b`` inside an IT block."""
    UNCONDITIONAL = 2
    """Direct ``b``."""
    CALL = 3
    """Direct ``bl``."""
    INDIRECT = 4
    """Target from a register: ``bx``, ``blx``, ``mov pc``, ``add pc``."""
    LOADED = 5
    """Target from memory: ``ldr pc``, ``pop {.., pc}``, ``ldm {.., pc}``."""
    TABLE = 6
    """``tbb`` or ``tbh``."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded Thumb instruction.

    Registers are numbers: 0-15 core, then :data:`FLAGS`, :data:`GE_FLAGS`, :data:`FP_FLAGS` and
    :data:`VECTOR_PREDICATE`, then the single-precision registers from :data:`FIRST_S_REGISTER` on.
    """

    address: int
    """Address of the first halfword."""
    size_bytes: int
    """2 or 4."""
    mnemonic: str
    """Lower case, without condition, width, flag and data-type suffixes (``add``, ``ldrb``, ``vmla``)."""
    kind: InstructionClass
    reads: frozenset[int] = NO_REGISTERS
    writes: frozenset[int] = NO_REGISTERS
    accumulator: frozenset[int] = NO_REGISTERS
    """Those of ``reads`` that a multiply-accumulate adds to its product."""
    shifted: frozenset[int] = NO_REGISTERS
    """Those of ``reads`` that pass through the shifter before the operation itself."""
    condition: str = ""
    """Condition of a predicated instruction or conditional branch (``eq``); empty when always executed."""
    in_it_block: bool = False
    sets_flags: bool = False
    has_inline_shift: bool = False
    """The second operand of a data-processing instruction is a shifted register, or an 8-bit constant that is
    shifted into place (not a plain byte or a pattern of one)."""
    uses_fpu: bool = False
    """Arithmetic, moves, loads and stores of FP registers."""
    double_precision: bool = False
    branch: BranchKind = BranchKind.NONE
    target: int | None = None
    """Address that a direct branch goes to."""
    load_count: int = 0
    """Bus transfers read, each of ``access_bytes``."""
    store_count: int = 0
    """Bus transfers written, each of ``access_bytes``."""
    access_bytes: int = 0
    address_reads: frozenset[int] = NO_REGISTERS
    """Those of ``reads`` that form the address of a memory access."""
    base: int | None = None
    offset: int | None = None
    """Immediate offset of the first transfer from the base register; None for a register offset."""
    writeback: bool = False
    bus: int = 0
    """Data bus of the access (:class:`sim.timing.buses.BusName`); 0 when it is not known."""
    undefined: bool = False
    """The bytes are no instruction that this core decodes."""

    @property
    def is_wide(self) -> bool:
        """Whether the encoding has 32 bits."""
        return self.size_bytes == 4

    @property
    def is_pc_relative_load(self) -> bool:
        """Whether this loads a literal next to the code."""
        return self.load_count > 0 and self.base == PC and self.branch is not BranchKind.TABLE

    @property
    def has_register_offset(self) -> bool:
        """Whether the address is the sum of two registers."""
        return self.base is not None and self.offset is None

    @property
    def moves_core_pair(self) -> bool:
        """Whether this ``vmov`` moves two core registers to or from the FPU."""
        is_move = self.kind is InstructionClass.FP_MOVE
        return is_move and sum(register < FLAGS for register in self.reads | self.writes) == 2
