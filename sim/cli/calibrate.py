"""Fit a board's energy constants to measurements of your own board, and write a platform file with them."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path

from sim.cli.console import Console
from sim.cli.documents import document
from sim.cli.files import write_text
from sim.cli.parser import Parser
from sim.cli.progress import ProgressLine
from sim.cli.remote import add_server_argument
from sim.errors import ExitCode


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim calibrate``."""
    add = parser.add_argument
    add(
        "measurements",
        metavar="FILE",
        type=Path,
        help="table (.csv) with the columns model, input, firmware, benchmark, clock, microjoules",
    )
    add("--platform", metavar="ID", required=True, help="bundled board to start from")
    add_server_argument(add)
    add("--out", metavar="FILE", type=Path, help="write the platform file (.toml); use it as --platform FILE")
    add("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Run what was measured, fit, and print the errors before and after."""
    from sim.backends import backend_at
    from sim.calibrate import Measured, calibrate_board, overlay_text, read_measurements
    from sim.inference.request import Progress
    from sim.platform import load_platform
    from sim.report.calibration import render_calibration

    platform = load_platform(arguments.platform)
    measured = read_measurements(arguments.measurements)
    with closing(backend_at(arguments.server)) as backend, ProgressLine(console.stderr) as progress:

        def show(number: int, item: Measured) -> None:
            progress(Progress(f"{item.name}, {number + 1} of {len(measured)}", number / len(measured)))

        calibration = calibrate_board(platform, measured, show, backend)
    if arguments.out is not None:
        write_text(arguments.out, overlay_text(platform, calibration, arguments.measurements))
    if arguments.json:
        console.result(document("calibration", {"platform": platform.id, "calibration": calibration}))
    else:
        console.result(render_calibration(platform, calibration, width=console.width, style=console.style))
    return ExitCode.OK
