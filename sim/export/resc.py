"""The words of an exported script for Renode's monitor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sim.firmware.mailbox import TensorRegion
from sim.model import Tensor

MODEL_SCRIPT = """\
:name: {board} with {model}
:description: Runs a TensorFlow Lite Micro model; written by Boardless.

# Start it with `renode run.resc` (Renode 1.13 or newer; 1.16 for cores with DSP), then type:
#
#   start                             run one inference and stop; the outputs are in the log
#   start                             run the next one
#   sysbus LoadBinary @FILE {example}    give it another input: the raw bytes of the tensor
#   machine StartGdbServer 3333       let a debugger in
#
# Inputs, written when the model is ready:
{inputs}
# Outputs, to be read when it has stopped:
{outputs}

mach create "{board}"
machine LoadPlatformDescription $ORIGIN/{board}.repl

{loads}
sysbus.cpu VectorTableOffset {vector_table}

{hooks}"""

FIRMWARE_SCRIPT = """\
:name: {board} with {image}
:description: Boots firmware; written by Boardless.

# Start it with `renode run.resc` (Renode 1.13 or newer; 1.16 for cores with DSP), then type:
#
#   start                          boot it
#   pause                          stop it where it is
#   machine StartGdbServer 3333    let a debugger in

mach create "{board}"
machine LoadPlatformDescription $ORIGIN/{board}.repl

{loads}
{symbols}sysbus.cpu VectorTableOffset {vector_table}
{console}"""

_HOOK = '''sysbus.cpu AddHook {address:#010x} """
{lines}
"""
'''
# Python expressions for the values in the bytes `data`: Renode's Python may come without its modules.
_VALUES = {
    "int8": "[byte - 256 if byte > 127 else byte for byte in data]",
    "uint8": "list(data)",
    "bool": "list(data)",
    "int16": "[System.BitConverter.ToInt16(data, start) for start in range(0, len(data), 2)]",
    "int32": "[System.BitConverter.ToInt32(data, start) for start in range(0, len(data), 4)]",
    "int64": "[System.BitConverter.ToInt64(data, start) for start in range(0, len(data), 8)]",
    "float32": "[System.BitConverter.ToSingle(data, start) for start in range(0, len(data), 4)]",
}


class File(Protocol):
    """A file to load."""

    @property
    def name(self) -> str:
        """Its name in the folder."""

    @property
    def address(self) -> int:
        """Where it goes."""


def load_commands(files: Iterable[File]) -> str:
    """Return a line for each file."""
    return "\n".join(f"sysbus LoadBinary $ORIGIN/{file.name} {file.address:#010x}" for file in files)


def say_memory(tensors: Iterable[tuple[Tensor, TensorRegion]]) -> str:
    """Return a comment for each tensor: how to read it, and what it is."""
    lines = []
    for tensor, region in tensors:
        shape = "x".join(str(size) for size in tensor.shape)
        command = f"sysbus ReadBytes {region.address:#010x} {region.size_bytes}"
        lines.append(f"#   {command}    {tensor.dtype} {shape} {tensor.name!r}")
    return "\n".join(lines)


def hooks_of_runner(
    symbols: Mapping[str, int],
    inputs: Sequence[tuple[int, TensorRegion]],
    outputs: Sequence[tuple[Tensor, TensorRegion]],
) -> str:
    """Return hooks at the runner's markers: write the inputs, log the outputs and stop, say that it failed.

    Parameters
    ----------
    symbols
        Addresses of the runner's functions.
    inputs
        Address of each input in flash, and its tensor.
    outputs
        Output tensors.
    """
    ready = [
        f"machine.SystemBus.WriteBytes(machine.SystemBus.ReadBytes({copy:#x}, {region.size_bytes}), "
        f"{region.address:#x})"
        for copy, region in inputs
    ]
    done: list[str] = []
    for index, (tensor, region) in enumerate(outputs):
        done += [
            f"data = machine.SystemBus.ReadBytes({region.address:#x}, {region.size_bytes})",
            f"values = {_VALUES.get(tensor.dtype, 'list(data)')}",
            _log(f"'output {index}: ' + ' '.join(str(value) for value in values)"),
        ]
    stop = "machine.PauseAndRequestEmulationPause()"
    failed = [_log("'the runner failed'"), stop]
    hooks = {"ready": ready, "done": [*done, stop], "failed": failed}
    return "\n".join(
        _HOOK.format(address=symbols[f"sim_mark_{marker}"], lines="\n".join(lines))
        for marker, lines in hooks.items()
    )


def _log(text: str) -> str:
    return f"Antmicro.Renode.Logging.Logger.Log(LogLevel.Info, {text})"
