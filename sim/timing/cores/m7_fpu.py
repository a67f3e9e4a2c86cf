"""The FPU of Cortex-M7: result latencies and what a multiply-accumulate blocks ([JNK-M7])."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from sim.timing.cores.m7_pairing import is_multiple, moves_fp_data
from sim.timing.instruction import (
    FLAGS,
    FP_ARITHMETIC,
    FP_FLAGS,
    Instruction,
    InstructionClass,
)


class _Producer(IntEnum):
    ARITHMETIC = 0
    FUSED_MAC = 1
    CHAINED_MAC = 2
    LOAD = 3
    MOVE = 4


class _Consumer(IntEnum):
    OPERAND = 0
    FUSED_ADDEND = 1
    CHAINED_ADDEND = 2
    STORE = 3
    MOVE_TO_CORE = 4
    MOVE = 5


# Cycles from issue to issue, rows by producer, columns by consumer. Not measured, so estimates: VMLA to the
# addend of VFMA, and the store of a loaded or moved value (taken as the smallest latency of the row).
_LATENCY_CYCLES = (
    (3, 3, 2, 1, 3, 3),
    (5, 3, 2, 3, 5, 5),
    (6, 4, 3, 4, 6, 6),
    (1, 3, 2, 1, 2, 1),
    (3, 3, 2, 1, 3, 3),
)
_CHAINED = frozenset({"vmla", "vmls", "vnmla", "vnmls"})
_MAC_SHADOW_CYCLES = 3
_SINGLE_CYCLES = {"vdiv": 16, "vsqrt": 14}
_DOUBLE_CYCLES = {  # with different exponents
    "vadd": 2,
    "vsub": 2,
    "vmul": 5,
    "vnmul": 5,
    "vfma": 7,
    "vfms": 7,
    "vfnma": 7,
    "vfnms": 7,
    "vmla": 8,
    "vmls": 8,
    "vnmla": 8,
    "vnmls": 8,
    "vdiv": 30,
    "vsqrt": 30,  # taken as VDIV, estimate
}
_NEVER = -100


@dataclass(slots=True)
class FpuSchedule:
    """What earlier instructions leave for later FP instructions to wait for."""

    _results: dict[int, tuple[int, _Producer]] = field(default_factory=dict)
    """Effective issue cycle and kind of the last write to each FP register."""
    _free: int = 0
    _last_mac: int = _NEVER
    _last_chained_mac: int = _NEVER
    _last_move: int = _NEVER
    """Issue cycle of the last FP load, store or move."""

    @staticmethod
    def occupancy(instruction: Instruction) -> int:
        """Return the cycles for which an instruction holds up the instructions behind its group."""
        if instruction.kind is not InstructionClass.FP_DIV:
            return 1
        return _arithmetic_cycles(instruction)  # VDIV and VSQRT lock the pipeline

    def earliest(self, instruction: Instruction, cycle: int, *, younger: bool) -> int:
        """Return the first cycle from ``cycle`` on in which the FPU accepts an instruction."""
        if not instruction.uses_fpu:
            return cycle
        for register in instruction.reads & self._results.keys():
            issued, producer = self._results[register]
            cycle = max(cycle, issued + _LATENCY_CYCLES[producer][_consumer(instruction, register)])
        if instruction.kind in FP_ARITHMETIC:
            cycle = max(cycle, self._free)
        unshadowed = self._last_mac + _MAC_SHADOW_CYCLES + 1
        if instruction.kind is InstructionClass.FP_MAC:
            if instruction.mnemonic not in _CHAINED:
                cycle = max(cycle, self._last_chained_mac + 2)
            if cycle == self._last_move and cycle < unshadowed:
                cycle += 1  # only the first multiply-accumulate of a series shares its cycle with a move
        elif _waits_behind_mac(instruction, younger):
            cycle = max(cycle, unshadowed)
        return cycle

    def record(self, instruction: Instruction, issued: int) -> None:
        """Note what an instruction that issued in a cycle writes and occupies."""
        if not instruction.uses_fpu:
            return
        effective = issued
        if instruction.kind in FP_ARITHMETIC:
            cycles = _arithmetic_cycles(instruction)
            self._free = issued + cycles
            # What takes longer than its pipeline delivers as an addition issued in its last cycles would.
            effective = issued + cycles - 1
        elif instruction.load_count > 1:
            effective = issued + (instruction.load_count + 1) // 2 - 1
        if instruction.kind is InstructionClass.FP_MAC:
            self._last_mac = issued
            if instruction.mnemonic in _CHAINED:
                self._last_chained_mac = issued
        if moves_fp_data(instruction):
            self._last_move = issued
        producer = _producer(instruction)
        for register in instruction.writes:
            if register >= FP_FLAGS:
                self._results[register] = (effective, producer)


def _arithmetic_cycles(instruction: Instruction) -> int:
    table = _DOUBLE_CYCLES if instruction.double_precision else _SINGLE_CYCLES
    return table.get(instruction.mnemonic, 1)


def _waits_behind_mac(instruction: Instruction, younger: bool) -> bool:
    """Whether the three cycles behind a multiply-accumulate refuse an instruction."""
    if instruction.kind is InstructionClass.FP_ALU:
        return True
    if instruction.kind is InstructionClass.FP_MOVE:
        return younger or not instruction.reads
    transfers = instruction.load_count + instruction.store_count
    return transfers > 0 and (younger or is_multiple(instruction))


def _producer(instruction: Instruction) -> _Producer:
    if instruction.kind is InstructionClass.FP_MAC and not instruction.double_precision:
        return _Producer.CHAINED_MAC if instruction.mnemonic in _CHAINED else _Producer.FUSED_MAC
    if instruction.kind in FP_ARITHMETIC:
        return _Producer.ARITHMETIC
    return _Producer.LOAD if instruction.load_count else _Producer.MOVE


def _consumer(instruction: Instruction, register: int) -> _Consumer:
    if instruction.store_count:
        return _Consumer.STORE
    if instruction.kind is InstructionClass.FP_MOVE:
        to_core = any(written <= FLAGS for written in instruction.writes)
        return _Consumer.MOVE_TO_CORE if to_core else _Consumer.MOVE
    if register in instruction.accumulator:
        return _Consumer.CHAINED_ADDEND if instruction.mnemonic in _CHAINED else _Consumer.FUSED_ADDEND
    return _Consumer.OPERAND
