"""The option ``--server`` of verbs that can run on another machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from sim.client import Client


def add_server_argument(add: Callable[..., object]) -> None:
    """Declare ``--server`` with the ``add_argument`` of a parser or a group."""
    add(
        "--server",
        metavar="ADDR",
        help="run on the server (`sim serve`) at HOST:PORT or unix:PATH; SIM_TOKEN and SIM_TLS_CA hold its "
        "token and authority",
    )


def connect(address: str) -> Client:
    """Return a client for a server.

    Raises
    ------
    EnvironmentMissingError
        The packages that it needs are not installed.
    """
    try:
        from sim.client import Client
    except ImportError as error:
        raise EnvironmentMissingError(
            f"--server needs the module {error.name}", "install it: pip install 'boardless[serve]'"
        ) from error
    return Client(address)
