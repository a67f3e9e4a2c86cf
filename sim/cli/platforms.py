"""List the boards that can be simulated, or describe one of them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.cli.remote import add_server_argument
from sim.errors import ExitCode

if TYPE_CHECKING:
    from sim.platform import Platform, PlatformSummary


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim platforms``."""
    parser.add_argument(
        "platform", metavar="ID", nargs="?", help="describe this board; a platform file (.toml) works too"
    )
    add_server_argument(parser.add_argument)
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Print the list or the description."""
    from sim.report.platforms import render_platform, render_platforms

    found = _find(arguments.platform, arguments.server)
    if isinstance(found, list):
        if arguments.json:
            text = document("platforms", {"platforms": found})
        else:
            text = render_platforms(found, width=console.width, style=console.style)
    elif arguments.json:
        text = document("platform", {"platform": found})
    else:
        text = render_platform(found, width=console.width, style=console.style)
    console.result(text)
    return ExitCode.OK


def _find(id_or_path: str | None, server: str | None) -> list[PlatformSummary] | Platform:
    """Return the named board, or the list of all when none is named."""
    if server is not None:
        from sim.backends import connect

        with connect(server) as client:
            return client.platforms() if id_or_path is None else client.platform(id_or_path)
    from sim.platform import list_platforms, load_platform

    return list_platforms() if id_or_path is None else load_platform(id_or_path)
