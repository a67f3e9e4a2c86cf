"""Constants that shape energy by instruction class, and the reference mix that they are normalised with.

Board measurements give one number: energy per cycle of typical code. Two more sources say how it spreads: the
relative cost of instruction classes (ELMO: McCann, Oswald, Whitnall, USENIX Security 2017, Cortex-M0; ratios
only), and how much more current data processing draws than an empty loop (STM32G474, ST DS12288 Table 24).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sim.timing.instruction import InstructionClass
from sim.timing.typical import typical_cycles_per_instruction

_REGISTERS_PER_MULTIPLE = 3
"""Typical registers of one LDM, STM, PUSH or POP: estimate."""

CLASS_WEIGHTS: Mapping[InstructionClass, float] = MappingProxyType(
    {
        # ELMO, per cycle, relative to ALU.
        InstructionClass.ALU: 1.0,
        InstructionClass.SHIFT: 1.55,
        InstructionClass.MUL: 1.55,
        InstructionClass.LOAD: 1.80,
        InstructionClass.STORE: 2.08,
        InstructionClass.BRANCH: 1.0,
        # Estimates by likeness: wide arithmetic as MUL, a transfer of several registers as so many of one.
        # The many cycles of a division are in the cycle count already.
        InstructionClass.MAC: 1.55,
        InstructionClass.DIV: 1.55,
        InstructionClass.DSP: 1.55,
        InstructionClass.FP_ALU: 1.55,
        InstructionClass.FP_MUL: 1.55,
        InstructionClass.FP_MAC: 1.55,
        InstructionClass.FP_DIV: 1.55,
        InstructionClass.FP_MOVE: 1.0,
        InstructionClass.SYSTEM: 1.0,
        InstructionClass.LOAD_MULTIPLE: 1.80 * _REGISTERS_PER_MULTIPLE,
        InstructionClass.STORE_MULTIPLE: 2.08 * _REGISTERS_PER_MULTIPLE,
    }
)
"""Weight of one executed instruction of each class."""

REFERENCE_MIX: Mapping[InstructionClass, float] = MappingProxyType(
    {
        InstructionClass.ALU: 0.40,
        InstructionClass.SHIFT: 0.06,
        InstructionClass.MUL: 0.02,
        InstructionClass.MAC: 0.08,
        InstructionClass.LOAD: 0.25,
        InstructionClass.STORE: 0.06,
        InstructionClass.BRANCH: 0.13,
    }
)
"""Shares of the classes in typical data processing, CoreMark and integer inference alike: estimate."""

ACTIVE_TO_IDLE_LOOP = 1.24
"""Current of CoreMark over that of an empty loop: 171 to 138 uA/MHz, STM32G474 at 170 MHz from flash."""

_IDLE_LOOP_CYCLES = 3
"""Cycles of the one taken branch of an empty loop on a Cortex-M4: Arm DDI 0439."""

SHAPE_RELATIVE_UNCERTAINTY = 0.05
"""One standard deviation of the shape: a board's power differs by 3 to 13 % over the MLPerf Tiny models."""

CODE_BYTES_PER_INSTRUCTION = 2.8
"""Of mixed Thumb-2 code: estimate."""

FLASH_LOADS_PER_INSTRUCTION = 0.08
"""Loads of weights and constants, a third of all loads: estimate."""


def reference_activity(core: str, weights: Mapping[InstructionClass, float] = CLASS_WEIGHTS) -> float:
    """Return the class weights that the reference mix executes per cycle."""
    weight = sum(share * weights[kind] for kind, share in REFERENCE_MIX.items())
    return weight / typical_cycles_per_instruction(core)


def activity_factor() -> float:
    """Return the energy of one unit of class weight, relative to that of one cycle without any.

    Solves ``(1 + x * active) / (1 + x * idle) = ACTIVE_TO_IDLE_LOOP`` for x, with the activities of the
    reference mix and of an empty loop on the Cortex-M4 that was measured.
    """
    active = reference_activity("cortex-m4f")
    idle = CLASS_WEIGHTS[InstructionClass.BRANCH] / _IDLE_LOOP_CYCLES
    return (ACTIVE_TO_IDLE_LOOP - 1.0) / (active - ACTIVE_TO_IDLE_LOOP * idle)
