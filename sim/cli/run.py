"""Run a model on a simulated board: its answer, and what it costs in cycles, time, energy and memory."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from pathlib import Path

from sim import quantities
from sim.cli.console import Console
from sim.cli.debugging import add_debug_argument, check_debug_argument, debug_request
from sim.cli.files import write_text
from sim.cli.firmware import add_firmware_arguments, check_firmware_arguments, run_image
from sim.cli.parser import Parser
from sim.cli.progress import ProgressLine
from sim.cli.remote import add_server_argument
from sim.cli.simulation_options import add_simulation_arguments
from sim.errors import ExitCode, UsageError
from sim.machine.engines import DEFAULT_ENGINE, ENGINES
from sim.result import Result, StopReason, with_labels


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim run``."""
    _add_what_to_run(parser)
    add_firmware_arguments(parser)
    _add_how_to_run(parser)
    _add_what_to_report(parser)


def _add_what_to_run(parser: Parser) -> None:
    add = parser.add_argument_group("what to run").add_argument
    add(
        "--platform",
        metavar="ID",
        required=True,
        help="board to simulate: an ID that `sim platforms` lists, or a platform file (.toml)",
    )
    add("--model", metavar="FILE", type=Path, help="model (.tflite); the bundled digits model by default")
    add(
        "--input",
        metavar="FILE",
        action="append",
        default=[],
        help="input (.npy, .npz, .png, .jpg, .wav, .csv, .bin) or random:SEED; may be given several times",
    )
    add("--repeat", metavar="N", type=_positive("--repeat"), default=1, help="run every input N times")
    add(
        "--runner",
        metavar="FILE",
        type=Path,
        help="runner image of your own build instead of the bundled one",
    )
    add(
        "--kernels",
        choices=("optimized", "reference"),
        default="optimized",
        help="kernels of the bundled runner (default: optimized)",
    )


def _add_how_to_run(parser: Parser) -> None:
    add = parser.add_argument_group("how to run it").add_argument
    add_server_argument(add)
    add("--engine", choices=ENGINES, default=DEFAULT_ENGINE, help="what executes the firmware")
    add(
        "--arena-size",
        metavar="BYTES",
        type=quantities.for_option("--arena-size", quantities.size_bytes),
        help="size of the tensor arena, such as 64K; what the board has free by default",
    )
    add_simulation_arguments(add)
    add_debug_argument(add)


def _add_what_to_report(parser: Parser) -> None:
    add = parser.add_argument_group("what to report").add_argument
    add("--json", action="store_true", help="print the result document and nothing else")
    add("--out", metavar="FILE", type=Path, help="write the result document to a file as well")
    add("--labels", metavar="FILE", type=Path, help="names of the classes, one per line")
    add("--verify", action="store_true", help="compare the outputs with the reference interpreter")
    add("--battery", metavar="NAME", help="estimate the life of a battery, such as cr2032; needs --period")
    add(
        "--period",
        metavar="TIME",
        type=quantities.for_option("--period", quantities.duration_seconds),
        help="time from one inference to the next, such as 10s; needs --battery",
    )


def _positive(option: str) -> quantities.Parse[int]:
    return quantities.for_option(option, quantities.count)


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Run the model or the image, report the result, and say whether it can be used."""
    check_firmware_arguments(arguments)
    if (arguments.battery is None) != (arguments.period is None):
        raise UsageError(
            "--battery and --period need each other", "for example: --battery cr2032 --period 10s"
        )
    check_debug_argument(arguments)
    if arguments.out is not None and not arguments.out.parent.is_dir():
        raise UsageError(f"--out: there is no directory {str(arguments.out.parent)!r}")
    labels = None
    if arguments.labels is not None:
        from sim.inputs.labels import read_labels

        labels = read_labels(arguments.labels)
    result = _run(arguments, console) if arguments.firmware is None else run_image(arguments, console)
    if labels is not None:
        result = with_labels(result, labels)
    if arguments.out is not None:
        write_text(arguments.out, result.to_json())
    if arguments.json:
        console.result(result.to_json())
    else:
        from sim.report.run import render_run

        console.result(render_run(result, width=console.width, style=console.style))
    return _conclude(result, console)


def _run(arguments: Namespace, console: Console) -> Result:
    from sim.inference import RunRequest, run_inference

    request = RunRequest(
        platform=arguments.platform,
        model_path=arguments.model,
        inputs=arguments.input,
        kernels=arguments.kernels,
        engine=arguments.engine,
        clock_hz=arguments.clock,
        repeat=arguments.repeat,
        timeout_cycles=arguments.timeout_cycles,
        wall_timeout_seconds=arguments.wall_timeout,
        arena_size_bytes=arguments.arena_size,
        runner_path=arguments.runner,
        verify=arguments.verify,
        level=arguments.memory_model,
        battery=arguments.battery,
        period_seconds=arguments.period,
    )
    with ProgressLine(console.stderr) as progress:
        if arguments.server is None:
            result = run_inference(request, progress, debug_request(arguments, console))
        else:
            from sim.backends import connect

            with connect(arguments.server) as client:
                result = client.run(request, progress)
    return dataclasses.replace(result, command=tuple(arguments.command))


def _conclude(result: Result, console: Console) -> ExitCode:
    if result.stop_reason is not StopReason.COMPLETED:
        code = f"run.{result.stop_reason}"
        issue = next((issue for issue in result.issues if issue.code == code), None)
        detail = result.stop_detail or (issue.message if issue else "it did not finish")
        words = str(result.stop_reason).replace("_", " ")
        console.error(f"the run stopped early ({words}): {detail}", (issue.hint or "") if issue else "")
        return ExitCode.SIMULATION_FAULT
    check = result.verification
    if check is not None and not check.equal:
        numbers = f"{check.different_values:,} of {check.compared_values:,}"
        console.error(f"{numbers} output values differ from {check.reference}")
        return ExitCode.CHECK_FAILED
    return ExitCode.OK
