"""Write a board with its model or firmware for another simulator, to go on there by hand."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim import quantities
from sim.cli.console import Console
from sim.cli.parser import Parser
from sim.errors import ExitCode, UsageError

_MODEL_ONLY = ("model", "input", "runner", "arena_size")


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim export``."""
    add = parser.add_argument
    add("--engine", choices=("renode",), required=True, help="the simulator to write for")
    add(
        "--platform",
        metavar="ID",
        required=True,
        help="board: an ID that `sim platforms` lists, or a platform file (.toml)",
    )
    add("--out", metavar="FOLDER", type=Path, required=True, help="folder to write, made if it is not there")
    add("--model", metavar="FILE", type=Path, help="model (.tflite); the bundled digits model by default")
    add("--input", metavar="FILE", help="input (.npy, .png, .wav, .bin, ...) or random:SEED")
    add("--runner", metavar="FILE", type=Path, help="runner image of your own build")
    add(
        "--kernels",
        choices=("optimized", "reference"),
        default="optimized",
        help="kernels of the bundled runner (default: optimized)",
    )
    add(
        "--arena-size",
        metavar="BYTES",
        type=quantities.for_option("--arena-size", quantities.size_bytes),
        help="size of the tensor arena, such as 64K; what the board has free by default",
    )
    add("--firmware", metavar="FILE", type=Path, help="image (.elf, .hex, .uf2, .bin) to write, not a model")
    add(
        "--base",
        metavar="ADDR",
        type=quantities.for_option("--base", quantities.address),
        help="address of a .bin or of the vector table; the board's usual one by default",
    )
    add(
        "--clock",
        metavar="HZ",
        type=quantities.for_option("--clock", quantities.frequency_hz),
        help="core clock, such as 80MHz; the board's usual one by default",
    )


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Write the folder, and say how to start it."""
    from sim.boot import BootRequest
    from sim.export import export_firmware, export_model
    from sim.inference import RunRequest

    if arguments.firmware is None:
        if arguments.base is not None:
            raise UsageError("--base needs --firmware")
        request = RunRequest(
            platform=arguments.platform,
            model_path=arguments.model,
            inputs=[] if arguments.input is None else [arguments.input],
            runner_path=arguments.runner,
            kernels=arguments.kernels,
            arena_size_bytes=arguments.arena_size,
            clock_hz=arguments.clock,
        )
        paths = export_model(request, arguments.out)
    else:
        for name in _MODEL_ONLY:
            if getattr(arguments, name) is not None:
                raise UsageError(
                    f"--{name.replace('_', '-')} cannot be used with --firmware",
                    "the image brings its own model and kernels",
                )
        boot = BootRequest(
            arguments.platform, arguments.firmware, base=arguments.base, clock_hz=arguments.clock
        )
        paths = export_firmware(boot, arguments.out)
    console.result(f"wrote {len(paths)} files; go on with: renode {paths[0]}\n")
    return ExitCode.OK
