"""Network addresses as ``HOST:PORT``, ``[IPv6]:PORT`` or ``unix:PATH``."""

from __future__ import annotations

import ipaddress

from sim.errors import UsageError


def split_address(address: str) -> tuple[str, int]:
    """Split ``HOST:PORT``.

    Raises
    ------
    UsageError
        It is something else.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{address!r} is no address", "write it like 127.0.0.1:50051")
    return host.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    """Return whether an address is one that only this machine can reach.

    Raises
    ------
    UsageError
        It is no address.
    """
    if address.startswith("unix:"):
        return True
    host, _ = split_address(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
