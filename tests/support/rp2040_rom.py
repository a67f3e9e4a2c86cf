"""Calls functions of the RP2040's boot ROM on a bare core, found in its tables as firmware finds them."""

from __future__ import annotations

import struct

import unicorn
from unicorn import arm_const

from sim.firmware.elf import parse_elf
from sim.resources import data_path

ROM_BYTES = 0x4000
_RAM, _RAM_BYTES = 0x2000_0000, 0x4_2000
_RETURN = 0x2000_0000  # nothing is executed there
_LONGEST_CALL = 100_000  # instructions
_ARGUMENTS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(4)]

FLOAT_TABLE = (
    *("fadd", "fsub", "fmul", "fdiv", "fcmp_fast", "fcmp_flags", "fsqrt"),
    *(
        "float2int",
        "float2fix",
        "float2uint",
        "float2ufix",
        "int2float",
        "fix2float",
        "uint2float",
        "ufix2float",
    ),
    *("fcos", "fsin", "ftan", "fsincos", "fexp", "fln", "fcmp", "fatan2"),
    *("int642float", "fix642float", "uint642float", "ufix642float"),
    *("float2int64", "float2fix64", "float2uint64", "float2ufix64", "float2double"),
)
"""What is where in both tables of floating-point functions (RP2040 datasheet, tables 181 and 182)."""


class BootRom:
    """The ROM, and RAM for its stack."""

    def __init__(self) -> None:
        elf = parse_elf((data_path("firmware") / "rp2040-rom.elf").read_bytes(), "rp2040-rom.elf")
        self.image = bytearray(ROM_BYTES)
        for segment in elf.segments:
            offset, size, address = (int(segment[key]) for key in ("offset", "filesz", "paddr"))
            self.image[address : address + size] = elf.data[offset : offset + size]
        self._uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M0)
        self._uc.mem_map(0, ROM_BYTES)
        self._uc.mem_write(0, bytes(self.image))
        self._uc.mem_map(_RAM, -(-_RAM_BYTES // 4096) * 4096)

    def half(self, address: int) -> int:
        """Return 16 bits of the ROM."""
        return int(struct.unpack_from("<H", self.image, address)[0])

    def word(self, address: int) -> int:
        """Return 32 bits of the ROM."""
        return int(struct.unpack_from("<I", self.image, address)[0])

    def write(self, address: int, data: bytes) -> None:
        """Write to RAM."""
        self._uc.mem_write(address, data)

    def read(self, address: int, size_bytes: int) -> bytes:
        """Read RAM."""
        return bytes(self._uc.mem_read(address, size_bytes))

    def call(self, function: int, *words: int) -> tuple[int, int, int, int]:
        """Call a function and return r0 to r3; the other registers have to be what they were."""
        others = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(4, 12)]
        for number, register in enumerate(others):
            self._uc.reg_write(register, 0xA0A0_0000 + number)
        for register, word in zip(_ARGUMENTS, words, strict=False):
            self._uc.reg_write(register, word & 0xFFFF_FFFF)
        stack = _RAM + _RAM_BYTES
        self._uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self._uc.reg_write(arm_const.UC_ARM_REG_LR, _RETURN | 1)
        self._uc.emu_start(function | 1, _RETURN, count=_LONGEST_CALL)
        assert self._uc.reg_read(arm_const.UC_ARM_REG_PC) == _RETURN, "the function did not return"
        assert self._uc.reg_read(arm_const.UC_ARM_REG_SP) == stack
        assert [self._uc.reg_read(r) for r in others] == [0xA0A0_0000 + n for n in range(8)]
        r0, r1, r2, r3 = (int(self._uc.reg_read(register)) for register in _ARGUMENTS)
        return r0, r1, r2, r3

    def function(self, code: str) -> int:
        """Return the address of a public function by its two letters, 0 where there is none."""
        return self._look_up(0x14, code)

    def data(self, code: str) -> int:
        """Return the address of public data by its two letters, 0 where there is none."""
        return self._look_up(0x16, code)

    def arithmetic(self, table: str, name: str) -> int:
        """Return the address of a floating-point function; `table` is SF or SD, names are those of floats."""
        return self.word(self.data(table) + 4 * FLOAT_TABLE.index(name))

    def _look_up(self, table: int, code: str) -> int:
        return self.call(self.half(0x18), self.half(table), ord(code[0]) | ord(code[1]) << 8)[0]
