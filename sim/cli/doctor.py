"""Check what is installed on this machine, and say what to do about what is missing."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.errors import ExitCode


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim doctor``."""
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Print the checks; fail when something required is not in order."""
    from sim.doctor import Status, check_environment
    from sim.report.doctor import render_checks

    checks = check_environment()
    if arguments.json:
        console.result(document("doctor", {"checks": checks}))
    else:
        console.result(render_checks(checks, width=console.width, style=console.style))
    ready = all(check.status is Status.OK for check in checks if check.required)
    return ExitCode.OK if ready else ExitCode.ENVIRONMENT
