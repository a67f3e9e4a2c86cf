"""List the boards that can be simulated, or describe one of them."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.errors import ExitCode


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim platforms``."""
    parser.add_argument(
        "platform", metavar="ID", nargs="?", help="describe this board; a platform file (.toml) works too"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Print the list or the description."""
    from sim.platform import list_platforms, load_platform
    from sim.report.platforms import render_platform, render_platforms

    if arguments.platform is None:
        platforms = list_platforms()
        if arguments.json:
            text = document("platforms", {"platforms": platforms})
        else:
            text = render_platforms(platforms, width=console.width, style=console.style)
    else:
        platform = load_platform(arguments.platform)
        if arguments.json:
            text = document("platform", {"platform": platform})
        else:
            text = render_platform(platform, width=console.width, style=console.style)
    console.result(text)
    return ExitCode.OK
