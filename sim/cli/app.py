"""The entry point: picks a verb, and turns every error into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from typing import Protocol, cast

from sim import __version__
from sim.cli.console import Console
from sim.cli.parser import Parser, suggest
from sim.errors import ExitCode, SimError, UsageError

VERBS = {
    "run": "run a model on a simulated board",
    "platforms": "list the boards, or describe one",
    "inspect": "say what is in a model and which boards it fits",
    "doctor": "check what is installed on this machine",
    "mlperf": "run MLPerf Tiny firmware as the benchmark's runner does",
    "validate": "compare with measurements of real boards",
    "calibrate": "fit a board's energy constants to measurements of your own",
    "export": "write a board and its program for Renode",
    "bench": "measure how fast the simulation is",
    "serve": "offer simulated boards to other programs over gRPC",
}
EXIT_INTERNAL = 70
"""Exit code of a defect in Boardless itself: EX_SOFTWARE of sysexits.h."""


class Verb(Protocol):
    """What a verb's module offers."""

    def add_arguments(self, parser: Parser) -> None:
        """Declare the verb's arguments."""

    def execute(self, arguments: Namespace, console: Console) -> ExitCode:
        """Do the work; errors are raised."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv
        Arguments behind the program's name; those of the process by default.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console()
    try:
        return _dispatch(arguments, console)
    except BrokenPipeError:
        return ExitCode.OK
    except KeyboardInterrupt:
        console.note("sim: interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _report(error, console)


def _report(error: Exception, console: Console) -> int:
    if os.environ.get("SIM_DEBUG"):
        console.note("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, SimError):
        console.error(error.message, error.hint)
        return error.exit_code
    console.error(
        f"internal error: {type(error).__name__}: {error}",
        "this is a defect in Boardless: please report it, with what SIM_DEBUG=1 adds to this output",
    )
    return EXIT_INTERNAL


def top_level_parser() -> Parser:
    """Return the parser of ``sim`` itself."""
    verbs = "\n".join(f"  {name:<11} {summary}" for name, summary in VERBS.items())
    parser = Parser(
        "sim",
        "Run TensorFlow Lite Micro firmware on simulated Cortex-M boards.",
        f"verbs:\n{verbs}\n\n`sim VERB --help` explains a verb's options.",
    )
    parser.usage = "sim VERB [options]"
    parser.add_argument("--version", action="version", version=f"boardless {__version__}")
    return parser


def verb_parser(name: str) -> tuple[Parser, Verb]:
    """Return the parser of a verb and the module behind it."""
    verb = cast(Verb, importlib.import_module(f"sim.cli.{name}"))
    parser = Parser(f"sim {name}", (verb.__doc__ or "").strip())
    verb.add_arguments(parser)
    return parser, verb


def _dispatch(arguments: list[str], console: Console) -> int:
    try:
        if not arguments:
            console.note(top_level_parser().format_help().rstrip())
            return ExitCode.USAGE
        name = arguments[0]
        if name.startswith("-"):
            top_level_parser().parse(arguments)
            return ExitCode.OK
        if name not in VERBS:
            raise UsageError(
                f"unknown verb {name!r}", suggest(name, list(VERBS)) or "`sim --help` lists the verbs"
            )
        parser, verb = verb_parser(name)
        return verb.execute(parser.parse(arguments[1:], command=["sim", *arguments]), console)
    except SystemExit as exit_:
        # argparse leaves this way after --help and --version.
        return exit_.code if isinstance(exit_.code, int) else ExitCode.OK
