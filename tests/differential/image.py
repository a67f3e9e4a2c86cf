"""One firmware image that runs many programs and stores the state behind each; the same for every engine."""

from __future__ import annotations

import random
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.differential.encoding import BASE, FEATURES, Feature, encode
from tests.differential.generator import Program
from tests.support.assembler import CORE_FLAGS, toolchain_program

_BELOW_BASE, _ABOVE_BASE = 512, 512
_BELOW_STACK, _ABOVE_STACK = 1280, 1024
MEMORY_BYTES = _BELOW_BASE + _ABOVE_BASE + _BELOW_STACK + _ABOVE_STACK
_DRIVER_BYTES = 0x800
_HEADER_BYTES = 16
_TAIL = 64
_LITERAL_REACH_BYTES = 256
_INTEGER_NAMES = (*(f"r{number}" for number in range(13)), "sp", "apsr", "memory", "fault")
_FLOAT_NAMES = ("fpscr", *(f"s{number}" for number in range(32)))
_STATE_WORDS = 16
_FLOAT_STATE_WORDS = 33


@dataclass(frozen=True)
class Target:
    """Where an image goes: the memories of one of QEMU's machines."""

    core: str
    machine: str
    flash_base: int
    flash_bytes: int
    ram_base: int
    ram_bytes: int

    @property
    def features(self) -> Feature:
        """What the core has."""
        return FEATURES[self.core]

    @property
    def has_float(self) -> bool:
        """Whether there is a floating-point unit."""
        return Feature.SINGLE in self.features

    @property
    def result_names(self) -> tuple[str, ...]:
        """The words of one result."""
        return (*_INTEGER_NAMES, *(_FLOAT_NAMES if self.has_float else ()))

    @property
    def most_programs(self) -> int:
        """How many programs' results the RAM holds, with an allowance for code in flash."""
        flash = (self.flash_bytes - _DRIVER_BYTES - MEMORY_BYTES) // 512
        return min(flash, (self.ram_bytes - MEMORY_BYTES - 64) // (4 * len(self.result_names)))


TARGETS = {
    target.core: target
    for target in (
        Target("cortex-m0", "microbit", 0, 0x40000, 0x2000_0000, 0x4000),
        Target("cortex-m3", "mps2-an385", 0, 0x40_0000, 0x2000_0000, 0x40_0000),
        Target("cortex-m4f", "mps2-an386", 0, 0x40_0000, 0x2000_0000, 0x40_0000),
        Target("cortex-m7f", "mps2-an500", 0, 0x40_0000, 0x2000_0000, 0x40_0000),
        Target("cortex-m33f", "mps2-an505", 0x1000_0000, 0x40_0000, 0x3800_0000, 0x20_0000),
    )
}


@dataclass(frozen=True)
class Image:
    """An image with its programs.

    Attributes
    ----------
    driver
        ELF file of the code around the programs.
    tables
        Everything behind the driver, to be loaded at ``tables_address``.
    finished
        Address that is reached when all programs are done.
    cursor
        Address of the number of the program under way; the results follow.
    """

    target: Target
    driver: bytes
    code: bytes
    tables: bytes
    tables_address: int
    finished: int
    cursor: int
    results: int
    count: int

    def unpack(self, data: bytes) -> list[dict[str, int]]:
        """Return the result of each program by name; a program that faulted has nothing but its fault."""
        names = self.target.result_names
        rows = struct.iter_unpack(f"<{len(names)}I", data[: 4 * len(names) * self.count])
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [{"fault": row["fault"]} if row["fault"] else row for row in found]

    @property
    def results_bytes(self) -> int:
        """Size of all results."""
        return 4 * len(self.target.result_names) * self.count


def build_image(programs: Sequence[Program], target: Target) -> Image:
    """Lay out programs and their states behind the driver."""
    assert len(programs) <= target.most_programs
    tables_address = target.flash_base + _DRIVER_BYTES
    driver, code, symbols = _assemble_driver(target, len(programs))
    state_bytes = 4 * (_STATE_WORDS + (_FLOAT_STATE_WORDS if target.has_float else 0))
    memory = random.Random(0).randbytes(MEMORY_BYTES)
    address = tables_address + _HEADER_BYTES + MEMORY_BYTES + state_bytes * len(programs)
    states, bodies = b"", b""
    for program in programs:
        states += _pack_state(program, address + len(bodies), target)
        body = program.code
        end = address + len(bodies) + len(body)
        bodies += body + _branch(end, target.flash_base + _TAIL, target)
        bodies += bytes(-len(bodies) % 4)
    tables = (
        struct.pack("<4I", len(programs), 0, 0, 0) + memory + states + bodies + bytes(_LITERAL_REACH_BYTES)
    )
    assert len(tables) <= target.flash_bytes - _DRIVER_BYTES
    return Image(
        target,
        driver,
        code,
        tables,
        tables_address,
        symbols["finished"],
        target.ram_base,
        _results(target),
        len(programs),
    )


def _pack_state(program: Program, address: int, target: Target) -> bytes:
    state = program.state
    registers = list(state.registers)
    registers[BASE] = _memory(target) + _BELOW_BASE
    words = [*registers[:8], address | 1, *registers[8:14], state.apsr]
    if target.has_float:
        words += [state.fpscr, *state.floats]
    return struct.pack(f"<{len(words)}I", *words)


def _branch(source: int, destination: int, target: Target) -> bytes:
    """Return a branch to the driver: where B.W does not exist BL, so that lr is not part of the result."""
    offset = destination - source - 4
    sign, i1, i2 = offset >> 24 & 1, offset >> 23 & 1, offset >> 22 & 1
    link = Feature.V7M not in target.features
    return encode(
        "11110 s iiiiiiiiii 1 l j 1 k nnnnnnnnnnn",
        s=sign,
        i=offset >> 12 & 0x3FF,
        l=int(link),
        j=1 ^ i1 ^ sign,
        k=1 ^ i2 ^ sign,
        n=offset >> 1 & 0x7FF,
    )


def _memory(target: Target) -> int:
    return target.ram_base + 64


def _results(target: Target) -> int:
    return _memory(target) + MEMORY_BYTES


@cache
def _assemble_driver(target: Target, count: int) -> tuple[bytes, bytes, dict[str, int]]:
    tables = target.flash_base + _DRIVER_BYTES
    result_bytes = 4 * len(target.result_names)
    state_bytes = 4 * (_STATE_WORDS + (_FLOAT_STATE_WORDS if target.has_float else 0))
    layout = {
        "HEADER": tables,
        "MEMORY_INIT": tables + _HEADER_BYTES,
        "STATES": tables + _HEADER_BYTES + MEMORY_BYTES,
        "STATE_BYTES": state_bytes,
        "CURSOR": target.ram_base,
        "MEMORY": _memory(target),
        "MEMORY_BYTES": MEMORY_BYTES,
        "STACK": _memory(target) + _BELOW_BASE + _ABOVE_BASE + _BELOW_STACK,
        "RESULTS": _results(target),
        "RESULT_BYTES": result_bytes,
        "RESULTS_BYTES": result_bytes * count,
        "FAULT_OFFSET": 4 * _INTEGER_NAMES.index("fault"),
    }
    flags = [f"-DHAS_{name}" for name, has in _switches(target).items() if has]
    with tempfile.TemporaryDirectory() as folder:
        elf, binary = Path(folder, "driver.elf"), Path(folder, "driver.bin")
        subprocess.run(
            [
                toolchain_program("gcc"),
                *CORE_FLAGS[target.core],
                *("-mthumb", "-nostdlib", "-nostartfiles", "-Wl,--build-id=none"),
                *flags,
                *(f"-Wa,--defsym,{name}={value}" for name, value in layout.items()),
                f"-Wl,-Ttext={target.flash_base:#x},-e,next",
                *("-o", str(elf), str(Path(__file__).with_name("driver.S"))),
            ],
            check=True,
        )
        subprocess.run([toolchain_program("objcopy"), "-O", "binary", str(elf), str(binary)], check=True)
        listing = subprocess.run(
            [toolchain_program("nm"), str(elf)], capture_output=True, text=True, check=True
        ).stdout
        symbols = {name: int(value, 16) for value, _, name in map(str.split, listing.splitlines())}
        assert symbols["tail"] & ~1 == target.flash_base + _TAIL
        code = binary.read_bytes()
        assert len(code) <= _DRIVER_BYTES
        return elf.read_bytes(), code, symbols


def _switches(target: Target) -> dict[str, bool]:
    return {
        "FLOAT": target.has_float,
        "DSP": Feature.DSP in target.features,
        "BASEPRI": Feature.V7M in target.features,
    }
