"""Semihosting: firmware calls its debugger with BKPT 0xAB.

Text output, exit and clocks are answered. There are no files: nothing of the host can be reached.
Source: Arm, Semihosting for AArch32 and AArch64, release 2.0.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import unicorn
from unicorn import arm_const

from sim.errors import ImageError
from sim.machine.embedded.channel import TextChannel
from sim.machine.embedded.memory_map import MemoryMap
from sim.machine.protocol import Stop, StopReason

BREAKPOINT = b"\xab\xbe"
"""The instruction ``bkpt #0xab``."""

_FAILED = 0xFFFFFFFF
_WORD_MASK = 0xFFFFFFFF
_APPLICATION_EXIT = 0x20026  # ADP_Stopped_ApplicationExit
_LONGEST_TEXT_BYTES = 1 << 20
_CONSOLE = b":tt"
_FEATURES = b":semihosting-features"
_FEATURE_BYTES = b"SHFB\x03"  # SYS_EXIT_EXTENDED; separate handles for stdout and stderr
_STDIN, _STDOUT, _STDERR, _FEATURES_HANDLE = 1, 2, 3, 4
_ERRNO_NO_FILE = 2  # ENOENT


class Operation(IntEnum):
    """Operations, by the specification's names."""

    OPEN = 0x01
    CLOSE = 0x02
    WRITEC = 0x03
    WRITE0 = 0x04
    WRITE = 0x05
    READ = 0x06
    READC = 0x07
    ISERROR = 0x08
    ISTTY = 0x09
    SEEK = 0x0A
    FLEN = 0x0C
    CLOCK = 0x10
    TIME = 0x11
    ERRNO = 0x13
    GET_CMDLINE = 0x15
    HEAPINFO = 0x16
    EXIT = 0x18
    EXIT_EXTENDED = 0x20
    ELAPSED = 0x30
    TICKFREQ = 0x31


class Semihosting:
    """The debugger's side of semihosting.

    Parameters
    ----------
    channel
        Where text goes.
    cycles
        Returns core cycles since reset: the only clock there is, so that runs are alike.
    clock_hz
        Core clock in Hz.
    """

    def __init__(
        self, memory: MemoryMap, channel: TextChannel, cycles: Callable[[], int], clock_hz: int
    ) -> None:
        self._memory = memory
        self._channel = channel
        self._cycles = cycles
        self._clock_hz = clock_hz
        self._errno = 0
        self._features_read = 0
        self._operations: dict[int, Callable[[int], int]] = {
            Operation.OPEN: self._open,
            Operation.CLOSE: lambda _: 0,
            Operation.WRITEC: self._write_character,
            Operation.WRITE0: self._write_string,
            Operation.WRITE: self._write,
            Operation.READ: self._read,
            Operation.ISERROR: lambda block: int(self._words(block, 1)[0] >> 31),
            Operation.ISTTY: lambda block: int(self._words(block, 1)[0] in (_STDIN, _STDOUT, _STDERR)),
            Operation.FLEN: self._length,
            Operation.SEEK: self._seek,
            Operation.CLOCK: lambda _: self._cycles() * 100 // self._clock_hz,
            Operation.TIME: lambda _: self._cycles() // self._clock_hz,
            Operation.ERRNO: lambda _: self._errno,
            Operation.GET_CMDLINE: self._command_line,
            Operation.HEAPINFO: self._heap,
            Operation.ELAPSED: self._elapsed,
            Operation.TICKFREQ: lambda _: self._clock_hz,
        }

    def call(self, uc: unicorn.Uc) -> Stop | None:
        """Do what the registers ask for; a stop when the firmware ends itself."""
        operation = uc.reg_read(arm_const.UC_ARM_REG_R0)
        argument = uc.reg_read(arm_const.UC_ARM_REG_R1)
        try:
            if operation == Operation.EXIT:
                return Stop(StopReason.EXIT, exit_code=int(argument != _APPLICATION_EXIT))
            if operation == Operation.EXIT_EXTENDED:
                reason, code = self._words(argument, 2)
                return Stop(StopReason.EXIT, exit_code=code if reason == _APPLICATION_EXIT else 1)
            known = self._operations.get(operation)
            answer = _FAILED if known is None else known(argument)
        except ImageError:  # a pointer into nowhere
            answer = _FAILED
        uc.reg_write(arm_const.UC_ARM_REG_R0, answer & _WORD_MASK)
        return None

    def _words(self, address: int, count: int) -> list[int]:
        data = self._memory.read(address, 4 * count)
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]

    def _open(self, block: int) -> int:
        name_address, mode, length = self._words(block, 3)
        name = self._memory.read(name_address, min(length, len(_FEATURES) + 1))
        if name == _FEATURES:
            self._features_read = 0
            return _FEATURES_HANDLE
        if name != _CONSOLE:
            self._errno = _ERRNO_NO_FILE
            return _FAILED
        return _STDIN if mode < 4 else _STDOUT if mode < 8 else _STDERR

    def _write_character(self, address: int) -> int:
        self._channel.write(self._memory.read(address, 1))
        return 0

    def _write_string(self, address: int) -> int:
        text = bytearray()
        while (
            len(text) < _LONGEST_TEXT_BYTES and (byte := self._memory.read(address + len(text), 1)) != b"\0"
        ):
            text += byte
        self._channel.write(bytes(text))
        return 0

    def _write(self, block: int) -> int:
        handle, address, length = self._words(block, 3)
        if handle not in (_STDOUT, _STDERR):
            return length
        self._channel.write(self._memory.read(address, min(length, _LONGEST_TEXT_BYTES)))
        return 0

    def _read(self, block: int) -> int:
        """Return how many bytes were not read: all of them, unless the features are asked for."""
        handle, address, length = self._words(block, 3)
        if handle != _FEATURES_HANDLE:
            return length
        data = _FEATURE_BYTES[self._features_read :][:length]
        self._memory.write(address, data)
        self._features_read += len(data)
        return length - len(data)

    def _length(self, block: int) -> int:
        handle = self._words(block, 1)[0]
        if handle == _FEATURES_HANDLE:
            return len(_FEATURE_BYTES)
        return 0 if handle in (_STDIN, _STDOUT, _STDERR) else _FAILED

    def _seek(self, block: int) -> int:
        handle, position = self._words(block, 2)
        if handle != _FEATURES_HANDLE:
            return _FAILED
        self._features_read = position
        return 0

    def _command_line(self, block: int) -> int:
        """Give an empty command line."""
        address = self._words(block, 1)[0]
        self._memory.write(address, b"\0")
        self._memory.write(block + 4, bytes(4))
        return 0

    def _heap(self, block: int) -> int:
        """Answer zeros, which leave heap and stack to the firmware's own symbols."""
        self._memory.write(self._words(block, 1)[0], bytes(16))
        return 0

    def _elapsed(self, block: int) -> int:
        self._memory.write(block, self._cycles().to_bytes(8, "little"))
        return 0
