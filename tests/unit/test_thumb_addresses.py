"""What the access plans read from encodings agrees with the disassembler."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.machine.embedded.thumb_addresses import NOTHING, Access, Effect, Unknown, effects
from sim.timing.decode import decode_block
from sim.timing.instruction import PC, Instruction, InstructionClass

ADDRESS = 0x08000100
_LISTS = ("vldm", "vstm", "vpush", "vpop")


def _written(effect: Effect | None) -> set[int]:
    """Core registers that an effect accounts for."""
    if isinstance(effect, Access):
        moved = {effect.base} if effect.moves_base_bytes else set()
        moved.add(effect.status)
        return moved if effect.is_write else moved | set(effect.registers)
    if isinstance(effect, Unknown):
        return set(effect.registers)
    return set() if effect is None else {effect.destination}


def _check(code: bytes) -> None:
    instructions = decode_block(code, ADDRESS, "cortex-m7f")
    if len(instructions) != 1 or instructions[0].undefined:
        return
    (instruction,) = instructions
    if PC in instruction.writes | instruction.reads and instruction.access_bytes in (1, 2):
        return  # unpredictable, or a preload
    if instruction.mnemonic.startswith(("fldm", "fstm")):
        return  # deprecated; they move the base by a word more than they transfer
    if instruction.uses_fpu and code[3] & 0xF == 0x9:
        return  # half precision, of Armv8.1-M
    transfers = instruction.load_count + instruction.store_count
    if instruction.mnemonic.startswith(_LISTS) and (transfers != code[2] or not transfers):
        return  # unpredictable: no registers, or some beyond the last
    found = [effect for effect, _ in effects(code, ADDRESS)]
    effect = found[0] if found else None
    if instruction.kind is InstructionClass.SYSTEM and instruction.mnemonic not in ("mrs",):
        assert not isinstance(effect, Access)
        return
    assert isinstance(effect, Access) == bool(instruction.load_count + instruction.store_count), instruction
    if isinstance(effect, Access):
        _check_access(effect, instruction)
    written = {register for register in instruction.writes if register < PC}
    if instruction.branch is not instruction.branch.NONE and not isinstance(effect, Access):
        return  # nothing of the block comes behind it
    if isinstance(effect, Access) and not effect.moves_base_bytes:
        written -= {effect.base}  # written back with an offset of 0
    assert written <= _written(effect), instruction


def _check_access(effect: Access, instruction: Instruction) -> None:
    assert effect.is_write == bool(instruction.store_count), instruction
    transfers = instruction.load_count + instruction.store_count
    assert effect.size_bytes * effect.count == instruction.access_bytes * transfers, instruction
    if instruction.base == PC:
        return
    assert effect.base == instruction.base, instruction
    if instruction.offset is None:
        index = instruction.address_reads - {instruction.base}
        assert {effect.index} == index or effect.index == effect.base, instruction
    else:
        assert (effect.index, effect.offset) == (NOTHING, instruction.offset), instruction
    assert instruction.writeback or not effect.moves_base_bytes
    if instruction.writeback and transfers > 2:
        assert abs(effect.moves_base_bytes) == 4 * transfers


@pytest.mark.parametrize("high", range(0, 0xE8, 8))
def test_narrow_instructions_access_what_the_disassembler_says(high: int) -> None:
    for code in range(high << 8, (high + 8) << 8):
        _check(code.to_bytes(2, "little"))


@settings(max_examples=2000, deadline=None)
@given(st.integers(0xE800, 0xFFFF), st.integers(0, 0xFFFF))
def test_wide_instructions_access_what_the_disassembler_says(first: int, second: int) -> None:
    _check(first.to_bytes(2, "little") + second.to_bytes(2, "little"))
