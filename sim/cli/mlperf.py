"""Run MLPerf Tiny firmware on a simulated board, as the benchmark's own runner would."""

from __future__ import annotations

import dataclasses
import random
from argparse import Namespace
from contextlib import closing
from pathlib import Path

from sim import quantities
from sim.cli.console import Console
from sim.cli.described import described_board
from sim.cli.documents import document
from sim.cli.parser import Parser
from sim.cli.progress import ProgressLine
from sim.cli.remote import add_server_argument
from sim.cli.simulation_options import add_simulation_arguments
from sim.errors import ExitCode, InputError

_BENCHMARKS = ("kws", "ad", "ic", "vww")
MODES = ("latency", "accuracy", "energy")
_RANDOM = "random:"


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim mlperf``."""
    add = parser.add_argument
    add("--platform", metavar="ID", required=True, help="board: an ID or a platform file (.toml)")
    add("--firmware", metavar="FILE", type=Path, required=True, help="performance image (.elf, .hex, .bin)")
    add("--benchmark", choices=_BENCHMARKS, required=True, help="which of the benchmarks the image is")
    add(
        "--mode",
        choices=MODES,
        default="latency",
        help="latency (default), energy: windows on up to 5 inputs; accuracy: a whole data set",
    )
    add(
        "--dataset",
        metavar="DIR",
        type=Path,
        help="folder of inputs with y_labels.csv (file, classes, label), as the benchmark's runner takes it",
    )
    add(
        "--inputs",
        metavar="N",
        type=quantities.for_option("--inputs", quantities.count),
        help="use the first N inputs of the data set",
    )
    add(
        "--iterations",
        metavar="N",
        type=quantities.for_option("--iterations", quantities.count),
        default=5,
        help="inferences between the timestamps (default: 5)",
    )
    add(
        "--input",
        metavar="FILE",
        help="input to load first, raw bytes, or random:SEED; by default the device's buffer stays as it is",
    )
    add(
        "--base",
        metavar="ADDR",
        type=quantities.for_option("--base", quantities.address),
        help="address of a .bin or of the vector table; the board's usual one by default",
    )
    add_server_argument(add)
    add_simulation_arguments(add)
    add("--json", action="store_true", help="print a JSON document instead of text")


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Run the benchmark and print its figures."""
    from sim.backends import backend_at
    from sim.mlperf import MlperfRequest
    from sim.report.mlperf import render_mlperf

    request = MlperfRequest(
        platform=described_board(arguments.firmware, arguments.platform, console),
        firmware=arguments.firmware,
        benchmark=arguments.benchmark,
        iterations=arguments.iterations,
        mode=arguments.mode,
        dataset=arguments.dataset,
        inputs=arguments.inputs,
        input_data=_read_input(arguments.input, arguments.benchmark),
        base=arguments.base,
        clock_hz=arguments.clock,
        level=arguments.memory_model,
        timeout_cycles=arguments.timeout_cycles,
        wall_timeout_seconds=arguments.wall_timeout,
    )
    with closing(backend_at(arguments.server)) as backend, ProgressLine(console.stderr) as progress:
        report = backend.run_mlperf(request, progress)
    if arguments.json:
        content = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
        console.result(document("mlperf", content))
    else:
        console.result(render_mlperf(report, width=console.width, style=console.style))
    return ExitCode.OK


def _read_input(source: str | None, benchmark: str) -> bytes | None:
    from sim.mlperf.protocol import INPUT_BYTES

    if source is None:
        return None
    if source.startswith(_RANDOM):
        seed = source.removeprefix(_RANDOM)
        if not seed.isdecimal():
            raise InputError(f"--input {source!r} has no seed", "write it such as random:1")
        return random.Random(int(seed)).randbytes(INPUT_BYTES[benchmark])
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read --input {source!r}: {error.strerror}") from error
