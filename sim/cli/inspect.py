"""Say what is in a model, without running it: operators, cost, support, and the boards that it fits."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.errors import ExitCode


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim inspect``."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="model (.tflite)")
    parser.add_argument("--platform", metavar="ID", help="compare with this board only instead of with all")
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Print the facts."""
    from sim.inspection import inspect_model
    from sim.platform import platform_ids
    from sim.report.model import render_model

    platforms = platform_ids() if arguments.platform is None else [arguments.platform]
    facts = inspect_model(arguments.model, platforms)
    if arguments.json:
        console.result(document("model", {"model": facts}))
    else:
        console.result(render_model(facts, width=console.width, style=console.style))
    return ExitCode.OK
