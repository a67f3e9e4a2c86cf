"""What an RP2040 is flashed with: a second stage and its checksum before the vector table; UF2 files."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.support.assembler import assemble

FLASH = 0x1000_0000
FAMILY = 0xE48B_FF56
PAGE_BYTES = 256

_SECOND_STAGE = """
push {lr}
ldr r3, =0x18000000     @ SSI: off, a divider of its own, on
movs r0, #0
str r0, [r3, #8]
movs r0, #4
str r0, [r3, #0x14]
movs r0, #7
lsls r0, #16            @ frames of 8 bits, both ways
str r0, [r3]
movs r0, #1
str r0, [r3, #8]
movs r0, #0x35          @ the second status register of the flash
str r0, [r3, #0x60]
str r0, [r3, #0x60]
wait:
ldr r0, [r3, #0x28]
movs r1, #5             @ everything sent, not busy
ands r0, r1
cmp r0, #4
bne wait
ldr r0, [r3, #0x60]
ldr r0, [r3, #0x60]
movs r1, #2             @ quad lines enabled?
tst r0, r1
beq wait
pop {r0}
cmp r0, #0              @ called by the ROM?
bne back
ldr r0, =0x10000100
ldr r1, =0xe000ed08
str r0, [r1]
ldmia r0!, {r1, r2}
msr msp, r1
bx r2
back:
bx r0
.ltorg
"""


def checksum(data: bytes) -> int:
    """Return the CRC-32 of MPEG-2, one bit after the other."""
    crc = 0xFFFF_FFFF
    for bit in (byte >> 7 - place & 1 for byte in data for place in range(8)):
        crc = (crc << 1 ^ (0x04C1_1DB7 if crc >> 31 != bit else 0)) & 0xFFFF_FFFF
    return crc


def with_second_stage(app: bytes, stage: bytes | None = None) -> bytes:
    """Return what lies in flash from its start, for an application linked to 0x10000100."""
    stage = (stage or assemble(_SECOND_STAGE, "cortex-m0plus")).ljust(252, b"\0")
    return stage + struct.pack("<I", checksum(stage)) + app


def uf2_block(
    address: int, data: bytes, number: int, count: int, family: int | None = FAMILY, flags: int = 0
) -> bytes:
    """Return one block of a UF2 file."""
    flags |= 0 if family is None else 0x2000
    header = struct.pack(
        "<8I", 0x0A32_4655, 0x9E5D_5157, flags, address, len(data), number, count, family or 0
    )
    return header + data.ljust(476, b"\0") + struct.pack("<I", 0x0AB1_6F30)


def uf2_blocks(data: bytes, base: int = FLASH, family: int | None = FAMILY) -> Sequence[bytes]:
    """Return the blocks of a UF2 file with one page in each."""
    pages = [data[start : start + PAGE_BYTES] for start in range(0, len(data), PAGE_BYTES)]
    return [
        uf2_block(base + number * PAGE_BYTES, page.ljust(PAGE_BYTES, b"\0"), number, len(pages), family)
        for number, page in enumerate(pages)
    ]
