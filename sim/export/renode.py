"""Exports for Renode: a board's description, what is in its memories, and a script for Renode's monitor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.boot.request import BootRequest
from sim.errors import CapacityError, SimulationError
from sim.export.folder import write_folder
from sim.export.resc import FIRMWARE_SCRIPT, MODEL_SCRIPT, hooks_of_runner, load_commands, say_memory
from sim.firmware.mailbox import MailboxAnswer, RunnerError
from sim.image import load_image
from sim.inference.request import RunRequest
from sim.inference.session import RunnerSession, RunStoppedError
from sim.inference.setup import Setup, prepare
from sim.machine.protocol import Level, RunLimits
from sim.machine.renode.description import describe_board
from sim.platform import Platform, load_platform

SCRIPT_NAME = "run.resc"
_BOOT_LIMITS = RunLimits(cycles=2_000_000_000, wall_seconds=60)
_ALIGNMENT_BYTES = 16
_ELF_MAGIC = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file, and the address that it is loaded to."""

    name: str
    address: int
    data: bytes


def export_model(request: RunRequest, folder: Path) -> tuple[Path, ...]:
    """Write a board with runner, model and the first input, ready for Renode's ``start``.

    The addresses of the tensors are those that the runner gives when the embedded engine boots it.

    Parameters
    ----------
    request
        Board, model, inputs, runner, kernels, clock and arena of the run; the rest is not used.
    folder
        Where to write.

    Returns
    -------
    Paths of the files, the script first.

    Raises
    ------
    UsageError
        The request cannot be used, or the folder cannot be written.
    SimulationError
        The runner does not accept the model.
    """
    setup = prepare(request)
    mailbox, answer = _boot(setup, reference_kernels=request.kernels == "reference")
    placement, symbols = setup.placement, setup.placement.image.symbols
    tensors = setup.inputs[0].to_bytes()
    copies = _stage_inputs(setup, tensors)
    name = "digits.tflite" if setup.model_path is None else setup.model_path.name
    files = [
        *(
            LoadedFile(f"image-{segment.address:08x}.bin", segment.address, segment.data)
            for segment in placement.image.segments
        ),
        LoadedFile("model.tflite", placement.model_address, setup.model.data),
        LoadedFile("mailbox.bin", symbols["sim_mailbox"], mailbox),
        *(
            LoadedFile(f"input{index}.bin", address, data)
            for index, (address, data) in enumerate(zip(copies, tensors, strict=True))
        ),
    ]
    outputs = list(zip(setup.model.output_tensors, answer.outputs, strict=True))
    script = MODEL_SCRIPT.format(
        board=setup.platform.id,
        model=name,
        inputs=say_memory(zip(setup.model.input_tensors, answer.inputs, strict=True)),
        outputs=say_memory(outputs),
        example=f"{copies[0]:#010x}",
        loads=load_commands(files),
        vector_table=f"{placement.image.vector_table:#010x}",
        hooks=hooks_of_runner(
            symbols,
            [(copy, region) for copy, region in zip(copies, answer.inputs, strict=True)],
            outputs,
        ),
    )
    return _write(folder, setup.platform, setup.clock_hz, script, files)


def export_firmware(request: BootRequest, folder: Path) -> tuple[Path, ...]:
    """Write a board with an image of the user's own.

    Parameters
    ----------
    request
        Board, image, base address and clock; the rest is not used.
    folder
        Where to write.

    Returns
    -------
    Paths of the files, the script first.

    Raises
    ------
    UsageError
        The image cannot be used on the board, or the folder cannot be written.
    """
    platform = load_platform(request.platform)
    image = load_image(request.firmware, platform, request.base)
    files = [
        LoadedFile(f"image-{segment.address:08x}.bin", segment.address, segment.data)
        for segment in image.segments
    ]
    original = request.firmware.read_bytes()
    extra: dict[str, bytes] = {}
    symbols = ""
    if original.startswith(_ELF_MAGIC):
        extra["firmware.elf"] = original
        symbols = "sysbus LoadSymbolsFrom $ORIGIN/firmware.elf\n"
    script = FIRMWARE_SCRIPT.format(
        board=platform.id,
        image=image.name,
        loads=load_commands(files),
        symbols=symbols,
        vector_table=f"{image.vector_table:#010x}",
        console="".join(f"showAnalyzer sysbus.{uart.name}\n" for uart in platform.uarts if uart.console),
    )
    clock_hz = platform.clock.default_hz if request.clock_hz is None else request.clock_hz
    return _write(folder, platform, clock_hz, script, files, extra)


def _write(
    folder: Path,
    platform: Platform,
    clock_hz: int,
    script: str,
    files: list[LoadedFile],
    extra: dict[str, bytes] | None = None,
) -> tuple[Path, ...]:
    return write_folder(
        folder,
        {
            SCRIPT_NAME: script.encode(),
            f"{platform.id}.repl": describe_board(platform, clock_hz).encode(),
            **{file.name: file.data for file in files},
            **(extra or {}),
        },
    )


def _boot(setup: Setup, *, reference_kernels: bool) -> tuple[bytes, MailboxAnswer]:
    """Return the mailbox as the host fills it, and what the runner answers once the model is loaded."""
    session = RunnerSession(
        setup.platform,
        setup.placement,
        setup.model.data,
        _BOOT_LIMITS,
        clock_hz=setup.clock_hz,
        reference_kernels=reference_kernels,
        level=Level.BARE,
    )
    image = setup.placement.image
    mailbox = session.machine.read_memory(image.symbols["sim_mailbox"], image.mailbox_bytes)
    try:
        answer = session.boot()
    except RunStoppedError as stopped:
        raise SimulationError(
            f"the runner does not load the model: it stopped with {stopped}", "`sim run` says why"
        ) from stopped
    if answer.error is not RunnerError.NONE:
        raise SimulationError(
            f"the runner does not load the model: {answer.error.name.replace('_', ' ').lower()}",
            "`sim run` with the same options says why",
        )
    return mailbox, answer


def _stage_inputs(setup: Setup, tensors: tuple[bytes, ...]) -> list[int]:
    """Return addresses in flash behind the model from which the script copies the inputs to their tensors."""
    flash = setup.platform.image_memory
    free = setup.placement.model_address + setup.model.size_bytes
    addresses = []
    for data in tensors:
        address = -(-free // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
        addresses.append(address)
        free = address + len(data)
    if free > flash.end:
        raise CapacityError(
            f"the inputs need {free - flash.end:,} bytes more than the flash of {setup.platform.id} has left",
            "export for a board with more flash",
        )
    return addresses
