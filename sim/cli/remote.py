"""The option ``--server`` of verbs that can run on another machine."""

from __future__ import annotations

from collections.abc import Callable


def add_server_argument(add: Callable[..., object]) -> None:
    """Declare ``--server`` with the ``add_argument`` of a parser or a group."""
    add(
        "--server",
        metavar="ADDR",
        help="run on the server (`sim serve`) at HOST:PORT or unix:PATH; SIM_TOKEN and SIM_TLS_CA hold its "
        "token and authority",
    )
