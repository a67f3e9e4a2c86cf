"""Build all variants of the runner for every core class, and the boot ROM, and refresh ``firmware/prebuilt``.

Run it from the root of the repository: ``python -m firmware.tools.refresh``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

from sim.firmware.relocate import LINKED_FLASH_BASE, LINKED_RAM_BASE, RunnerImage, relocate

FIRMWARE = Path(__file__).resolve().parent.parent
PREBUILT = FIRMWARE / "prebuilt"
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7f", "cortex-m33f", "cortex-m55")
VARIANTS = ("full", "compact")
"""From the largest to the smallest."""
ROM = "rp2040-rom.elf"
RUNTIME = {"name": "TensorFlow Lite Micro", "commit": "33689c48ad", "date": "2020-07"}

_SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "include", "kernels", "linker", "runner", "tflm")
_NOT_SOURCES = ("target", "README.md")

_OPERATOR = struct.Struct("<IiiIIII")  # struct sim::Operator
_TENSOR_TYPES = {0: "float32", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}


def source_sha256() -> str:
    """Return one digest over names and contents of everything that decides what is in the images."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        path = FIRMWARE / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            relative = file.relative_to(FIRMWARE)
            if not set(relative.parts) & set(_NOT_SOURCES):
                content = file.read_bytes()
                digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def image_name(core: str, variant: str) -> str:
    """Return the file name of a runner image."""
    return f"runner-{core}{_suffix(variant)}.elf"


def operators_name(variant: str) -> str:
    """Return the file name of the list of operators that the images of a variant have."""
    return f"operators{_suffix(variant)}.json"


def build(core: str, variant: str, directory: Path) -> Path:
    """Build one runner image in ``directory`` and return its path."""
    subprocess.run(
        ["cmake", "--preset", core, "-B", directory, f"-DSIM_VARIANT={variant}"], cwd=FIRMWARE, check=True
    )
    subprocess.run(
        ["cmake", "--build", directory, "--parallel", str(os.cpu_count())], cwd=FIRMWARE, check=True
    )
    return directory / image_name(core, variant)


def build_rom(directory: Path) -> Path:
    """Build the boot ROM of RP2040 in ``directory`` and return its path."""
    toolchain = FIRMWARE / "cmake" / "arm-none-eabi.cmake"
    subprocess.run(
        ["cmake", "-S", FIRMWARE / "rp2040_rom", "-B", directory, "--toolchain", toolchain], check=True
    )
    subprocess.run(["cmake", "--build", directory], check=True)
    return directory / ROM


def toolchain_version() -> str:
    """Return the versions of compiler and C library."""
    compiler = _output("arm-none-eabi-gcc", "--version").splitlines()[0]
    macros = _output("arm-none-eabi-gcc", "-E", "-dM", "-include", "_newlib_version.h", "-x", "c", os.devnull)
    newlib = next(line.split('"')[1] for line in macros.splitlines() if "_NEWLIB_VERSION " in line)
    return f"{compiler}, newlib {newlib}"


def read_operators(elf: bytes) -> list[dict[str, Any]]:
    """Return the operator table in a runner image."""
    image = relocate(elf, LINKED_FLASH_BASE, LINKED_RAM_BASE)
    (count,) = struct.unpack("<I", _read(image, image.symbols["sim_op_table_length"], 4))
    table = _read(image, image.symbols["sim_op_table"], count * _OPERATOR.size)
    return [
        {
            "builtin": _read(image, name, 64).split(b"\0")[0].decode(),
            "code": code,
            "min_version": 1,
            "max_version": max_version,
            "types": [text for bit, text in _TENSOR_TYPES.items() if types >> bit & 1],
            "optimized": optimized != 0,
        }
        for name, code, max_version, types, _, _, optimized in _OPERATOR.iter_unpack(table)
    ]


def refresh() -> None:
    """Build all images, then write them with operator lists and manifest."""
    builds = FIRMWARE / "build"
    rom = build_rom(builds / "rp2040-rom")
    images = {
        (core, variant): build(core, variant, builds / f"{core}{_suffix(variant)}").read_bytes()
        for core in CORES
        for variant in VARIANTS
    }
    shutil.copyfile(rom, PREBUILT / ROM)
    for (core, variant), data in images.items():
        (PREBUILT / image_name(core, variant)).write_bytes(data)
    for variant in VARIANTS:
        _write_json(PREBUILT / operators_name(variant), read_operators(images[CORES[0], variant]))
    manifest = {
        "runtime": RUNTIME,
        "toolchain": toolchain_version(),
        "source_sha256": source_sha256(),
        "images": [_describe(core, variant, data) for (core, variant), data in images.items()],
    }
    _write_json(PREBUILT / "manifest.json", manifest)


def _describe(core: str, variant: str, data: bytes) -> dict[str, Any]:
    image = relocate(data, LINKED_FLASH_BASE, LINKED_RAM_BASE)
    return {
        "core": core,
        "variant": variant,
        "file": image_name(core, variant),
        "operators": operators_name(variant),
        "sha256": hashlib.sha256(data).hexdigest(),
        "flash_bytes": image.flash_end - LINKED_FLASH_BASE,
        "ram_bytes": image.ram_end - LINKED_RAM_BASE,
    }


def _suffix(variant: str) -> str:
    return "" if variant == VARIANTS[0] else f"-{variant}"


def _read(image: RunnerImage, address: int, size: int) -> bytes:
    for segment in image.segments:
        start = address - segment.address
        if 0 <= start < len(segment.data):
            return segment.data[start : start + size]
    raise ValueError(f"no data at {address:#010x}")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    refresh()
