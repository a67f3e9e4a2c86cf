"""Measure how fast the simulation is on this machine, as ratios."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from sim import quantities
from sim.cli.console import Console
from sim.cli.described import described_board
from sim.cli.documents import document
from sim.cli.grpc_settings import read_sockets_directly
from sim.cli.parser import Parser
from sim.errors import ExitCode
from sim.extras import needs_extra

_DEFAULT_PLATFORM = "stm32l4r5"
_ENGINES_PLATFORM = "mps2-an386"
_DEFAULT_ROUNDS = 5
_CALLS_PER_ROUND = 20


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim bench``."""
    parser.add_argument(
        "--platform",
        metavar="ID",
        help=f"board to simulate (default: {_DEFAULT_PLATFORM}; with --engines {_ENGINES_PLATFORM}, "
        "which all engines have)",
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
        type=quantities.for_option("--rounds", quantities.count),
        default=_DEFAULT_ROUNDS,
        help=f"inferences per measurement, of which the best counts (default: {_DEFAULT_ROUNDS})",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--service",
        action="store_true",
        help="measure the service instead: latency, overhead and throughput over loopback",
    )
    what.add_argument(
        "--engines",
        action="store_true",
        help="measure all engines instead, with the first model; those that are not installed are named",
    )
    what.add_argument(
        "--image",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="measure firmware that speaks the protocol of MLPerf Tiny instead; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Measure, and print the figures."""
    if arguments.engines:
        return _measure_engines(arguments, console)
    arguments.platform = arguments.platform or _DEFAULT_PLATFORM
    if arguments.service:
        return _measure_service(arguments, console)
    if arguments.image:
        return _measure_images(arguments, console)
    from sim.bench import run_benchmark
    from sim.report.bench import render_benchmark

    benchmark = run_benchmark(arguments.platform, arguments.model, arguments.rounds)
    return _show("benchmark", benchmark, render_benchmark, arguments, console)


def _measure_service(arguments: Namespace, console: Console) -> ExitCode:
    read_sockets_directly()
    with needs_extra("serve", "the service"):
        from sim.service.bench import run_service_benchmark
    from sim.report.service_bench import render_service_benchmark

    model = arguments.model[0] if arguments.model else None
    benchmark = run_service_benchmark(arguments.platform, model, arguments.rounds * _CALLS_PER_ROUND)
    return _show("service-benchmark", benchmark, render_service_benchmark, arguments, console)


def _measure_engines(arguments: Namespace, console: Console) -> ExitCode:
    from sim.engine_bench import run_engine_benchmark
    from sim.report.engine_bench import render_engine_benchmark

    model = arguments.model[0] if arguments.model else None
    benchmark = run_engine_benchmark(arguments.platform or _ENGINES_PLATFORM, model, arguments.rounds)
    return _show("engine-benchmark", benchmark, render_engine_benchmark, arguments, console)


def _measure_images(arguments: Namespace, console: Console) -> ExitCode:
    from sim.image_bench import run_image_benchmark
    from sim.report.image_bench import render_image_benchmark

    images = [(image, described_board(image, arguments.platform, console)) for image in arguments.image]
    benchmark = run_image_benchmark(images, arguments.rounds)
    return _show("image-benchmark", benchmark, render_image_benchmark, arguments, console)


def _show(
    kind: str, benchmark: object, render: Callable[..., str], arguments: Namespace, console: Console
) -> ExitCode:
    if arguments.json:
        console.result(document(kind, {"benchmark": benchmark}))
    else:
        console.result(render(benchmark, width=console.width, style=console.style))
    return ExitCode.OK
