"""Hold the simulation against measured boards: run published firmware images and compare."""

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
    """Declare the arguments of ``sim validate``."""
    add = parser.add_argument
    add(
        "--images",
        metavar="DIR",
        type=Path,
        required=True,
        help="checkout of published MLPerf Tiny results, or a folder with images.csv",
    )
    add("--source", metavar="NAME", help="what to call the measurements; the folder's name by default")
    add("--platform", metavar="ID", action="append", default=[], help="only this board; may be repeated")
    add_server_argument(add)
    add("--out", metavar="FILE", type=Path, help="write a Markdown page as well")
    add(
        "--update-platforms",
        metavar="DIR",
        type=Path,
        help="write the errors found into the platform files of a folder",
    )
    add("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Run the images and print the comparison."""
    from sim.backends import backend_at
    from sim.inference.request import Progress
    from sim.platform import load_platform, platform_ids
    from sim.report.validation import render_validation, validation_page
    from sim.validation import Measurement, find_measurements, run_validation, update_platform_files

    platforms = [load_platform(name) for name in arguments.platform or platform_ids()]
    found = find_measurements(arguments.images, platforms)
    total = len(found.measurements)
    with closing(backend_at(arguments.server)) as backend, ProgressLine(console.stderr) as progress:

        def show(number: int, measurement: Measurement) -> None:
            label = f"{measurement.system} {measurement.benchmark}, image {number + 1} of {total}"
            progress(Progress(label, number / total))

        source = arguments.source or arguments.images.resolve().name
        validation = run_validation(found, source, show, backend.run_mlperf)
    if arguments.out is not None:
        write_text(arguments.out, validation_page(validation))
    if arguments.update_platforms is not None:
        update_platform_files(validation, arguments.update_platforms)
    if arguments.json:
        console.result(document("validation", {"validation": validation}))
    else:
        console.result(render_validation(validation, width=console.width, style=console.style))
    failed = any(comparison.failure is not None for comparison in validation.comparisons)
    return ExitCode.SIMULATION_FAULT if failed else ExitCode.OK
