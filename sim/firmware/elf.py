"""A minimal reader of 32-bit little-endian Arm ELF executables: sections, segments, symbols and relocations.

Everything is read as numpy records in a few bulk operations, because it happens on every run.
Source of the layouts: Tool Interface Standard ELF Specification 1.2, part I; ELF for the Arm Architecture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import ImageError

Records = NDArray[Any]

_HEADER = np.dtype(
    [
        ("ident", "V16"),
        ("type", "<u2"),
        ("machine", "<u2"),
        ("version", "<u4"),
        ("entry", "<u4"),
        ("phoff", "<u4"),
        ("shoff", "<u4"),
        ("flags", "<u4"),
        ("ehsize", "<u2"),
        ("phentsize", "<u2"),
        ("phnum", "<u2"),
        ("shentsize", "<u2"),
        ("shnum", "<u2"),
        ("shstrndx", "<u2"),
    ]
)
_SEGMENT = np.dtype(
    [(f, "<u4") for f in ("type", "offset", "vaddr", "paddr", "filesz", "memsz", "flags", "align")]
)
_SECTION = np.dtype(
    [
        (f, "<u4")
        for f in ("name", "type", "flags", "addr", "offset", "size", "link", "info", "addralign", "entsize")
    ]
)
_SYMBOL = np.dtype(
    [("name", "<u4"), ("value", "<u4"), ("size", "<u4"), ("info", "u1"), ("other", "u1"), ("shndx", "<u2")]
)
_RELOCATION = np.dtype([("offset", "<u4"), ("info", "<u4")])

_ELF32_LITTLE_ENDIAN = b"\x7fELF\x01\x01"
_MACHINE_ARM = 40
_SHT_SYMTAB = 2
_SHT_REL = 9
_SHF_ALLOC = 2
_PT_LOAD = 1
_BUILD_HINT = "build it for an Arm Cortex-M in little-endian order"
_DAMAGED_HINT = "build it again, or copy it again in binary mode"


@dataclass(frozen=True, slots=True)
class ElfFile:
    """The parts of an executable that loading and moving it need, with field names of the specification."""

    data: bytes
    segments: Records  # PT_LOAD only
    sections: Records
    symbols: Records
    relocations: Records  # of all sections that are loaded
    strings: bytes  # of the symbol table

    def symbol_name(self, index: int) -> str:
        """Return the name of the symbol at ``index``."""
        start = int(self.symbols["name"][index])
        # A damaged index behind the table finds no end, and gives an empty name.
        return self.strings[start : self.strings.find(b"\0", start)].decode("utf-8", "replace")


def parse_elf(data: bytes, origin: str, *, require_symbols: bool = True) -> ElfFile:
    """Read an Arm executable.

    Parameters
    ----------
    data
        Content of the file.
    origin
        What to call it in errors: its path.
    require_symbols
        Refuse a file without a symbol table; otherwise its tables are empty.

    Raises
    ------
    ImageError
        If it is not a complete 32-bit little-endian Arm ELF file with a symbol table.
    """
    if data[:6] != _ELF32_LITTLE_ENDIAN:
        raise ImageError(f"{origin} is {_other_kind(data)}", _BUILD_HINT)
    try:
        header = np.frombuffer(data, _HEADER, 1)[0]
        if header["machine"] != _MACHINE_ARM:
            raise ImageError(f"{origin} is an ELF file for another processor than Arm", _BUILD_HINT)
        segments = np.frombuffer(data, _SEGMENT, header["phnum"], header["phoff"])
        sections = np.frombuffer(data, _SECTION, header["shnum"], header["shoff"])
        symbol_tables = sections[sections["type"] == _SHT_SYMTAB]
        if len(symbol_tables) == 0 and require_symbols:
            raise ImageError(f"{origin} has no symbol table", "build it without stripping its symbols")
        symbols, strings = _symbols(data, sections, symbol_tables)
        relocations = [
            _table(data, section, _RELOCATION)
            for section in sections[sections["type"] == _SHT_REL]
            if sections["flags"][section["info"]] & _SHF_ALLOC
        ]
        loaded = segments[(segments["type"] == _PT_LOAD) & (segments["filesz"] > 0)]
        if len(loaded) == 0:
            raise ImageError(f"{origin} has nothing to load", "link it into an executable")
        if (loaded["offset"].astype(np.int64) + loaded["filesz"] > len(data)).any():
            raise ImageError(f"{origin} is truncated", _DAMAGED_HINT)
    except (ValueError, IndexError):
        raise ImageError(f"{origin} is a truncated or corrupted ELF file", _DAMAGED_HINT) from None
    return ElfFile(
        data,
        loaded,
        sections,
        symbols,
        np.concatenate(relocations) if relocations else np.empty(0, _RELOCATION),
        strings,
    )


def _other_kind(data: bytes) -> str:
    if not data.startswith(_ELF32_LITTLE_ENDIAN[:4]):
        return "no ELF file"
    if data[4:5] == b"\x02":
        return "a 64-bit ELF file, and Cortex-M has 32 bits"
    if data[5:6] == b"\x02":
        return "a big-endian ELF file, and the boards are little-endian"
    return "an ELF file of no known kind"


def _symbols(data: bytes, sections: Records, symbol_tables: Records) -> tuple[Records, bytes]:
    """Return the records of the first symbol table and its strings; both empty when there is none."""
    if len(symbol_tables) == 0:
        return np.empty(0, _SYMBOL), b"\0"
    strings = sections[symbol_tables[0]["link"]]
    start, size = int(strings["offset"]), int(strings["size"])
    return _table(data, symbol_tables[0], _SYMBOL), data[start : start + size] + b"\0"


def _table(data: bytes, section: Any, record: np.dtype[Any]) -> Records:
    return np.frombuffer(data, record, int(section["size"]) // record.itemsize, int(section["offset"]))
