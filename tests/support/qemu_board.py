"""The smallest Cortex-M55 board that boots a runner image: plain QEMU, driven through its GDB stub.

Independent of the simulation engines, as :class:`tests.support.mini_board.MiniBoard` is, so that tests of the
vector kernels judge the firmware alone.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
import pytest

from sim.firmware.mailbox import MAILBOX_BYTES, MailboxAnswer, MailboxRequest
from sim.firmware.relocate import relocate
from tests.support.mini_board import RunnerFailedError

# Arm AN547: SRAM behind the code bus, tightly coupled data memory, SRAM of the subsystem.
_FLASH_BASE = 0x0100_0000
_RAM_BASE = 0x2000_0000
_ARENA_BASE = 0x2100_0000
_ARENA_BYTES = 2 << 20

_SP, _PC, _XPSR = 13, 15, 25
_THUMB = 1 << 24
_PACKET_BYTES = 1024
_TIMEOUT_SECONDS = 120


class QemuBoard:
    """A booted runner on QEMU's ``mps3-an547``, waiting for inputs; a context manager.

    Parameters
    ----------
    elf
        Path of the runner image.
    model
        Content of the ``.tflite`` file.
    reference_kernels
        Compute with TFLM's own kernels.
    """

    def __init__(self, elf: Path, model: bytes, *, reference_kernels: bool = False) -> None:
        if shutil.which("qemu-system-arm") is None:
            pytest.skip("qemu-system-arm is not installed")
        image = relocate(elf.read_bytes(), _FLASH_BASE, _RAM_BASE)
        self._symbols = image.symbols
        self._stack = ExitStack()
        try:
            self._stub = self._start()
            for segment in image.segments:
                self._stub.write(segment.address, segment.data)
            model_address = -(-image.flash_end // 16) * 16
            self._stub.write(model_address, model)
            request = MailboxRequest(model_address, len(model), _ARENA_BASE, _ARENA_BYTES, reference_kernels)
            self._stub.write(self._symbols["sim_mailbox"], request.pack())
            stack, reset = np.frombuffer(self._stub.read(image.vector_table, 8), "<u4").tolist()
            for register, value in ((_SP, stack), (_PC, reset & ~1), (_XPSR, _THUMB)):
                self._stub.set_register(register, value)
            for name in ("sim_mark_ready", "sim_mark_done", "sim_mark_failed"):
                self._stub.expect_ok(f"Z0,{self._symbols[name]:x},2")
            self._run_to("sim_mark_ready")
            self.answer = self._read_mailbox()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the emulator."""
        self._stack.close()

    def infer(self, inputs: Sequence[bytes | np.ndarray]) -> list[bytes]:
        """Run one inference and return the raw bytes of every output tensor."""
        for region, data in zip(self.answer.inputs, inputs, strict=True):
            raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
            assert len(raw) == region.size_bytes
            self._stub.write(region.address, raw)
        self._run_to("sim_mark_done")
        outputs = [self._stub.read(region.address, region.size_bytes) for region in self.answer.outputs]
        self._run_to("sim_mark_ready")
        return outputs

    def _start(self) -> _GdbStub:
        path = Path(self._stack.enter_context(TemporaryDirectory(prefix="sim-qemu-")), "gdb")
        listener = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(_TIMEOUT_SECONDS)
        options = "-machine mps3-an547 -S -display none -monitor none -serial none -gdb chardev:gdb"
        process = subprocess.Popen(
            ["qemu-system-arm", *options.split(), "-chardev", f"socket,id=gdb,path={path}"]
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        connection, _ = listener.accept()
        return _GdbStub(self._stack.enter_context(connection))

    def _run_to(self, marker: str) -> None:
        self._stub.resume()
        stopped_at = self._stub.register(_PC)
        if stopped_at != self._symbols[marker]:
            raise RunnerFailedError(
                self._read_mailbox(), f"stopped at 0x{stopped_at:08x} instead of {marker}"
            )

    def _read_mailbox(self) -> MailboxAnswer:
        return MailboxAnswer.unpack(self._stub.read(self._symbols["sim_mailbox"], MAILBOX_BYTES))


class _GdbStub:
    """The remote protocol of GDB, as far as it is needed here."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(_TIMEOUT_SECONDS)
        self._connection = connection
        self._received = b""
        self._ask("?")
        self._ask("qXfer:features:read:target.xml:0,ffb")  # QEMU serves single registers only then

    def read(self, address: int, size: int) -> bytes:
        """Return bytes of memory."""
        starts = range(address, address + size, _PACKET_BYTES)
        parts = [self._ask(f"m{at:x},{min(_PACKET_BYTES, address + size - at):x}") for at in starts]
        return bytes.fromhex("".join(parts))

    def write(self, address: int, data: bytes) -> None:
        """Write bytes to memory."""
        for start in range(0, len(data), _PACKET_BYTES):
            part = data[start : start + _PACKET_BYTES]
            self.expect_ok(f"M{address + start:x},{len(part):x}:{part.hex()}")

    def register(self, number: int) -> int:
        """Return a 32-bit register."""
        return int.from_bytes(bytes.fromhex(self._ask(f"p{number:x}")), "little")

    def set_register(self, number: int, value: int) -> None:
        """Change a 32-bit register."""
        self.expect_ok(f"P{number:x}={value.to_bytes(4, 'little').hex()}")

    def resume(self) -> None:
        """Run from the breakpoint that was hit to the next one."""
        self._ask("s")
        self._ask("c")

    def expect_ok(self, command: str) -> None:
        """Send a command that is answered with nothing but success."""
        answer = self._ask(command)
        assert answer == "OK", (command[:40], answer)

    def _ask(self, command: str) -> str:
        payload = command.encode("ascii")
        self._connection.sendall(b"$%s#%02x" % (payload, sum(payload) & 0xFF))
        while b"#" not in self._received[:-2]:
            received = self._connection.recv(1 << 16)
            if not received:
                raise AssertionError("QEMU ended: the core locked up")
            self._received += received
        packet, _, rest = self._received.partition(b"#")
        self._received = rest[2:]
        self._connection.sendall(b"+")
        return packet[packet.index(b"$") + 1 :].decode("ascii")
