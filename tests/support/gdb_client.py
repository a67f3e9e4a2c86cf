"""A debugger that speaks GDB's protocol byte by byte, for tests of the other side."""

from __future__ import annotations

import socket

from sim.debug.packet import encode

TIMEOUT_SECONDS = 20


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """A connection to a stub."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)

    def ask(self, packet: bytes) -> bytes:
        """Send a packet and return the next one that comes."""
        self.socket.sendall(encode(packet))
        return self.read()

    def read(self) -> bytes:
        """Return the content of the next packet."""
        data = b""
        while data[-3:-2] != b"#":
            byte = self.socket.recv(1)
            assert byte, data
            data += byte
        return data.partition(b"$")[2][:-3]
