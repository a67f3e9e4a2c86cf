"""Vector instructions and low-overhead loops are decoded as objdump does, operands as the manual says."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from sim.firmware.manifest import load_manifest
from sim.timing.decode import decode_block
from sim.timing.instruction import (
    FIRST_S_REGISTER,
    FLAGS,
    LR,
    VECTOR_PREDICATE,
    BranchKind,
    Instruction,
    InstructionClass,
)
from sim.timing.mve_encodings import ENCODINGS
from tests.support.assembler import BLOCK_ADDRESS, assemble, toolchain_program

CORE = "cortex-m55"
_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f ]+)\t(\S+)\s*(.*)$")
_RANDOM_WORDS_PER_ENCODING = 12

# objdump has shorter names for these.
_ALIASES = {
    "vmlav": "vmladav",
    "vmlava": "vmladava",
    "vmlalv": "vmlaldav",
    "vmlalva": "vmlaldava",
    "vrmlalvh": "vrmlaldavh",
    "vrmlalvha": "vrmlaldavha",
    "vmvn": "vmov",  # of a constant
    "vmov": "vorr",  # of a register with itself
    "cset": "csinc",
    "cinc": "csinc",
    "csetm": "csinv",
    "cinv": "csinv",
    "cneg": "csneg",
}


def q(*numbers: int) -> set[int]:
    """Return the single-precision halves of vector registers."""
    return {FIRST_S_REGISTER + 4 * number + part for number in numbers for part in range(4)}


def decode_one(text: str) -> Instruction:
    (instruction,) = decode_block(assemble(text, CORE), BLOCK_ADDRESS, CORE)
    return instruction


def is_named(instruction: Instruction, name: str) -> bool:
    """Whether objdump calls an instruction the same, but for what follows from the predicate."""
    stem = name.split(".")[0]
    if instruction.mnemonic in ("vpt", "vpst"):
        return stem.startswith(instruction.mnemonic)
    stems = {stem, stem.removesuffix("t"), stem.removesuffix("e")}
    return instruction.mnemonic in stems | {_ALIASES.get(each) for each in stems}


def disassemble(*arguments: str) -> list[tuple[bytes, str, str]]:
    """Return code, mnemonic and operands of what objdump finds."""
    command = [toolchain_program("objdump"), "-d", "-marmv8.1-m.main", *arguments]
    listing = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = []
    for line in listing.splitlines():
        if (match := _LINE.match(line)) and not match[3].startswith("."):
            code = b"".join(int(half, 16).to_bytes(2, "little") for half in match[2].split())
            found.append((code, match[3], match[4]))
    return found


def test_every_instruction_of_the_runner_is_decoded_and_every_new_one_by_its_name() -> None:
    lines = {line[0]: line for line in disassemble(str(load_manifest().image(CORE).path))}
    new = 0
    for code, name, operands in lines.values():
        (instruction,) = decode_block(code, BLOCK_ADDRESS, CORE)
        assert not instruction.undefined, (code.hex(), name, operands)
        stem = name.split(".")[0]
        is_vector = re.match(r"v.*\b(q\d|p0)\b", f"{name} {operands}")
        if is_vector or re.match(r"(le|letp|wls|dls|lctp|cs|cin)", stem):
            new += 1
            assert is_named(instruction, name), (code.hex(), name, operands)
    assert new > 150


def _random_words() -> list[int]:
    generator = random.Random(0)
    words = []
    for line in ENCODINGS.split("\n"):
        if line:
            bits, mask = (int(text, 16) for text in line.split()[:2])
            words += [bits | (generator.getrandbits(32) & ~mask) for _ in range(_RANDOM_WORDS_PER_ENCODING)]
    return words


def test_random_operands_do_not_change_what_an_encoding_is(tmp_path: Path) -> None:
    words = _random_words()
    source = tmp_path / "words.s"
    source.write_text(".syntax unified\n.thumb\n" + "".join(f".inst.w 0x{word:08x}\n" for word in words))
    elf = tmp_path / "words.o"
    subprocess.run(
        [toolchain_program("as"), "-march=armv8.1-m.main+mve.fp", "-mthumb", "-o", str(elf), str(source)],
        check=True,
        timeout=60,
    )
    compared = 0
    for code, name, operands in disassemble(str(elf)):
        if not name.startswith("v") or re.search("UNDEFINED|UNPREDICTABLE|undefined|illegal", operands):
            continue
        (instruction,) = decode_block(code, BLOCK_ADDRESS, CORE)
        assert is_named(instruction, name), (code.hex(), name, operands, instruction.mnemonic)
        compared += 1
    assert compared > len(words) // 2


@pytest.mark.parametrize(
    ("text", "reads", "writes", "kind"),
    [
        ("vmladava.s8 r2, q0, q1", {2} | q(0, 1), {2}, InstructionClass.MAC),
        ("vmladav.s8 r2, q0, q1", q(0, 1), {2}, InstructionClass.MAC),
        ("vmlaldava.s16 r4, r5, q6, q7", {4, 5} | q(6, 7), {4, 5}, InstructionClass.MAC),
        ("vadd.i32 q3, q2, q1", q(1, 2), q(3), InstructionClass.DSP),
        ("vadd.i16 q3, q2, r9", {9} | q(2), q(3), InstructionClass.DSP),
        ("vadd.f32 q3, q2, q1", q(1, 2), q(3), InstructionClass.FP_ALU),
        ("vfma.f32 q3, q2, q1", q(1, 2, 3), q(3), InstructionClass.FP_MAC),
        ("vqrdmulh.s32 q0, q1, q2", q(1, 2), q(0), InstructionClass.MUL),
        ("vdup.32 q4, r7", {7}, q(4), InstructionClass.FP_MOVE),
        ("vmov.i32 q4, #0", set(), q(4), InstructionClass.FP_MOVE),
        ("vctp.8 r3", {3}, {VECTOR_PREDICATE}, InstructionClass.SYSTEM),
        ("vcmp.s32 gt, q1, r2", {2} | q(1), {VECTOR_PREDICATE}, InstructionClass.DSP),
        ("vpsel q0, q1, q2", {VECTOR_PREDICATE} | q(1, 2), q(0), InstructionClass.DSP),
        ("vmrs r3, p0", {VECTOR_PREDICATE}, {3}, InstructionClass.FP_MOVE),
        ("vidup.u32 q0, r2, #4", {2}, {2} | q(0), InstructionClass.DSP),
        ("vmovnb.i32 q0, q1", q(0, 1), q(0), InstructionClass.DSP),
        ("csel r0, r1, r2, eq", {1, 2, FLAGS}, {0}, InstructionClass.ALU),
        ("lsll r2, r5, #3", {2, 5}, {2, 5}, InstructionClass.SHIFT),
        ("asrl r2, r5, r4", {2, 4, 5}, {2, 5}, InstructionClass.SHIFT),
        ("uqshl r2, #3", {2}, {2}, InstructionClass.SHIFT),
        ("dlstp.8 lr, r4", {4}, {LR}, InstructionClass.ALU),
    ],
)
def test_operands_and_classes_are_those_of_the_manual(
    text: str, reads: set[int], writes: set[int], kind: InstructionClass
) -> None:
    instruction = decode_one(text)
    assert (instruction.reads, instruction.writes, instruction.kind) == (reads, writes, kind)
    assert instruction.mnemonic == text.split()[0].split(".")[0]


@pytest.mark.parametrize(
    ("text", "transfers", "access_bytes", "base", "offset", "writeback"),
    [
        ("vldrb.u8 q0, [r4], #16", 2, 8, 4, 0, True),
        ("vldrb.u8 q0, [r4, #-16]", 2, 8, 4, -16, False),
        ("vldrb.s16 q0, [r4, #3]", 2, 4, 4, 3, False),
        ("vldrb.u32 q0, [r4, #3]!", 2, 2, 4, 3, True),
        ("vldrh.s32 q0, [r4, #6]", 2, 4, 4, 6, False),
        ("vldrw.u32 q0, [r11, #8]", 2, 8, 11, 8, False),
        ("vldrw.u32 q0, [r4, q1, uxtw #2]", 4, 4, 4, None, False),
        ("vldrh.s32 q0, [r4, q1]", 4, 2, 4, None, False),
        ("vldrb.s16 q0, [r4, q1]", 8, 1, 4, None, False),
        ("vldrw.u32 q0, [q1, #8]", 4, 4, None, None, False),
        ("vld21.8 {q0, q1}, [r5]!", 2, 8, 5, 0, True),
    ],
)
def test_vector_loads_and_stores_differ_in_direction_alone(
    text: str, transfers: int, access_bytes: int, base: int | None, offset: int | None, writeback: bool
) -> None:
    load = decode_one(text)
    store = decode_one(re.sub(r"\.[su]", ".", text.replace("vld", "vst")))
    for instruction in (load, store):
        assert instruction.access_bytes == access_bytes
        assert (instruction.base, instruction.offset, instruction.writeback) == (base, offset, writeback)
        assert instruction.load_count + instruction.store_count == transfers
    assert load.store_count == store.load_count == 0
    vectors = q(0, 1) if "{" in text else q(0)
    assert load.writes - {base} == vectors
    assert load.reads == load.address_reads == store.address_reads == store.reads - vectors


@pytest.mark.parametrize(
    "text",
    [
        *("asrl r0, r1, #5", "lsll r0, r1, r4", "lsrl r0, r1, #5", "sqshll r0, r1, #5", "srshrl r0, r1, #5"),
        *("uqshll r0, r1, #5", "urshrl r0, r1, #5", "sqrshrl r0, r1, #48, r4", "uqrshll r0, r1, #64, r4"),
        *("sqshl r0, #5", "srshr r0, #5", "urshr r0, #5", "sqrshr r0, r4", "uqrshl r0, r4"),
        *("csinc r0, r1, r2, eq", "csinv r8, r1, r2, ne", "csneg r0, r1, r2, lt", "clrm {r0, r5}"),
        *("vscclrm {s0-s3, vpr}", "lctp", "vmsr vpr, r3", "vmrs r3, vpr"),
    ],
)
def test_scalar_additions_have_their_names(text: str) -> None:
    assert decode_one(text).mnemonic == text.split()[0]


def test_loops_branch_back_and_over_their_body() -> None:
    code = assemble("wls lr, r3, 2f\n1: vldrb.u8 q0, [r0], #16\nle lr, 1b\n2: letp lr, 1b\nle 1b", CORE)
    start, load, end, tail, forever = decode_block(code, BLOCK_ADDRESS, CORE)
    assert (start.target, start.branch, start.writes) == (end.address + 4, BranchKind.CONDITIONAL, {LR})
    for instruction in (end, tail):
        assert (instruction.target, instruction.branch) == (load.address, BranchKind.CONDITIONAL)
        assert instruction.reads == instruction.writes == {LR}
    assert (forever.target, forever.branch) == (load.address, BranchKind.UNCONDITIONAL)


def test_other_cores_do_not_have_these_instructions() -> None:
    code = assemble("vmladava.s8 r2, q0, q1", CORE)
    assert decode_block(code, BLOCK_ADDRESS, "cortex-m33f")[0].mnemonic != "vmladava"
