"""Measure how fast the simulation is on this machine, as ratios."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli import values
from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.errors import ExitCode

_DEFAULT_ROUNDS = 5


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim bench``."""
    parser.add_argument(
        "--platform", metavar="ID", default="stm32l4r5", help="board to simulate (default: stm32l4r5)"
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="model (.tflite) to run; may be given several times; the bundled digits model by default",
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=values.for_option("--rounds", values.count),
        default=_DEFAULT_ROUNDS,
        help=f"inferences per measurement, of which the best counts (default: {_DEFAULT_ROUNDS})",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Measure, and print the figures."""
    from sim.bench import run_benchmark
    from sim.report.bench import render_benchmark

    benchmark = run_benchmark(arguments.platform, arguments.model, arguments.rounds)
    if arguments.json:
        console.result(document("benchmark", {"benchmark": benchmark}))
    else:
        console.result(render_benchmark(benchmark, width=console.width, style=console.style))
    return ExitCode.OK
