"""Which processor an image was built for, from its ``.ARM.attributes`` section.

Source of layout and numbers: Addenda to, and Errata in, the ABI for the Arm Architecture, "Public (aeabi)
attribute tags".
"""

from __future__ import annotations

from typing import Final

from sim.errors import ImageError
from sim.firmware.elf import parse_elf

_SHT_ARM_ATTRIBUTES: Final = 0x7000_0003
_TAG_FILE: Final = 1
_TAG_CPU_ARCH: Final = 6
_TAG_FP_ARCH: Final = 10
_TAG_COMPATIBILITY: Final = 32
_STRING_TAGS: Final = frozenset({4, 5})
_FORMAT_VERSION: Final = ord("A")

_V6_M: Final = {11: "ARMv6-M", 12: "ARMv6-M"}
_V7_M: Final = _V6_M | {10: "ARMv7-M"}
_V7E_M: Final = _V7_M | {13: "ARMv7E-M"}
_V8_M: Final = _V7E_M | {16: "ARMv8-M baseline", 17: "ARMv8-M mainline"}
_V8_1_M: Final = _V8_M | {21: "ARMv8.1-M mainline"}

_ARCHITECTURES: Final = {
    "cortex-m0": _V6_M,
    "cortex-m0plus": _V6_M,
    "cortex-m3": _V7_M,
    "cortex-m4f": _V7E_M,
    "cortex-m7f": _V7E_M,
    "cortex-m33f": _V8_M,
    "cortex-m55": _V8_1_M,
}
_NO_FPU: Final = 0
_FPV4: Final = frozenset({_NO_FPU, 5, 6})
_FPV5: Final = _FPV4 | {7, 8}
_FPUS: Final = {"cortex-m4f": _FPV4, "cortex-m7f": _FPV5, "cortex-m33f": _FPV5, "cortex-m55": _FPV5}


def require_core(elf: bytes, core: str, origin: str) -> None:
    """Refuse an image with instructions that a core does not have.

    An image without attributes is let through: nothing is known about it.

    Raises
    ------
    ImageError
        If it was built for another architecture or floating-point unit, or is no ELF file.
    """
    tags = _file_attributes(elf, origin)
    architecture = tags.get(_TAG_CPU_ARCH)
    if architecture is not None and architecture not in _ARCHITECTURES[core]:
        built_for = _V8_1_M.get(architecture, "another Arm architecture")
        raise ImageError(f"{origin} is built for {built_for}, which {core} is not", _hint(core))
    if tags.get(_TAG_FP_ARCH, _NO_FPU) not in _FPUS.get(core, {_NO_FPU}):
        raise ImageError(
            f"{origin} is built for a floating-point unit that {core} does not have", _hint(core)
        )


def _hint(core: str) -> str:
    return f"build the runner for {core}"


def _file_attributes(elf: bytes, origin: str) -> dict[int, int]:
    """Return the numeric attributes of the whole file by tag."""
    parsed = parse_elf(elf, origin)
    tags: dict[int, int] = {}
    for section in parsed.sections[parsed.sections["type"] == _SHT_ARM_ATTRIBUTES]:
        start = int(section["offset"])
        content = elf[start : start + int(section["size"])]
        try:
            tags |= _parse(content)
        except (IndexError, ValueError):
            raise ImageError(f"{origin} has damaged attributes", "build it again") from None
    return tags


def _parse(content: bytes) -> dict[int, int]:
    if content[0] != _FORMAT_VERSION:
        return {}
    at = content.index(b"\0", 5) + 1  # behind the length and the vendor's name
    if content[5 : at - 1] != b"aeabi" or content[at] != _TAG_FILE:
        return {}
    end = at + int.from_bytes(content[at + 1 : at + 5], "little")
    at += 5
    tags = {}
    while at < end:
        tag, at = _uleb128(content, at)
        if tag == _TAG_COMPATIBILITY:
            _, at = _uleb128(content, at)
        if tag in _STRING_TAGS or (tag >= _TAG_COMPATIBILITY and (tag % 2 or tag == _TAG_COMPATIBILITY)):
            at = content.index(b"\0", at) + 1
        else:
            tags[tag], at = _uleb128(content, at)
    return tags


def _uleb128(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits to the byte, and where the next thing starts."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
