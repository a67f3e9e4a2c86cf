"""Decoding of Thumb code into :class:`~sim.timing.instruction.Instruction`.

Capstone disassembles to text, and the operands are read from the text: that is several times faster than its
own operand details and says the same for M-profile code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from typing import Any, Protocol

from sim.timing.instruction import (
    FIRST_S_REGISTER,
    FLAGS,
    FP_FLAGS,
    GE_FLAGS,
    LR,
    PC,
    SP,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.mnemonics import GE_WRITERS, MNEMONICS, Form, Spelling, spell
from sim.timing.mve import decode_v81m

_CORE_REGISTERS = {f"r{number}": number for number in range(16)} | {
    "sb": 9,
    "sl": 10,
    "fp": 11,
    "ip": 12,
    "sp": SP,
    "lr": LR,
    "pc": PC,
    "apsr_nzcv": FLAGS,
    "fpscr": FP_FLAGS,
}
_OPERAND = re.compile(r"\{[^}]*\}|\[[^\]]*\]!?|[^,\s{\[][^,]*")
_FP_REGISTER = re.compile(r"([sd])(\d+)(?:\[([01])\])?$")
_SHIFT = re.compile(r"(?:lsl|lsr|asr|ror|rrx)\b")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPERAND2 = _words("adc add and bic cmn cmp eor mov mvn orn orr rsb sbc sub teq tst")
_SHIFTS_LAST_SOURCE = _words("bfi pkhbt pkhtb sxtab sxtah sxtab16 uxtab uxtah uxtab16")
_DESTINATIONS = {Form.COMPARE: 0, Form.LONG_MULTIPLY: 2, Form.LONG_ACCUMULATE: 2}
_READS_CARRY = frozenset({"adc", "sbc", "rrx"})
_ARMV8_CORES = frozenset({"cortex-m7f", "cortex-m33f", "cortex-m55"})
_ARMV8_1_CORES = frozenset({"cortex-m55"})


class _Disassembler(Protocol):
    """The part of ``capstone.Cs`` that is used here."""

    def disasm_lite(self, code: bytes, offset: int) -> Iterable[tuple[int, int, str, str]]: ...


def decode_block(code: bytes, address: int, core: str) -> list[Instruction]:
    """Decode straight-line Thumb code.

    Parameters
    ----------
    code
        Bytes of the block, up to and including its last instruction.
    address
        Address of the first byte.
    core
        Core name, as for :func:`sim.timing.cores.core_model`.

    Returns
    -------
    list of Instruction
        They cover ``code`` without a gap. What cannot be decoded becomes an instruction of class SYSTEM with
        ``undefined`` set.
    """
    return list(iterate_block(code, address, core))


def iterate_block(code: bytes, address: int, core: str) -> Iterator[Instruction]:
    """Decode as :func:`decode_block` does, one instruction at a time."""
    disassembler = _disassembler(core in _ARMV8_CORES)
    has_extension = core in _ARMV8_1_CORES
    it_remaining = 0
    position = 0
    while position < len(code):
        end = _next_extension(code, position) if has_extension else len(code)
        if end == position and (extension := decode_v81m(code, position, address + position)) is not None:
            position += extension.size_bytes
            yield extension
            continue
        for at, size, mnemonic, operands in disassembler.disasm_lite(code[position:end], address + position):
            instruction = _template(mnemonic, operands, size)(address=at, in_it_block=it_remaining > 0)
            starts_it = instruction.mnemonic == "it"
            it_remaining = len(mnemonic) - 1 if starts_it else max(0, it_remaining - 1)
            position += size
            yield instruction
        if position < end:
            undefined = _undefined(code[position : position + 4], address + position)
            position += undefined.size_bytes
            yield undefined


def _next_extension(code: bytes, position: int) -> int:
    """Return where the next instruction of Armv8.1-M starts, or the end."""
    while position + 1 < len(code):
        if decode_v81m(code, position, 0) is not None:
            return position
        position += 4 if is_wide(code[position + 1]) else 2
    return len(code)


def is_wide(first_halfword_high_byte: int) -> bool:
    """Whether a Thumb encoding whose first halfword has this upper byte is 32 bits wide."""
    return first_halfword_high_byte >> 3 in (0b11101, 0b11110, 0b11111)


def _undefined(code: bytes, address: int) -> Instruction:
    size = min(4 if len(code) > 1 and is_wide(code[1]) else 2, len(code))
    return Instruction(address, size, "undefined", InstructionClass.SYSTEM, undefined=True)


@cache
def _disassembler(armv8: bool) -> _Disassembler:
    import capstone  # type: ignore[import-untyped]

    mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
    disassembler: _Disassembler = capstone.Cs(
        capstone.CS_ARCH_ARM, mode | capstone.CS_MODE_V8 if armv8 else mode
    )
    return disassembler


@lru_cache(maxsize=1 << 14)
def _template(text: str, operands: str, size: int) -> Callable[..., Instruction]:
    """Return a constructor that lacks only what depends on the place of the instruction."""
    spelling = spell(text)
    mnemonic = spelling.mnemonic
    facts: dict[str, Any] = {
        "size_bytes": size,
        "mnemonic": mnemonic.name,
        "kind": mnemonic.kind,
        "condition": spelling.condition,
        "sets_flags": spelling.sets_flags or mnemonic.form is Form.COMPARE,
        "access_bytes": mnemonic.access_bytes,
        "uses_fpu": mnemonic.name.startswith("v"),
        "double_precision": "f64" in spelling.data_types,
        "undefined": mnemonic.name not in MNEMONICS,
    }
    parts = [part.strip() for part in _OPERAND.findall(operands)]
    _READERS.get(mnemonic.form, _read_system)(facts, spelling, parts)
    _add_flags(facts, spelling)
    if PC in facts["writes"] and "branch" not in facts:
        facts["branch"] = BranchKind.LOADED if facts.get("load_count") else BranchKind.INDIRECT
        if not facts.get("load_count"):
            facts["kind"] = InstructionClass.BRANCH
    return partial(Instruction, **facts)


def _add_flags(facts: dict[str, Any], spelling: Spelling) -> None:
    name = spelling.mnemonic.name
    reads, writes = set(facts["reads"]), set(facts["writes"])
    if (spelling.condition and spelling.mnemonic.form is not Form.COMPARE_BRANCH) or name in _READS_CARRY:
        reads.add(FLAGS)
    if name == "vsel":  # the condition chooses an operand; the instruction itself is not predicated
        facts["condition"] = ""
    if name == "sel":
        reads.add(GE_FLAGS)
    if name in GE_WRITERS:
        writes.add(GE_FLAGS)
    if facts["sets_flags"]:
        writes.add(FP_FLAGS if name.startswith("vcmp") else FLAGS)
    facts["reads"], facts["writes"] = frozenset(reads), frozenset(writes)


@cache
def _registers(operand: str) -> tuple[int, ...]:
    """Register numbers of an operand, empty for an immediate or a name without number."""
    if operand in _CORE_REGISTERS:
        return (_CORE_REGISTERS[operand],)
    match = _FP_REGISTER.match(operand)
    if match is None:
        return ()
    number = int(match[2])
    if match[1] == "s":
        return (FIRST_S_REGISTER + number,)
    pair = (FIRST_S_REGISTER + 2 * number, FIRST_S_REGISTER + 2 * number + 1)
    return pair if match[3] is None else (pair[int(match[3])],)


def _all_registers(operands: list[str]) -> frozenset[int]:
    return frozenset(register for operand in operands for register in _registers(operand))


def _immediate(operand: str) -> int | None:
    if not operand.startswith("#"):
        return None
    try:
        return int(operand[1:], 0)
    except ValueError:  # a floating-point immediate
        return None


def _is_shifted_constant(value: int) -> bool:
    """Whether a 32-bit encoding makes this constant by shifting, not as a byte or a pattern of one."""
    value &= 0xFFFFFFFF
    low, high = value & 0xFF, value >> 8 & 0xFF
    return value not in (low, low * 0x00010001, high * 0x01000100, low * 0x01010101)


def _read_arithmetic(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    form = spelling.mnemonic.form
    name = spelling.mnemonic.name
    values = [operand for operand in operands if not _SHIFT.match(operand)]
    if len(values) < len(operands) and len(values) > 1:
        facts["shifted"] = frozenset(_registers(values[-1]))
    if name in _SHIFTS_LAST_SOURCE:
        sources = [operand for operand in values[1:] if _registers(operand)]
        facts["shifted"] = frozenset(_registers(sources[-1])) if sources else frozenset()
    destinations = _DESTINATIONS.get(form, 1)
    writes = _all_registers(values[:destinations])
    reads = _all_registers(values[destinations:])
    if form is Form.ACCUMULATE:
        facts["accumulator"] = _all_registers(values[3:])
    elif form in (Form.LONG_ACCUMULATE, Form.ACCUMULATE_IN_PLACE):
        facts["accumulator"] = writes
        reads |= writes
    elif form is Form.UPDATE or (form is Form.BINARY and len(values) == 2):
        reads |= writes
    if name in _OPERAND2 and facts["size_bytes"] == 4:
        value = _immediate(values[-1])
        facts["has_inline_shift"] = "shifted" in facts or (value is not None and _is_shifted_constant(value))
    facts["reads"], facts["writes"] = reads, writes


def _read_memory(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    place = next(index for index, operand in enumerate(operands) if operand.startswith("["))
    status = 1 if spelling.mnemonic.form is Form.EXCLUSIVE_STORE else 0
    data = [register for operand in operands[status:place] for register in _registers(operand)]
    address_reads, writeback = _read_address(facts, operands[place:])
    if spelling.mnemonic.kind in (InstructionClass.LOAD, InstructionClass.LOAD_MULTIPLE):
        facts["load_count"] = len(data)
        facts["reads"], facts["writes"] = address_reads, frozenset(data) | writeback
    else:
        facts["store_count"] = len(data)
        facts["reads"] = address_reads | frozenset(data)
        facts["writes"] = _all_registers(operands[:status]) | writeback


def _read_address(facts: dict[str, Any], operands: list[str]) -> tuple[frozenset[int], frozenset[int]]:
    """Read ``[base, offset]``, with ``!``, or ``[base], offset``; return registers read and written back."""
    inner = [part.strip() for part in operands[0].rstrip("!").strip("[]").split(",")]
    base = _registers(inner[0])[0]
    post_indexed = len(operands) > 1
    writeback = post_indexed or operands[0].endswith("!")
    address_reads = _all_registers(inner[:2])
    facts["base"] = base
    facts["offset"] = 0 if post_indexed or len(inner) == 1 else _immediate(inner[1])
    facts["writeback"] = writeback
    facts["address_reads"] = address_reads
    return address_reads, frozenset({base}) if writeback else frozenset()


def _read_multiple(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    name = spelling.mnemonic.name
    if spelling.mnemonic.form is Form.STACK:
        base, writeback = SP, True
    else:
        base, writeback = _registers(operands[0].rstrip("!"))[0], operands[0].endswith("!")
    listed = [part.strip() for part in operands[-1].strip("{}").split(",")]
    data = [register for operand in listed for register in _registers(operand)]
    size_bytes = 4 * len(data)
    facts["base"], facts["writeback"] = base, writeback
    facts["offset"] = -size_bytes if name.endswith(("push", "db")) else 0
    facts["address_reads"] = frozenset({base})
    written_back = frozenset({base}) if writeback else frozenset()
    if spelling.mnemonic.kind is InstructionClass.LOAD_MULTIPLE:
        facts["load_count"] = len(data)
        facts["reads"], facts["writes"] = frozenset({base}), frozenset(data) | written_back
    else:
        facts["store_count"] = len(data)
        facts["reads"], facts["writes"] = frozenset({base, *data}), written_back


def _read_branch(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    name = spelling.mnemonic.name
    facts["reads"] = _all_registers(operands)
    facts["writes"] = frozenset({LR}) if name.startswith("bl") else frozenset()
    facts["target"] = _immediate(operands[-1])
    if facts["target"] is None:
        facts["branch"] = BranchKind.INDIRECT
    elif name == "bl":
        facts["branch"] = BranchKind.CALL
    else:
        facts["branch"] = BranchKind.CONDITIONAL if spelling.condition else BranchKind.UNCONDITIONAL


def _read_compare_branch(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    facts["reads"], facts["writes"] = _all_registers(operands), frozenset()
    facts["target"] = _immediate(operands[-1])
    facts["branch"] = BranchKind.CONDITIONAL
    facts["condition"] = "eq" if spelling.mnemonic.name == "cbz" else "ne"


def _read_table_branch(facts: dict[str, Any], _spelling: Spelling, operands: list[str]) -> None:
    facts["reads"], _ = _read_address(facts, operands)
    facts["writes"] = frozenset()
    facts["load_count"] = 1
    facts["branch"] = BranchKind.TABLE


def _read_fp_move(facts: dict[str, Any], _spelling: Spelling, operands: list[str]) -> None:
    registers = [_registers(operand) for operand in operands]
    # Two destinations in "r0, r1, d0", "r0, r1, s0, s1" and "s0, s1, r0, r1"; one in all others.
    pair_first = len(operands) == 4 or (len(operands) == 3 and len(registers[0]) == 1)
    destinations = 2 if pair_first else 1
    facts["writes"] = frozenset(register for group in registers[:destinations] for register in group)
    facts["reads"] = frozenset(register for group in registers[destinations:] for register in group)


def _read_system(facts: dict[str, Any], spelling: Spelling, operands: list[str]) -> None:
    facts["reads"] = facts["writes"] = frozenset()
    if spelling.mnemonic.name == "mrs":
        facts["writes"] = _all_registers(operands[:1])
    elif spelling.mnemonic.name == "msr":
        facts["reads"] = _all_registers(operands[1:])
        facts["writes"] = frozenset({FLAGS}) if operands[0].startswith("apsr") else frozenset()


_READERS: dict[Form, Callable[[dict[str, Any], Spelling, list[str]], None]] = {
    Form.BINARY: _read_arithmetic,
    Form.UNARY: _read_arithmetic,
    Form.COMPARE: _read_arithmetic,
    Form.UPDATE: _read_arithmetic,
    Form.ACCUMULATE: _read_arithmetic,
    Form.ACCUMULATE_IN_PLACE: _read_arithmetic,
    Form.LONG_MULTIPLY: _read_arithmetic,
    Form.LONG_ACCUMULATE: _read_arithmetic,
    Form.MEMORY: _read_memory,
    Form.EXCLUSIVE_STORE: _read_memory,
    Form.MULTIPLE: _read_multiple,
    Form.STACK: _read_multiple,
    Form.BRANCH: _read_branch,
    Form.COMPARE_BRANCH: _read_compare_branch,
    Form.TABLE_BRANCH: _read_table_branch,
    Form.FP_MOVE: _read_fp_move,
    Form.SYSTEM: _read_system,
}
