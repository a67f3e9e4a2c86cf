"""The encoders say what they mean: an independent disassembler reads the same instruction names."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from tests.differential.encoding import FEATURES, Form
from tests.differential.generator import available_forms, random_program
from tests.support.assembler import toolchain_program

_SAMPLES = 6
_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f ]+)\t(\S+)\s*(.*)$")
_OTHER_NAMES = {
    "adr": {"addw", "add", "subw"},
    "mov": {"lsl", "lsr", "asr", "ror", "rrx", "movw"},
    "rsb": {"neg"},
    "addw": {"adr"},
}


def _disassemble(code: bytes, folder: Path) -> list[tuple[int, str, str]]:
    path = folder / "code.bin"
    path.write_bytes(code)
    command = [toolchain_program("objdump"), "-D", "-b", "binary", "-marm", "-Mforce-thumb", str(path)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [match for line in listing.splitlines() if (match := _LINE.match(line))]
    return [(int(match[1], 16), match[3], match[4]) for match in lines]


def _is_called(form: Form, mnemonic: str) -> bool:
    plain = mnemonic.removesuffix(".n").removesuffix(".w")
    expected = form.name.partition(" ")[0]
    names = {expected, *_OTHER_NAMES.get(expected, ())}
    return plain in names or plain.removesuffix("s") in names


@pytest.mark.parametrize("core", FEATURES)
def test_a_disassembler_reads_every_form_as_what_it_is_called(core: str, tmp_path: Path) -> None:
    rng = random.Random(core)
    forms = [form for table in available_forms(core) for form in table]
    drawn = [(form, form.draw(rng)) for form in forms for _ in range(_SAMPLES)]
    lines = {
        address: (mnemonic, operands)
        for address, mnemonic, operands in _disassemble(b"".join(code for _, code in drawn), tmp_path)
    }
    address = 0
    wrong = []
    for form, code in drawn:
        mnemonic, operands = lines.get(address, ("nothing", ""))
        if not _is_called(form, mnemonic) or "UNPREDICTABLE" in operands or "undefined" in operands:
            wrong.append((form.name, form.pattern, code.hex(), mnemonic, operands))
        address += len(code)
    assert wrong == []


@pytest.mark.parametrize("core", FEATURES)
def test_no_program_holds_an_instruction_that_a_disassembler_calls_unpredictable(
    core: str, tmp_path: Path
) -> None:
    rng = random.Random(core)
    code = b"".join(random_program(rng, core).code for _ in range(200))
    suspicious = [
        (hex(address), mnemonic, operands)
        for address, mnemonic, operands in _disassemble(code, tmp_path)
        if "UNPREDICTABLE" in operands or "undefined" in operands or mnemonic == "udf"
    ]
    assert suspicious == []
