"""The decoder and objdump read thousands of instructions of the C and maths libraries alike."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise

import pytest

from sim.timing.decode import decode_block
from sim.timing.instruction import BranchKind, Instruction
from sim.timing.mnemonics import CONDITIONS
from tests.support.assembler import CORE_FLAGS, toolchain_program

_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f ]+)\t(\S+)\s*(.*)$")
_MINIMUM_INSTRUCTIONS = 5000

# objdump writes these in the older of two equivalent ways, or the decoder does.
_EQUIVALENT = {
    "neg": {"rsb"},
    "nop": {"nop", "mov"},
    "stmdb": {"stmdb", "push"},
    "ldmia": {"ldm", "pop"},
    "stmia": {"stm"},
    "vldmia": {"vldm", "vpop"},
    "vstmia": {"vstm"},
    "vstmdb": {"vstmdb", "vpush"},
    "add": {"add", "adr"},
    "mov": {"mov", "lsl", "lsr", "asr", "ror", "rrx"},
}
_ACCESS_BYTES = {"b": 1, "sb": 1, "h": 2, "sh": 2, "": 4, "d": 4}


@dataclass(frozen=True)
class Listed:
    """One line of a listing."""

    address: int
    code: bytes
    mnemonic: str
    operands: str

    @property
    def registers_listed(self) -> int:
        """Registers between braces, ranges expanded, double-precision ones twice."""
        inner = re.search(r"\{([^}]*)\}", self.operands)
        assert inner is not None
        count = 0
        for part in inner[1].replace(" ", "").split(","):
            first, _, last = part.partition("-")
            size = int(last[1:]) - int(first[1:]) + 1 if last else 1
            count += size * (2 if part.startswith("d") else 1)
        return count


def _list_archive(core: str, archive: str) -> list[list[Listed]]:
    """Return the straight runs of instructions in an archive, data left out."""
    gcc, objdump = toolchain_program("gcc"), toolchain_program("objdump")
    path = subprocess.run(
        [gcc, *CORE_FLAGS[core], "-mthumb", f"-print-file-name={archive}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    listing = subprocess.run(
        [objdump, "--disassemble", "--disassemble-zeroes", path], capture_output=True, text=True, check=False
    ).stdout
    if not listing:
        pytest.skip(f"the toolchain has no {archive} for {core}")
    runs: list[list[Listed]] = [[]]
    for line in listing.splitlines():
        match = _LINE.match(line)
        if match is None or match[3].startswith((".", "@")):
            runs.append([])
            continue
        code = b"".join(int(part, 16).to_bytes(len(part) // 2, "little") for part in match[2].split())
        runs[-1].append(Listed(int(match[1], 16), code, match[3], match[4].split("@")[0].strip()))
    return [run for run in runs if run]


@pytest.fixture(scope="module", params=CORE_FLAGS)
def decoded(request: pytest.FixtureRequest) -> list[tuple[Listed, Instruction]]:
    pairs = []
    for run in _list_archive(request.param, "libm.a"):
        instructions = decode_block(b"".join(line.code for line in run), run[0].address, request.param)
        assert [(line.address, len(line.code)) for line in run] == [
            (instruction.address, instruction.size_bytes) for instruction in instructions
        ]
        pairs += zip(run, instructions, strict=True)
    assert len(pairs) > _MINIMUM_INSTRUCTIONS
    return pairs


def _stem(mnemonic: str) -> str:
    return mnemonic.split(".")[0]


def test_every_instruction_of_the_libraries_is_known(decoded: list[tuple[Listed, Instruction]]) -> None:
    assert [line for line, instruction in decoded if instruction.undefined] == []


def test_mnemonics_are_those_of_objdump(decoded: list[tuple[Listed, Instruction]]) -> None:
    for line, instruction in decoded:
        stem = _stem(line.mnemonic)
        suffixes = {"", "s"} | {flag + condition for flag in ("", "s") for condition in CONDITIONS}
        if instruction.mnemonic == "it":
            suffixes = {"".join(rest) for rest in _it_suffixes()}
        candidates = {
            name for suffix in suffixes if (name := stem.removesuffix(suffix)) + suffix == stem and name
        }
        names = set().union(*(_EQUIVALENT.get(name, {name}) for name in candidates))
        assert instruction.mnemonic in names, (line, instruction)


def _it_suffixes() -> list[str]:
    return ["", *("t", "e"), *(a + b for a in "te" for b in "te")] + [
        a + b + c for a in "te" for b in "te" for c in "te"
    ]


def test_conditions_and_flag_setting_are_those_of_objdump(decoded: list[tuple[Listed, Instruction]]) -> None:
    for line, instruction in decoded:
        stem = _stem(line.mnemonic)
        if instruction.condition and instruction.mnemonic not in ("cbz", "cbnz"):
            other_name = {"hs": "cs", "lo": "cc"}.get(instruction.condition, instruction.condition)
            assert stem.endswith((instruction.condition, other_name)), (line, instruction)
            assert instruction.in_it_block or instruction.branch is BranchKind.CONDITIONAL
        elif instruction.mnemonic in ("add", "sub", "and", "orr", "eor", "mul", "rsb"):
            assert instruction.sets_flags == stem.endswith("s"), (line, instruction)


def test_memory_transfers_are_those_of_objdump(decoded: list[tuple[Listed, Instruction]]) -> None:
    for line, instruction in decoded:
        stem = _stem(line.mnemonic)
        transfers = instruction.load_count + instruction.store_count
        if stem.startswith(("push", "pop", "ldm", "stm", "vldm", "vstm", "vpush", "vpop")):
            assert transfers == line.registers_listed, (line, instruction)
        elif stem.startswith(("vldr", "vstr")):
            assert transfers == (2 if line.operands.startswith("d") else 1), (line, instruction)
        elif match := re.fullmatch(rf"(?:ldr|str)(sb|sh|b|h|d|)(?:{'|'.join(CONDITIONS)})?", stem):
            assert transfers == (2 if match[1] == "d" else 1), (line, instruction)
            assert instruction.access_bytes == _ACCESS_BYTES[match[1]], (line, instruction)
            bracketed = line.operands[line.operands.index("[") :]
            assert instruction.writeback == ("!" in bracketed or not bracketed.endswith("]")), line
            assert instruction.has_register_offset == bool(re.search(r"\[\w+, [^#]", bracketed))
        elif "[" not in line.operands:
            assert transfers == 0, (line, instruction)


def test_branches_and_their_targets_are_those_of_objdump(decoded: list[tuple[Listed, Instruction]]) -> None:
    for line, instruction in decoded:
        stem = _stem(line.mnemonic)
        direct = re.search(r"(?:^|, )([0-9a-f]+) <\S+\+0x", line.operands)
        if re.fullmatch(rf"b(?:{'|'.join(CONDITIONS)})|cbn?z", stem):
            expected = BranchKind.CONDITIONAL
        elif stem == "b":
            expected = BranchKind.UNCONDITIONAL
        elif stem == "bl":
            expected = BranchKind.CALL
        elif stem.startswith(("bx", "blx")) or (stem.startswith("mov") and line.operands.startswith("pc")):
            expected = BranchKind.INDIRECT
        elif stem.startswith(("tbb", "tbh")):
            expected = BranchKind.TABLE
        elif re.fullmatch(r"(pop|ldmia).*\bpc\}|ldr\w* pc,.*", f"{stem} {line.operands}"):
            expected = BranchKind.LOADED
        else:
            expected = BranchKind.NONE
        assert instruction.branch is expected, (line, instruction)
        if direct and stem.startswith(("b", "cb")):  # without "+": a call that the linker has yet to resolve
            assert instruction.target == int(direct[1], 16), (line, instruction)


def test_what_follows_a_condition_block_has_no_condition(decoded: list[tuple[Listed, Instruction]]) -> None:
    for (_, before), (_, instruction) in pairwise(decoded):
        if instruction.in_it_block:
            assert instruction.condition
            assert before.mnemonic == "it" or before.in_it_block
