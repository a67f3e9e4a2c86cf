"""QEMU's own interfaces that the engine uses: QMP to control it, the test protocol to access memory."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any

_CHUNK_BYTES = 1 << 20


class ControlSocket:
    """A connection that speaks QMP (QEMU's docs/interop/qmp-spec)."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")

    def connect(self) -> None:
        """Take the greeting and leave negotiation mode; ConnectionError when the other end has gone."""
        self._receive()
        self.execute("qmp_capabilities")

    def execute(self, command: str) -> Any:
        """Return what a command answers, events on the way skipped."""
        self._stream.write(json.dumps({"execute": command}).encode() + b"\n")
        self._stream.flush()
        while True:
            answer = self._receive()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise ConnectionError(f"{command}: {answer['error']['desc']}")

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _receive(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise ConnectionError("QEMU has closed the control connection")
        answer: dict[str, Any] = json.loads(line)
        return answer


class MemorySocket:
    """A connection that reads and writes memory as the core sees it (QEMU's docs/devel/qtest).

    Unlike a debugger it does not stop the core first, which could not answer while the plugin holds it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")

    def read(self, address: int, size_bytes: int) -> bytes:
        """Return bytes."""
        parts = []
        while size_bytes:
            count = min(size_bytes, _CHUNK_BYTES)
            parts.append(base64.b64decode(self._request(f"b64read {address:#x} {count}")))
            address += count
            size_bytes -= count
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Store bytes; what is no RAM keeps its content."""
        for start in range(0, len(data), _CHUNK_BYTES):
            part = data[start : start + _CHUNK_BYTES]
            text = base64.b64encode(part).decode()
            self._request(f"b64write {address + start:#x} {len(part)} {text}")

    def clear(self, address: int, size_bytes: int) -> None:
        """Store zeros."""
        self._request(f"memset {address:#x} {size_bytes} 0x00")

    def read_word(self, address: int) -> int:
        """Return a 32-bit register."""
        return int(self._request(f"readl {address:#x}"), 16)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _request(self, line: str) -> str:
        self._stream.write(line.encode() + b"\n")
        self._stream.flush()
        answer = self._stream.readline().decode().split()
        if not answer or answer[0] != "OK":
            raise ConnectionError(f"QEMU refuses {line[:60]!r}: {' '.join(answer)}")
        return answer[1] if len(answer) > 1 else ""
