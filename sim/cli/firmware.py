"""`sim run --firmware`: an image of the user's own instead of a model."""

from __future__ import annotations

import dataclasses
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sim import quantities
from sim.cli.console import Console
from sim.cli.debugging import debug_request
from sim.cli.files import write_text
from sim.cli.parser import Parser
from sim.cli.progress import ProgressLine
from sim.errors import InputError, UsageError

if TYPE_CHECKING:
    from sim.result import Result

_STDIN = "-"
_FIRMWARE_ONLY = (
    *("base", "until", "until_symbol", "profile_from", "profile_to"),
    *("uart", "uart_in", "uart_out"),
)
_MODEL_ONLY: dict[str, object] = {
    "model": None,
    "input": [],
    "repeat": 1,
    "runner": None,
    "kernels": "optimized",
    "arena_size": None,
    "labels": None,
    "verify": False,
    "battery": None,
    "period": None,
}
"""Options that make no sense for an image that is what it is, with their defaults."""


def add_firmware_arguments(parser: Parser) -> None:
    """Declare the arguments that are about an image of the user's own."""
    add = parser.add_argument_group("firmware of your own").add_argument
    add(
        "--firmware",
        metavar="FILE",
        type=Path,
        help="image (.elf, .hex, .uf2, .bin) to boot as it is, instead of running a model",
    )
    add(
        "--base",
        metavar="ADDR",
        type=quantities.for_option("--base", quantities.address),
        help="address of a .bin or of the vector table; the board's usual one by default",
    )
    add("--until", metavar="REGEX", help="stop when a line that the firmware sends matches")
    add("--until-symbol", metavar="NAME", help="stop when a function is reached")
    add("--profile-from", metavar="NAME", help="account for what runs from this function on (.elf only) ...")
    add("--profile-to", metavar="NAME", help="... until this one is reached, each time")
    add("--uart", metavar="NAME", help="serial port that gets --uart-in; the board's console by default")
    add("--uart-in", metavar="FILE", help="bytes to send to the firmware; - for stdin")
    add("--uart-out", metavar="FILE", type=Path, help="write what the firmware sends to a file")


def check_firmware_arguments(arguments: Namespace) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    UsageError
        An option is about a model, but an image is to be booted, or the other way round.
    """
    if arguments.firmware is None:
        for name in _FIRMWARE_ONLY:
            if getattr(arguments, name) is not None:
                raise UsageError(f"{_option(name)} needs --firmware")
        return
    for name, default in _MODEL_ONLY.items():
        if getattr(arguments, name) != default:
            raise UsageError(
                f"{_option(name)} cannot be used with --firmware",
                "the image brings its own model and kernels",
            )


def run_image(arguments: Namespace, console: Console) -> Result:
    """Boot the image and return the result."""
    from sim.boot import BootRequest, run_firmware

    request = BootRequest(
        platform=arguments.platform,
        firmware=arguments.firmware,
        base=arguments.base,
        until=arguments.until,
        until_symbol=arguments.until_symbol,
        profile_from=arguments.profile_from,
        profile_to=arguments.profile_to,
        uart=arguments.uart,
        uart_input=_read_input(arguments.uart_in),
        clock_hz=arguments.clock,
        level=arguments.memory_model,
        timeout_cycles=arguments.timeout_cycles,
        wall_timeout_seconds=arguments.wall_timeout,
        engine=arguments.engine,
    )
    with ProgressLine(console.stderr) as progress:
        if arguments.server is None:
            result = run_firmware(request, progress, debug=debug_request(arguments, console))
        else:
            from sim.backends import connect

            with connect(arguments.server) as client:
                result = client.run_firmware(request, progress)
    if arguments.uart_out is not None:
        write_text(arguments.uart_out, result.uart or "")
    return dataclasses.replace(result, command=tuple(arguments.command))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _read_input(source: str | None) -> bytes:
    if source is None:
        return b""
    if source == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read --uart-in {source!r}: {error.strerror}") from error
